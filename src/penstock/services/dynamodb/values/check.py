"""Checks attribute values and brings them into the form in which they are kept.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

import base64
from collections.abc import Callable
from typing import Any

from penstock.errors import AwsError
from penstock.services.dynamodb.values.invalid import invalid, invalid_value
from penstock.services.dynamodb.values.number import normalised
from penstock.services.dynamodb.values.sets import in_order

Value = dict[str, Any]
"""One attribute value: its type and what it holds, ``{"S": "x"}``."""

Item = dict[str, Value]

MAX_DEPTH = 32
"""How deep lists and maps may stand in one another."""


def check_item(item: Item) -> Item:
    """Returns the item in the form in which it is kept; ValidationException when a value of it cannot be stored."""
    return {name: check_value(value) for name, value in item.items()}


def check_value(value: Value, depth: int = 0) -> Value:
    """Returns the value in the form in which it is kept; ``depth`` lists and maps stand around it."""
    if len(value) != 1:
        raise _not_one_type(value)
    [(kind, content)] = value.items()
    if kind in ("S", "B", "BOOL"):
        return value
    if kind in ("L", "M") and depth >= MAX_DEPTH:
        raise _too_deep()
    if kind == "L":
        return {kind: [check_value(member, depth + 1) for member in content]}
    if kind == "M":
        return {kind: {name: check_value(member, depth + 1) for name, member in content.items()}}
    return {kind: _CHECKS[kind](content)}


def check_depth(value: Value, depth: int = 0) -> None:
    """Raises ValidationException when lists and maps in the value stand deeper in one another than they may."""
    if "M" in value:
        members = value["M"].values()
    elif "L" in value:
        members = value["L"]
    else:
        return
    if depth >= MAX_DEPTH:
        raise _too_deep()
    for member in members:
        check_depth(member, depth + 1)


def _too_deep() -> AwsError:
    return invalid(
        "Nesting Levels have exceeded supported limits: "
        "Attributes in the item have nested levels beyond supported limit"
    )


def _not_one_type(value: Value) -> AwsError:
    if value:
        return invalid(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    return invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")


def _null(content: bool) -> bool:
    if content is not True:
        raise invalid_value("Null attribute value types must have the value of true")
    return True


def _strings(members: list[str]) -> list[str]:
    if not members:
        raise invalid_value("An string set  may not be empty")
    if len(set(members)) < len(members):
        raise invalid_value(f"Input collection [{', '.join(members)}] contains duplicates.")
    return in_order("SS", members)


def _numbers(members: list[str]) -> list[str]:
    if not members:
        raise invalid_value("An number set  may not be empty")
    numbers = [normalised(member) for member in members]
    if len(set(numbers)) < len(numbers):
        raise invalid("Input collection contains duplicates")
    return in_order("NS", numbers)


def _binaries(members: list[bytes]) -> list[bytes]:
    if not members:
        raise invalid_value("Binary sets should not be empty")
    if len(set(members)) < len(members):
        shown = ", ".join(base64.b64encode(member).decode() for member in members)
        raise invalid_value(f"Input collection [{shown}]of type BS contains duplicates.")
    return in_order("BS", members)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "N": normalised,
    "NULL": _null,
    "SS": _strings,
    "NS": _numbers,
    "BS": _binaries,
}
