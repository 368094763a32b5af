"""Attribute values: what may be stored, and how large it is."""

from typing import Any

import pytest

from penstock.errors import AwsError
from penstock.services.dynamodb import values

INVALID = "One or more parameter values were invalid: "


def refusal(value: Any) -> str:
    with pytest.raises(AwsError) as caught:
        values.check_item({"a": value})
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0e5", "0"),
        ("+1", "1"),
        ("007", "7"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("-12e-1", "-1.2"),
        ("1e125", "1" + "0" * 125),
        ("1e-130", "0." + "0" * 129 + "1"),
        ("9" * 38, "9" * 38),
        ("9" * 38 + "000", "9" * 38 + "000"),
    ],
)
def test_a_number_is_shown_in_one_way(text: str, kept: str) -> None:
    assert values.check_item({"a": {"N": text}}) == {"a": {"N": kept}}


OVER = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDER = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
TOO_LONG = "Attempting to store more than 38 significant digits in a Number"
DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
TWO = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"


def nested(depth: int) -> Any:
    value: Any = {"S": "x"}
    for level in range(depth):
        value = {"L": [value]} if level % 2 else {"M": {"a": value}}
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"N": ""}, "The parameter cannot be converted to a numeric value"),
        ({"N": "abc"}, "The parameter cannot be converted to a numeric value: abc"),
        ({"N": "NaN"}, "The parameter cannot be converted to a numeric value: NaN"),
        ({"N": "Infinity"}, "The parameter cannot be converted to a numeric value: Infinity"),
        ({"N": " 1"}, "The parameter cannot be converted to a numeric value:  1"),
        ({"N": "1_0"}, "The parameter cannot be converted to a numeric value: 1_0"),
        ({"N": "١"}, "The parameter cannot be converted to a numeric value: ١"),
        ({"N": "1e126"}, OVER),
        ({"N": "-1e126"}, OVER),
        ({"N": "1e999999999"}, OVER),
        ({"N": "1e-131"}, UNDER),
        ({"N": "1" * 39}, TOO_LONG),
        ({"N": "0." + "1" * 39}, TOO_LONG),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "b", "a"]}, INVALID + "Input collection [a, b, a] contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        (
            {"BS": [b"\x07", b"\x07"]},
            INVALID + "Input collection [Bw==, Bw==]of type BS contains duplicates.",
        ),
        ({}, EMPTY),
        ({"L": [{}]}, EMPTY),
        ({"S": "a", "N": "1"}, TWO),
        (nested(33), DEEP),
    ],
)
def test_what_cannot_be_stored_is_refused_in_awss_words(value: Any, message: str) -> None:
    assert refusal(value) == message


def test_a_long_number_is_refused_at_once() -> None:
    assert refusal({"N": "1" * 400_000}) == OVER
    assert refusal({"N": "0." + "1" * 400_000}) == TOO_LONG


def test_lists_and_maps_may_stand_32_deep_in_one_another() -> None:
    assert values.check_item({"a": nested(32)}) == {"a": nested(32)}


@pytest.mark.parametrize(
    "value", [{"S": ""}, {"B": b""}, {"SS": [""]}, {"L": []}, {"M": {}}, {"BOOL": False}]
)
def test_empty_values_may_be_stored(value: Any) -> None:
    assert values.check_item({"a": value}) == {"a": value}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"B": b"abc"}, 3),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"N": "0"}, 1),
        ({"N": "1"}, 2),
        ({"N": "10"}, 2),
        ({"N": "12"}, 2),
        ({"N": "123"}, 3),
        ({"N": "1.2"}, 3),
        ({"N": "-1"}, 3),
        ({"N": "9" * 38}, 20),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "2"]}, 4),
        ({"BS": [b"a"]}, 1),
        ({"L": []}, 3),
        ({"M": {}}, 3),
        ({"L": [{"S": "a"}]}, 5),
        ({"M": {"key": {"S": "a"}}}, 8),
    ],
)
def test_sizes_are_counted_as_aws_counts_them(value: Any, size: int) -> None:
    assert values.value_size(value) == size
    assert values.size({"né": value}) == 3 + size
