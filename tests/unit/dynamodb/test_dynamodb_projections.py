"""Projections, key conditions, and the placeholders that all expressions of a request share."""

from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.dynamodb import expressions
from penstock.services.dynamodb.expressions import KeyAttribute, KeyRange, Placeholders

ITEM = {
    "pk": {"S": "1"},
    "s": {"S": "x"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"M": {"x": {"N": "2"}, "y": {"N": "3"}}}]},
    "m": {"M": {"a": {"N": "1"}, "b.c": {"N": "2"}}},
}
HASH = KeyAttribute("pk", "S")
RANGE = KeyAttribute("sk", "N")


def refused(message: str) -> Any:
    return pytest.raises(AwsError, match=f"^ValidationException: {message}$")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pk", {"pk": {"S": "1"}}),
        ("m[0], l.a", {}),
        ("pk, s , gone", {"pk": {"S": "1"}, "s": {"S": "x"}}),
        ("m.a", {"m": {"M": {"a": {"N": "1"}}}}),
        ("m.#bc", {"m": {"M": {"b.c": {"N": "2"}}}}),
        ("l[1], l[0]", {"l": {"L": [{"N": "0"}, {"N": "1"}]}}),
        ("l[2].y", {"l": {"L": [{"M": {"y": {"N": "3"}}}]}}),
        ("l[9], m.gone, s.a, pk[0]", {}),
    ],
)
def test_a_projection_is_what_is_wanted_of_an_item(text: str, found: Any) -> None:
    assert expressions.projection(text, Placeholders({"#bc": "b.c"}, None)).of(ITEM) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a,", 'Syntax error; token: "<EOF>", near: ","'),
        ("a b", 'Syntax error; token: "b", near: "a b"'),
        (":v", 'Syntax error; token: ":v", near: ":v"'),
        ("a[b]", 'Syntax error; token: "b", near: "\\[b\\]"'),
        ("a[-1]", 'Syntax error; token: "-", near: "\\[-1"'),
        ("a[99999999999]", "List index is not within the allowable range; index: \\[99999999999\\]"),
        ("name", "Attribute name is a reserved keyword; reserved keyword: name"),
        (
            "m, m.a",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: \\[m\\], path two: \\[m, a\\]",
        ),
    ],
)
def test_what_is_no_projection_is_refused_in_awss_words(text: str, message: str) -> None:
    with refused(f"Invalid ProjectionExpression: {message}"):
        expressions.projection(text, Placeholders(None, None))


VALUES = {
    ":pk": {"S": "p"},
    ":one": {"N": "1"},
    ":two": {"N": "2"},
    ":empty": {"S": ""},
}
ONE, TWO = b"\x03\x82\x0a", b"\x03\x82\x14"


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("pk = :pk", KeyRange()),
        (":pk = pk", KeyRange()),
        ("(pk = :pk) AND (sk = :one)", KeyRange(ONE, ONE)),
        ("sk < :one AND pk = :pk", KeyRange(None, ONE, with_high=False)),
        ("pk = :pk AND sk <= :one", KeyRange(None, ONE)),
        ("pk = :pk AND sk > :one", KeyRange(ONE, None, with_low=False)),
        ("pk = :pk AND sk >= :one", KeyRange(ONE, None)),
        ("pk = :pk AND :one <= sk", KeyRange(ONE, None)),
        ("pk = :pk AND sk BETWEEN :one AND :two", KeyRange(ONE, TWO)),
    ],
)
def test_a_key_condition_is_a_range_of_a_partition(text: str, bounds: KeyRange) -> None:
    condition = expressions.key_condition(text, Placeholders(None, VALUES), HASH, RANGE)
    assert condition.hash_bytes == b"p"
    assert condition.range == bounds


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        ({"S": "ab"}, b"ab", b"ac"),
        ({"B": b"a\xff"}, b"a\xff", b"b"),
        ({"B": b"\xff\xff"}, b"\xff\xff", None),
        ({"S": "\U0010ffff"}, b"\xf4\x8f\xbf\xbf", b"\xf4\x8f\xbf\xc0"),
    ],
)
def test_a_prefix_is_a_range(value: Any, low: bytes, high: bytes | None) -> None:
    placeholders = Placeholders(None, {":pk": {"S": "p"}, ":v": value})
    key = KeyAttribute("sk", next(iter(value)))
    condition = expressions.key_condition("pk = :pk AND begins_with(sk, :v)", placeholders, HASH, key)
    assert condition.range == KeyRange(low, high, with_high=False)


INVALID = "Invalid condition in KeyConditionExpression: "
OPERATOR = "Invalid operator used in KeyConditionExpression: "
PARAMETER = "One or more parameter values were invalid: "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Invalid KeyConditionExpression: The expression can not be empty;"),
        ("sk = :one", "Query condition missed key schema element: pk"),
        ("pk = :pk AND third = :one", "Query condition missed key schema element: sk"),
        ("pk = :pk AND sk = :one AND third = :one", "Query key condition not supported"),
        ("pk > :pk", "Query key condition not supported"),
        ("begins_with(pk, :pk)", "Query key condition not supported"),
        ("pk = :pk AND pk = :pk", "KeyConditionExpressions must only contain one condition per key"),
        ("pk = :pk OR sk = :one", OPERATOR + "OR"),
        ("pk = :pk AND NOT sk = :one", OPERATOR + "<>"),
        ("pk = :pk AND NOT sk < :one", OPERATOR + "NOT"),
        ("pk = :pk AND sk <> :one", OPERATOR + "<>"),
        ("pk = :pk AND sk IN (:one)", OPERATOR + "IN"),
        ("pk = :pk AND attribute_exists(sk)", OPERATOR + "attribute_exists"),
        ("pk = :pk AND attribute_not_exists(sk)", OPERATOR + "attribute_not_exists"),
        ("pk = :pk AND contains(sk, :one)", OPERATOR + "contains"),
        ("pk = :pk AND size(sk) = :one", "KeyConditionExpressions cannot contain nested operations"),
        ("pk = :pk AND sk.a = :one", "KeyConditionExpressions cannot have conditions on nested attributes"),
        ("pk = sk", INVALID + "Multiple attribute names used in one condition"),
        ("pk = :pk AND :one = :two", INVALID + "No key attribute specified"),
        ("pk = :one", PARAMETER + "Condition parameter type does not match schema type"),
        ("pk = :pk AND sk = :pk", PARAMETER + "Condition parameter type does not match schema type"),
        (
            "pk = :empty",
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk",
        ),
    ],
)
def test_what_is_no_key_condition_is_refused_in_awss_words(text: str, message: str) -> None:
    with refused(message):
        expressions.key_condition(text, Placeholders(None, VALUES), HASH, RANGE)


def test_what_no_expression_uses_is_refused() -> None:
    placeholders = Placeholders(
        {"#a": "a", "#b": "b"}, {":v": {"S": "x"}, ":w": {"S": "x"}, ":x": {"S": "x"}}
    )
    expressions.projection("#a", placeholders)
    expressions.condition("#a = :v", placeholders)
    with refused("Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"):
        placeholders.check_used()
    expressions.projection("#b", placeholders)
    with refused("Value provided in ExpressionAttributeValues unused in expressions: keys: {:w, :x}"):
        placeholders.check_used()
    expressions.update("SET a = :w, b = :x", placeholders)
    placeholders.check_used()


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        ({}, None, "ExpressionAttributeNames must not be empty"),
        (None, {}, "ExpressionAttributeValues must not be empty"),
        ({"a": "b"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'),
        ({"#": "b"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#"'),
        ({"#a b": "b"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "#a b"'),
        (None, {"v": {"S": "x"}}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "v"'),
        (
            None,
            {":v": {"N": "x"}},
            "ExpressionAttributeValues contains invalid value: "
            "The parameter cannot be converted to a numeric value: x for key :v",
        ),
        (
            None,
            {":v": {}},
            "ExpressionAttributeValues contains invalid value: "
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :v",
        ),
    ],
)
def test_placeholders_have_names_of_their_own_and_values(names: Any, values: Any, message: str) -> None:
    with refused(message):
        Placeholders(names, values)
