"""Event patterns against a matcher that tries every combination of fields, and many patterns against each alone."""

import ipaddress
import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from penstock.matching.event_pattern import EventPattern
from penstock.matching.filter_policy import FilterPolicy, FilterPolicyScope
from penstock.matching.pattern_error import PatternError
from penstock.matching.pattern_set import PatternSet

Found = tuple[str, Any, dict[int, int]]

# --- the naive matcher: fields with the elements they stand in, and a search for fields that can stand together


def naive(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    found = list(flattened(event, "", {}, [0]))
    return any(can_be_met(sorted(branch.items()), {}, found) for branch in branches(pattern, ""))


def flattened(value: Any, path: str, elements: dict[int, int], lists: list[int]) -> Iterator[Found]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from flattened(member, f"{path}.{name}", elements, lists)
    elif isinstance(value, list):
        lists[0] += 1
        number = lists[0]
        for index, element in enumerate(flat(value)):
            inside = elements | {number: index} if isinstance(element, dict) else elements
            yield from flattened(element, path, inside, lists)
    else:
        yield path, value, elements


def flat(value: list[Any]) -> Iterator[Any]:
    for element in value:
        if isinstance(element, list):
            yield from flat(element)
        else:
            yield element


def branches(pattern: dict[str, Any], path: str) -> list[dict[str, list[Any]]]:
    made: list[dict[str, list[Any]]] = [{}]
    for name, value in pattern.items():
        if name == "$or":
            options = [branch for alternative in value for branch in branches(alternative, path)]
        elif isinstance(value, dict):
            options = branches(value, f"{path}.{name}")
        else:
            options = [{f"{path}.{name}": value}]
        made = [{**branch, **option} for branch in made for option in options]
    return made


def can_be_met(fields: list[tuple[str, list[Any]]], chosen: dict[int, int], found: list[Found]) -> bool:
    if not fields:
        return True
    (path, wanted), *rest = fields
    here = [
        (value, elements)
        for at, value, elements in found
        if at == path and all(chosen.get(number, index) == index for number, index in elements.items())
    ]
    if not here and {"exists": False} in wanted:
        return can_be_met(rest, chosen, found)
    return any(
        can_be_met(rest, chosen | elements, found)
        for value, elements in here
        if any(is_as_wanted(value, test) for test in wanted)
    )


def is_as_wanted(value: Any, test: Any) -> bool:
    if not isinstance(test, dict):
        return same(value, test)
    ((operator, operand),) = test.items()
    if operator == "exists":
        return bool(operand)
    if operator == "anything-but":
        inner = operand if isinstance(operand, dict) else {"same": operand}
        ((operator, operand),) = inner.items()
        return not any(
            same(value, one) if operator == "same" else is_as_wanted(value, {operator: one})
            for one in (operand if isinstance(operand, list) else [operand])
        )
    if operator == "numeric":
        return not isinstance(value, bool) and isinstance(value, int | float) and in_range(value, operand)
    if not isinstance(value, str):
        return False
    if isinstance(operand, dict):
        return is_as_wanted(value.lower(), {operator: operand["equals-ignore-case"].lower()})
    return {
        "prefix": lambda: value[: len(operand)] == operand,
        "suffix": lambda: value[::-1][: len(operand)] == operand[::-1],
        "equals-ignore-case": lambda: value.lower() == operand.lower(),
        "wildcard": lambda: bool(re.fullmatch(".*".join(map(re.escape, operand.split("*"))), value, re.S)),
        "cidr": lambda: is_in_network(value, operand),
    }[operator]()


def same(one: Any, other: Any) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def in_range(value: float, words: list[Any]) -> bool:
    signs = {"=": "==", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    return all(
        {
            "==": value == bound,
            "<": value < bound,
            "<=": value <= bound,
            ">": value > bound,
            ">=": value >= bound,
        }[signs[sign]]
        for sign, bound in zip(words[::2], words[1::2], strict=True)
    )


def is_in_network(value: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network)
    except ValueError:
        return False


# --- patterns and events that have a chance of meeting

NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["", "a", "A", "ab", "aB", "ba", "10.0.0.1", "10.1.0.1", "::1", "*"])
NUMBERS = st.sampled_from([0, 1, -1, 1.0, 2.5, 3])
SCALARS = TEXTS | NUMBERS | st.none() | st.booleans()
RANGES = st.one_of(
    st.tuples(st.sampled_from(["=", "<", "<=", ">", ">="]), NUMBERS).map(list),
    st.tuples(
        st.sampled_from([">", ">="]), st.just(0), st.sampled_from(["<", "<="]), st.sampled_from([1, 3])
    ).map(list),
)
WILDCARDS = st.sampled_from(["*", "a*", "*a", "a*b", "*.0.0.*", "*a*b*", "ab", ""])
AFFIXES = st.sampled_from(["a", "b", "10.", "A"])


def one_or_many(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


def operator(name: str, operands: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return operands.map(lambda operand: {name: operand})


TESTS = st.one_of(
    SCALARS,
    operator("exists", st.booleans()),
    operator("prefix", TEXTS | operator("equals-ignore-case", TEXTS)),
    operator("suffix", TEXTS | operator("equals-ignore-case", TEXTS)),
    operator("equals-ignore-case", TEXTS),
    operator("wildcard", WILDCARDS),
    operator("cidr", st.sampled_from(["10.0.0.0/16", "10.0.0.0/8", "::/64"])),
    operator("numeric", RANGES),
    operator("anything-but", one_or_many(TEXTS) | one_or_many(NUMBERS)),
    operator("anything-but", operator("prefix", one_or_many(AFFIXES))),
    operator("anything-but", operator("suffix", one_or_many(AFFIXES))),
    operator("anything-but", operator("equals-ignore-case", one_or_many(TEXTS))),
    operator("anything-but", operator("wildcard", one_or_many(WILDCARDS))),
)
FIELDS = st.lists(TESTS, min_size=1, max_size=3)


def nested(fields: list[tuple[list[str], list[Any]]]) -> dict[str, Any]:
    """Returns the fields as one object; of two that want the same place the later one is left out."""
    made: dict[str, Any] = {}
    for (*outer, last), tests in fields:
        place: Any = made
        for name in outer:
            place = place.setdefault(name, {}) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.setdefault(last, tests)
    return made


PATHS = st.lists(NAMES, min_size=1, max_size=3)
PLAIN = st.lists(st.tuples(PATHS, FIELDS), min_size=1, max_size=3).map(nested)
ALTERNATIVES = st.lists(PLAIN, min_size=2, max_size=3)
PATTERNS = st.one_of(
    PLAIN,
    st.tuples(PLAIN, ALTERNATIVES).map(lambda both: {**both[0], "$or": both[1]}),
    st.tuples(PLAIN, ALTERNATIVES).map(lambda both: {"a": {**both[0], "$or": both[1]}}),
)
SIMPLE = st.dictionaries(
    NAMES,
    st.lists(SCALARS | operator("exists", st.booleans()), min_size=1, max_size=2),
    min_size=1,
    max_size=3,
)
NESTED = st.dictionaries(NAMES, SIMPLE | SIMPLE.map(lambda inner: {"b": inner}), min_size=1, max_size=2)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=14,
)
EVENTS = st.dictionaries(NAMES, VALUES, max_size=3)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(PATTERNS | NESTED, EVENTS)
@example({"a": {"b": [1], "c": [{"exists": False}]}}, {"a": [{"b": 1, "c": 1}, {"b": 1}]})
@example({"a": {"b": [{"exists": False}], "c": [1]}}, {"a": [{"b": 1}, {"c": 1}]})
@example({"a": {"b": [1, {"exists": False}], "c": [{"exists": False}]}}, {"a": [{"b": 1}, {"c": 1}]})
def test_a_pattern_matches_what_the_naive_matcher_matches(
    pattern: dict[str, Any], event: dict[str, Any]
) -> None:
    compiled = EventPattern(json.dumps(pattern))
    assert compiled.matches(event) == naive(pattern, event)
    assert (compiled.why_not(event) is None) == compiled.matches(event)


LISTS_OF_OBJECTS = st.lists(
    st.dictionaries(
        NAMES, st.sampled_from([0, 1]) | st.lists(st.dictionaries(NAMES, st.sampled_from([0, 1]))), max_size=3
    ),
    max_size=4,
)
ABSENCES = st.lists(st.sampled_from([0, 1, {"exists": False}, {"exists": True}]), min_size=1, max_size=2)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.dictionaries(NAMES, ABSENCES | st.dictionaries(NAMES, ABSENCES, min_size=1), min_size=1),
    LISTS_OF_OBJECTS,
)
def test_absence_from_a_list_is_what_the_naive_matcher_says(
    pattern: dict[str, Any], elements: list[Any]
) -> None:
    event = {"a": elements}
    assert EventPattern(json.dumps({"a": pattern})).matches(event) == naive({"a": pattern}, event)


def dotted(value: dict[str, Any], draw: Any) -> dict[str, Any]:
    """Returns the document with some of its nested names joined."""
    made: dict[str, Any] = {}
    for name, member in value.items():
        if isinstance(member, dict) and member:
            inner = dotted(member, draw)
            if draw(st.booleans()):
                made |= {f"{name}.{below}": deeper for below, deeper in inner.items()}
            else:
                made[name] = inner
        else:
            made[name] = member
    return made


@settings(derandomize=True, deadline=None)
@given(PATTERNS, EVENTS, st.data())
def test_dots_in_the_names_of_an_event_change_nothing(
    pattern: dict[str, Any], event: dict[str, Any], data: st.DataObject
) -> None:
    compiled = EventPattern(json.dumps(pattern))
    assert compiled.matches(dotted(event, data.draw)) == compiled.matches(event)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(st.lists(PATTERNS | NESTED | SIMPLE, max_size=10), EVENTS)
def test_a_set_finds_what_each_pattern_alone_matches(
    patterns: list[dict[str, Any]], event: dict[str, Any]
) -> None:
    compiled = [EventPattern(json.dumps(pattern)) for pattern in patterns]
    found = PatternSet((pattern, at) for at, pattern in enumerate(compiled)).match(event)
    assert found == [at for at, pattern in enumerate(compiled) if pattern.matches(event)]


PIECES = st.sampled_from(
    [
        *'{}[],:"\\ *1-.',
        '"a"',
        '"$or"',
        '"numeric"',
        '"prefix"',
        '"anything-but"',
        '"exists"',
        '"cidr"',
        ">",
        "true",
        "null",
    ]
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(PIECES, max_size=30).map("".join) | st.text() | PATTERNS.map(json.dumps), st.integers(0, 200))
def test_any_text_is_a_pattern_or_refused(text: str, cut: int) -> None:
    for pattern in (text, text[:cut], text[cut:], '{"a": [' + text + "]}"):
        try:
            EventPattern(pattern).matches({"a": 1})
            FilterPolicy(pattern, FilterPolicyScope.MESSAGE_BODY).matches({}, '{"a": 1}')
        except PatternError as error:
            assert str(error)
