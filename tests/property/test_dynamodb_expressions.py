"""Expressions of DynamoDB: whatever the text, there is an answer or AWS's refusal; updates against a naive model."""

import copy
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.errors import AwsError
from penstock.services.dynamodb import expressions, values
from penstock.services.dynamodb.expressions import KeyAttribute, Placeholders

WORDS = st.sampled_from(
    [
        *("SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN", "size", "contains"),
        *("begins_with", "attribute_exists", "attribute_type", "if_not_exists", "list_append", "foo"),
        *("a", "b", "m.a", "l[0]", "l[1].x", "#n", "#n.#n", ":s", ":n", ":ss", ":l", ":gone", "name"),
        *(
            "=",
            "<>",
            "<",
            "<=",
            ">",
            ">=",
            "+",
            "-",
            "(",
            ")",
            "(",
            ")",
            ",",
            ".",
            "[",
            "]",
            "7",
            "'",
            "\x00",
            "é",
        ),
    ]
)
TEXTS = st.one_of(st.lists(WORDS, max_size=14).map(" ".join), st.text(max_size=30))
NAMES = {"#n": "m"}
VALUES = {":s": {"S": "x"}, ":n": {"N": "1"}, ":ss": {"SS": ["a"]}, ":l": {"L": [{"N": "1"}]}}
ITEM = {
    "a": {"N": "1"},
    "b": {"SS": ["a", "b"]},
    "m": {"M": {"a": {"S": "x"}, "m": {"L": []}}},
    "l": {"L": [{"S": "x"}, {"M": {"x": {"N": "1"}}}]},
}


def only_refused(call: Any) -> None:
    try:
        call()
    except AwsError as error:
        assert error.code == "ValidationException" and error.message


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_any_text_is_compiled_or_refused(text: str) -> None:
    before = copy.deepcopy(ITEM)
    given_ = Placeholders(NAMES, VALUES)
    only_refused(lambda: expressions.condition(text, given_).holds(ITEM))
    only_refused(lambda: expressions.projection(text, given_).of(ITEM))
    only_refused(lambda: expressions.update("SET " + text, given_).apply(ITEM, {}))
    only_refused(lambda: expressions.update(text, given_).apply(None, {}))
    only_refused(
        lambda: expressions.key_condition(text, given_, KeyAttribute("a", "S"), KeyAttribute("b", "N"))
    )
    assert before == ITEM


# --- conditions that are built with what they say


COMPARISONS = st.tuples(
    st.sampled_from(["a", "b", "l", "gone"]),
    st.sampled_from(["=", "<>", "<", ">="]),
    st.sampled_from([":n", ":two"]),
)


def said(comparison: tuple[str, str, str]) -> tuple[str, bool]:
    name, operator, value = comparison
    left, right = ITEM.get(name), {":n": {"N": "1"}, ":two": {"N": "2"}}[value]
    if operator in ("=", "<>"):
        truth = (left == right) == (operator == "=")
    else:
        number = left and left.get("N")
        numbers = (Decimal(str(number)), Decimal(right["N"])) if number else None
        truth = bool(numbers) and (numbers[0] < numbers[1] if operator == "<" else numbers[0] >= numbers[1])
    return f"{name} {operator} {value}", truth


CONDITIONS = st.recursive(
    COMPARISONS.map(said),
    lambda inner: st.one_of(
        inner.map(lambda part: (f"NOT ({part[0]})", not part[1])),
        st.tuples(inner, inner).map(
            lambda two: (f"({two[0][0]}) AND ({two[1][0]})", two[0][1] and two[1][1])
        ),
        st.tuples(inner, inner).map(lambda two: (f"({two[0][0]}) OR ({two[1][0]})", two[0][1] or two[1][1])),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(CONDITIONS)
def test_a_condition_says_what_its_parts_say(condition: tuple[str, bool]) -> None:
    text, truth = condition
    given_ = Placeholders(None, {":n": {"N": "1"}, ":two": {"N": "2"}})
    assert expressions.condition(text, given_).holds(ITEM) == truth


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["AND", "OR"]), st.booleans(), st.booleans()), min_size=1, max_size=8)
)
def test_not_binds_stronger_than_and_and_that_than_or(parts: list[tuple[str, bool, bool]]) -> None:
    words, python = [], []
    for connective, negated, truth in parts:
        words += [connective, *(["NOT"] if negated else []), "a = :n" if truth else "a = :two"]
        python += [connective.lower(), *(["not"] if negated else []), str(truth)]
    given_ = Placeholders(None, {":n": {"N": "1"}, ":two": {"N": "2"}})
    held = expressions.condition(" ".join(words[1:]), given_).holds(ITEM)
    assert held == eval(" ".join(python[1:]))


# --- updates of flat items, and of one list


ACTIONS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from(["SET", "PLUS", "REMOVE", "ADD"]), st.integers(-3, 3)),
    max_size=4,
    unique_by=lambda action: action[0],
)
ITEMS = st.dictionaries(st.sampled_from("abcd"), st.integers(-5, 5))


@settings(max_examples=200, deadline=None)
@given(ITEMS.filter(bool), ACTIONS.filter(bool))
def test_an_update_does_what_each_of_its_actions_says(item: dict[str, int], actions: list[Any]) -> None:
    sections: dict[str, list[str]] = {}
    expected = dict(item)
    given_values = {}
    for number, (name, action, amount) in enumerate(actions):
        value = f":v{number}"
        given_values[value] = {"N": str(amount)}
        match action:
            case "SET":
                sections.setdefault("SET", []).append(f"{name} = {value}")
                expected[name] = amount
            case "PLUS":
                sections.setdefault("SET", []).append(f"{name} = if_not_exists({name}, {value}) + {value}")
                expected[name] = item.get(name, amount) + amount
            case "ADD":
                sections.setdefault("ADD", []).append(f"{name} {value}")
                expected[name] = item.get(name, 0) + amount
            case "REMOVE":
                sections.setdefault("REMOVE", []).append(name)
                expected.pop(name, None)
    text = " ".join(f"{section} {', '.join(clauses)}" for section, clauses in sections.items())
    stored = {name: {"N": str(number)} for name, number in item.items()}
    done = expressions.update(text, Placeholders(None, given_values)).apply(stored, {}).item
    assert {name: int(value["N"]) for name, value in done.items()} == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 9), max_size=6),
    st.sets(st.integers(0, 9), max_size=4),
    st.sets(st.integers(0, 9), max_size=4),
)
def test_places_in_a_list_are_those_before_the_update(
    elements: list[int], put: set[int], gone: set[int]
) -> None:
    gone -= put
    if not put and not gone:
        return
    text = ""
    if put:
        text += "SET " + ", ".join(f"l[{at}] = :new" for at in put)
    if gone:
        text += " REMOVE " + ", ".join(f"l[{at}]" for at in gone)
    given_ = Placeholders(None, {":new": {"N": "42"}} if put else None)
    done = (
        expressions.update(text, given_).apply({"l": {"L": [{"N": str(each)} for each in elements]}}, {}).item
    )
    kept = [42 if at in put else each for at, each in enumerate(elements) if at not in gone]
    expected = kept + [42 for at in put if at >= len(elements)]
    assert [int(each["N"]) for each in done["l"]["L"]] == expected


@given(st.lists(st.sampled_from(["a", "b", "m.a", "m.m", "l[0]", "l[1].x", "gone"]), min_size=1, unique=True))
def test_what_is_projected_is_part_of_the_item(paths: list[str]) -> None:
    found = expressions.projection(", ".join(paths), Placeholders(None, None)).of(ITEM)
    assert values.size(found) <= values.size(ITEM)
    assert set(found) <= set(ITEM)
    assert expressions.projection(", ".join(reversed(paths)), Placeholders(None, None)).of(ITEM) == found
