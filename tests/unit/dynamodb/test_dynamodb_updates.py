"""Updates: what they make of an item, and what is none."""

import copy
from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.dynamodb import expressions
from penstock.services.dynamodb.expressions import Placeholders, Updated

KEY = {"pk": {"S": "1"}}
ITEM = {
    **KEY,
    "n": {"N": "5"},
    "s": {"S": "x"},
    "ss": {"SS": ["a", "b"]},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"M": {"x": {"N": "9"}}}]},
    "m": {"M": {"a": {"N": "1"}, "deep": {"M": {"b": {"S": "y"}}}}},
}
VALUES = {
    ":n": {"N": "2"},
    ":s": {"S": "new"},
    ":ss": {"SS": ["b", "c"]},
    ":all": {"SS": ["a", "b", "c"]},
    ":l": {"L": [{"S": "end"}]},
    ":none": {"L": []},
    ":deep": {"L": [{"L": []}]},
}


def updated(text: str, item: Any = ITEM, names: dict[str, str] | None = None) -> Updated:
    before = copy.deepcopy(item)
    done = expressions.update(text, Placeholders(names, VALUES)).apply(item, KEY)
    assert item == before
    return done


def after(text: str, item: Any = ITEM) -> Any:
    return updated(text, item).item


def refusal(text: str, item: Any = ITEM) -> str:
    with pytest.raises(AwsError) as caught:
        updated(text, item)
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("SET fresh = :s", "fresh", {"S": "new"}),
        ("set s = :s", "s", {"S": "new"}),
        ("SET n = n + :n", "n", {"N": "7"}),
        ("SET n = n - :n", "n", {"N": "3"}),
        ("SET n = (n - :n)", "n", {"N": "3"}),
        ("SET n = if_not_exists(n, :n) + :n", "n", {"N": "7"}),
        ("SET fresh = if_not_exists(fresh, :n) + :n", "fresh", {"N": "4"}),
        ("SET fresh = if_not_exists(fresh, s)", "fresh", {"S": "x"}),
        ("SET fresh = list_append(:l, :l)", "fresh", {"L": [{"S": "end"}, {"S": "end"}]}),
        (
            "SET fresh = list_append(if_not_exists(fresh, :none), :l)",
            "fresh",
            {"L": [{"S": "end"}]},
        ),
        ("SET s = n, n = s", "s", {"N": "5"}),
        ("SET s = n, n = s", "n", {"S": "x"}),
        ("SET m.deep.b = :n", "m", {"M": {"a": {"N": "1"}, "deep": {"M": {"b": {"N": "2"}}}}}),
        ("SET l[1] = :s REMOVE l[0], l[3]", "l", {"L": [{"S": "new"}, {"N": "2"}]}),
        ("REMOVE l[0], l[1], l[2], l[3].x, l[17]", "l", {"L": [{"M": {}}]}),
        ("SET l[9] = :s, l[7] = :n REMOVE l[0], l[1], l[2], l[3]", "l", {"L": [{"N": "2"}, {"S": "new"}]}),
        ("ADD n :n", "n", {"N": "7"}),
        ("ADD fresh :n", "fresh", {"N": "2"}),
        ("ADD ss :ss", "ss", {"SS": ["a", "b", "c"]}),
        ("ADD fresh :ss", "fresh", {"SS": ["b", "c"]}),
        ("ADD m.a :n", "m", {"M": {"a": {"N": "3"}, "deep": {"M": {"b": {"S": "y"}}}}}),
        ("DELETE ss :ss", "ss", {"SS": ["a"]}),
        ("DELETE ss :all", "ss", None),
        ("DELETE fresh :ss", "fresh", None),
        ("REMOVE fresh", "fresh", None),
        ("REMOVE s", "s", None),
        ("REMOVE m.fresh", "m", ITEM["m"]),
        ("DELETE ss :ss SET s = :s ADD n :n REMOVE m", "ss", {"SS": ["a"]}),
    ],
)
def test_an_update_changes_what_it_names(text: str, name: str, value: Any) -> None:
    assert after(text).get(name) == value


def test_an_update_of_no_item_makes_one_of_the_key() -> None:
    assert after("SET fresh = :s", None) == {**KEY, "fresh": {"S": "new"}}
    assert after("REMOVE fresh", None) == KEY


def test_what_was_touched_can_be_shown_before_and_after() -> None:
    done = updated("SET m.deep.b = :s, fresh = :n REMOVE l[1]")
    assert done.touched.of(ITEM) == {"m": {"M": {"deep": {"M": {"b": {"S": "y"}}}}}, "l": {"L": [{"N": "1"}]}}
    assert done.touched.of(done.item) == {
        "m": {"M": {"deep": {"M": {"b": {"S": "new"}}}}},
        "fresh": {"N": "2"},
        "l": {"L": [{"N": "2"}]},
    }


def test_an_update_does_not_change_the_key() -> None:
    update = expressions.update("SET pk = :s", Placeholders(None, VALUES))
    with pytest.raises(AwsError) as caught:
        update.check_key(["pk", "sk"])
    assert caught.value.message == (
        "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"
    )


PREFIX = "Invalid UpdateExpression: "
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
NOT_THERE = "The document path provided in the update expression is invalid for update"
NOTHING = "The provided expression refers to an attribute that does not exist in the item"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET n = s + :n", WRONG_TYPE),
        ("SET n = list_append(n, :l)", WRONG_TYPE),
        ("ADD s :n", WRONG_TYPE),
        ("ADD n :ss", WRONG_TYPE),
        ("DELETE n :ss", WRONG_TYPE),
        ("SET fresh.a = :n", NOT_THERE),
        ("SET s.a = :n", NOT_THERE),
        ("SET m[0] = :n", NOT_THERE),
        ("SET l.a = :n", NOT_THERE),
        ("SET l[9].a = :n", NOT_THERE),
        ("REMOVE fresh.a", NOT_THERE),
        ("ADD fresh.a :n", NOT_THERE),
        ("SET n = fresh", NOTHING),
        ("SET n = fresh + :n", NOTHING),
        ("SET n = list_append(fresh, :l)", NOTHING),
        ("", PREFIX + "The expression can not be empty;"),
        ("SET", PREFIX + 'Syntax error; token: "<EOF>", near: "SET"'),
        ("INVALID SYNTAX HERE", PREFIX + 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("ADD hits : incr", PREFIX + 'Syntax error; token: ":", near: "hits : incr"'),
        ("SET n = :n,", PREFIX + 'Syntax error; token: "<EOF>", near: ","'),
        ("SET n = :n n = :n", PREFIX + 'Syntax error; token: "n", near: ":n n ="'),
        ("SET n = :n + :n + :n", PREFIX + 'Syntax error; token: "+", near: ":n + :n"'),
        ("SET n = (:n", PREFIX + 'Syntax error; token: "<EOF>", near: ":n"'),
        ("SET n = n = :n", PREFIX + 'Syntax error; token: "=", near: "n = :n"'),
        ("SET ADD n :n", PREFIX + 'Syntax error; token: "ADD", near: "SET ADD n"'),
        ("ADD n n", PREFIX + 'Syntax error; token: "n", near: "n n"'),
        (
            "SET n = :n SET s = :s",
            PREFIX + 'The "SET" section can only be used once in an update expression;',
        ),
        (
            "SET n = :n REMOVE n",
            PREFIX + "Two document paths overlap with each other; "
            "must remove or rewrite one of these paths; path one: [n], path two: [n]",
        ),
        (
            "SET m.a = :n, m = :n",
            PREFIX + "Two document paths overlap with each other; "
            "must remove or rewrite one of these paths; path one: [m, a], path two: [m]",
        ),
        (
            "SET m.a = :n, m[1] = :n",
            PREFIX + "Two document paths conflict with each other; "
            "must remove or rewrite one of these paths; path one: [m, a], path two: [m, [1]]",
        ),
        ("SET n = size(l)", PREFIX + "The function is not allowed in an update expression; function: size"),
        (
            "SET n = :s + :n",
            PREFIX
            + "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "ADD n :s",
            PREFIX + "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
            "typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE n :n",
            PREFIX
            + "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, "
            "typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "SET n = if_not_exists(:n, :n)",
            PREFIX + "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET n = list_append(:l)",
            PREFIX + "Incorrect number of operands for operator or function; "
            "operator or function: list_append, number of operands: 1",
        ),
    ],
)
def test_what_is_no_update_of_the_item_is_refused_in_awss_words(text: str, message: str) -> None:
    assert refusal(text) == message


def test_an_update_nests_no_deeper_than_an_item_may() -> None:
    value: Any = {"S": "x"}
    for _ in range(32):
        value = {"M": {"a": value}}
    path = ".".join(["a"] * 32)
    assert after(f"SET {path} = :l", {"a": value})
    assert refusal(f"SET {path} = :deep", {"a": value}).startswith("Nesting Levels have exceeded supported")
    assert refusal(f"SET a.{path} = :n").startswith(PREFIX + "The document path has too many nesting")


def test_the_sum_of_two_numbers_has_at_most_38_digits() -> None:
    assert refusal("ADD n :n", {"n": {"N": "1" + "0" * 60}}) == (
        "Attempting to store more than 38 significant digits in a Number"
    )


@pytest.mark.parametrize("nest", ["if_not_exists(s1,", "list_append(:l,"])
def test_depth_does_not_reach_pythons_stack(nest: str) -> None:
    count = 4000 // len(nest + ")")
    assert refusal("SET s = " + nest * count).startswith(PREFIX)
    assert refusal("SET s = " + "(" * 4000).startswith(PREFIX)
    assert after("SET s = " + nest * count + ":l" + ")" * count)["s"]
