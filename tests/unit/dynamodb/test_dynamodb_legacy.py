"""The parameters from before expressions."""

from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions import KeyAttribute, KeyRange, legacy

ITEM = {"s": {"S": "abc"}, "n": {"N": "5"}, "ss": {"SS": ["a", "b"]}, "l": {"L": [{"N": "1"}]}}
INVALID = "One or more parameter values were invalid: "


def compared(operator: str, *values: Any) -> dict[str, Any]:
    return {"ComparisonOperator": operator, "AttributeValueList": [*values]}


S, N, T = {"S": "abc"}, {"N": "5.0"}, {"S": "b"}


@pytest.mark.parametrize(
    ("attribute", "wanted", "truth"),
    [
        ("s", compared("EQ", S), True),
        ("n", compared("EQ", N), True),
        ("gone", compared("EQ", S), False),
        ("s", compared("NE", S), False),
        ("gone", compared("NE", S), True),
        ("n", compared("LE", N), True),
        ("n", compared("LT", N), False),
        ("n", compared("GE", N), True),
        ("n", compared("GT", N), False),
        ("s", compared("NULL"), False),
        ("gone", compared("NULL"), True),
        ("s", compared("NOT_NULL"), True),
        ("s", compared("CONTAINS", T), True),
        ("ss", compared("CONTAINS", T), True),
        ("l", compared("CONTAINS", {"N": "1"}), True),
        ("ss", compared("NOT_CONTAINS", T), False),
        ("ss", compared("NOT_CONTAINS", S), True),
        ("gone", compared("NOT_CONTAINS", S), False),
        ("s", compared("BEGINS_WITH", {"S": "ab"}), True),
        ("s", compared("IN", T, S), True),
        ("n", compared("BETWEEN", {"N": "4"}, {"N": "6"}), True),
        ("s", compared("BETWEEN", T, {"S": "c"}), False),
    ],
)
def test_a_comparison_is_true_of_an_item_that_is_so(attribute: str, wanted: Any, truth: bool) -> None:
    condition = legacy.filter_of({attribute: wanted}, None)
    assert condition is not None and condition.holds(ITEM) == truth


def test_filters_are_connected_as_their_operator_says() -> None:
    filters = {"s": compared("EQ", S), "n": compared("EQ", S)}
    held = {operator: legacy.filter_of(filters, operator) for operator in (None, "AND", "OR")}
    assert {operator: each and each.holds(ITEM) for operator, each in held.items()} == {
        None: False,
        "AND": False,
        "OR": True,
    }
    assert legacy.filter_of({}, None) is None


@pytest.mark.parametrize(
    ("wanted", "truth"),
    [
        ({"Value": S}, True),
        ({"Value": S, "Exists": True}, True),
        ({"Exists": False}, False),
        ({"Value": T, "ComparisonOperator": "NE"}, True),
        (compared("NOT_NULL"), True),
        ({"ComparisonOperator": "NULL"}, False),
    ],
)
def test_what_is_expected_of_an_item(wanted: Any, truth: bool) -> None:
    condition = legacy.expected({"s": wanted}, None)
    assert condition is not None and condition.holds(ITEM) == truth


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, INVALID + "Value must be provided when Exists is null for Attribute: a"),
        ({"Exists": True}, INVALID + "Value must be provided when Exists is true for Attribute: a"),
        (
            {"Exists": False, "Value": S},
            INVALID + "Value cannot be used when Exists is false for Attribute: a",
        ),
        (
            {"Value": S, "AttributeValueList": [S]},
            INVALID + "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            {"Exists": True, "ComparisonOperator": "EQ"},
            INVALID + "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            {"AttributeValueList": [S]},
            INVALID + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (compared("EQ"), INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (compared("IN"), INVALID + "Invalid number of argument(s) for the IN ComparisonOperator"),
        (compared("NULL", S), INVALID + "Invalid number of argument(s) for the NULL ComparisonOperator"),
        (
            compared("BETWEEN", S),
            INVALID + "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            compared("LT", {"BOOL": True}),
            INVALID + "ComparisonOperator LT is not valid for BOOL AttributeValue type",
        ),
        (compared("IN", S, N), INVALID + "AttributeValues inside AttributeValueList must be of same type"),
        (
            compared("BETWEEN", {"N": "10"}, {"N": "9"}),
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
        ),
        (compared("EQ", {"N": "x"}), "The parameter cannot be converted to a numeric value: x"),
    ],
)
def test_what_cannot_be_expected_is_refused_in_awss_words(wanted: Any, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        legacy.expected({"a": wanted}, None)
    assert (caught.value.code, caught.value.message) == ("ValidationException", message)


def test_an_operator_connects_two_or_more() -> None:
    with pytest.raises(
        AwsError, match="ConditionalOperator can only be used when Filter or Expected has two"
    ):
        legacy.expected({"s": {"Value": S}}, "OR")


@pytest.mark.parametrize(
    ("name", "wanted", "value"),
    [
        ("s", {"Value": N}, {"N": "5"}),
        ("s", {"Value": T, "Action": "PUT"}, T),
        ("s", {"Action": "DELETE"}, None),
        ("ss", {"Action": "DELETE", "Value": {"SS": ["a", "z"]}}, {"SS": ["b"]}),
        ("ss", {"Action": "ADD", "Value": {"SS": ["a", "z"]}}, {"SS": ["a", "b", "z"]}),
        ("n", {"Action": "ADD", "Value": {"N": "-7"}}, {"N": "-2"}),
        ("fresh", {"Action": "ADD", "Value": {"N": "1"}}, {"N": "1"}),
        ("l", {"Action": "ADD", "Value": {"L": [S]}}, {"L": [{"N": "1"}, S]}),
        ("fresh", {"Action": "ADD", "Value": {"L": [S]}}, {"L": [S]}),
    ],
)
def test_an_attribute_is_put_added_to_or_deleted(name: str, wanted: Any, value: Any) -> None:
    assert legacy.attribute_updates({name: wanted}).apply(ITEM, {}).item.get(name) == value


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({}, INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        ({"Action": "ADD"}, INVALID + "Only DELETE action is allowed when no attribute value is specified"),
        ({"Action": "ADD", "Value": S}, INVALID + "ADD action is not supported for the type S"),
        (
            {"Action": "DELETE", "Value": N},
            INVALID + "DELETE action with value is not supported for the type N",
        ),
        ({"Action": "ADD", "Value": N}, "Type mismatch for attribute to update"),
        ({"Action": "DELETE", "Value": {"SS": ["a"]}}, "Type mismatch for attribute to update"),
    ],
)
def test_what_cannot_be_updated_is_refused_in_awss_words(wanted: Any, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        legacy.attribute_updates({"s": wanted}).apply(ITEM, {})
    assert (caught.value.code, caught.value.message) == ("ValidationException", message)


def test_attributes_are_got_by_their_names_dots_and_all() -> None:
    assert legacy.attributes_to_get(["s", "gone"]).of(ITEM) == {"s": S}
    assert legacy.attributes_to_get(["a.b"]).of({"a.b": S, "a": {"M": {"b": S}}}) == {"a.b": S}
    with pytest.raises(AwsError, match="Duplicate value in attribute name: s"):
        legacy.attributes_to_get(["s", "n", "s"])


HASH, RANGE = KeyAttribute("pk", "S"), KeyAttribute("sk", "S")


def test_key_conditions_are_a_range_of_a_partition() -> None:
    found = legacy.key_conditions({"pk": compared("EQ", S), "sk": compared("GT", T)}, HASH, RANGE)
    assert (found.hash_bytes, found.range) == (b"abc", KeyRange(b"b", None, with_low=False))


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({}, "Conditions can be of length 1 or 2 only"),
        ({"sk": compared("EQ", S)}, "Query condition missed key schema element: pk"),
        ({"pk": compared("GT", S)}, "Query key condition not supported"),
        (
            {"pk": compared("EQ", S), "sk": compared("NE", S)},
            "Attempted conditional constraint is not an indexable operation",
        ),
        ({"pk": compared("EQ", N)}, INVALID + "Condition parameter type does not match schema type"),
    ],
)
def test_what_is_no_key_condition_is_refused_in_awss_words(conditions: Any, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        legacy.key_conditions(conditions, HASH, RANGE)
    assert (caught.value.code, caught.value.message) == ("ValidationException", message)
