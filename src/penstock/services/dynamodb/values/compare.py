"""How two values stand to each other. A value has an order only beside one of its own type.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from decimal import Decimal
from typing import Any

from penstock.services.dynamodb.values.check import Value

ORDERED_TYPES = frozenset({"S", "N", "B"})
_SETS = {"S": "SS", "N": "NS", "B": "BS"}


def type_of(value: Value) -> str:
    """Returns the type's letters: ``S``, ``N``, ``BOOL`` …"""
    return next(iter(value))


def equal(left: Value, right: Value) -> bool:
    """Returns whether two values are of one type and the same; sets and maps have no order."""
    return left == right


def compare(left: Value, right: Value) -> int | None:
    """Returns -1, 0 or 1; None when the two have no order."""
    kind = type_of(left)
    if kind not in ORDERED_TYPES or kind not in right:
        return None
    return _sign(left[kind], right[kind]) if kind != "N" else _sign(Decimal(left["N"]), Decimal(right["N"]))


def contains(whole: Value, part: Value) -> bool:
    """Returns whether a text or binary has a part, a set a member, or a list an element."""
    kind = type_of(whole)
    if kind == "L":
        return part in whole["L"]
    wanted = type_of(part)
    if kind in ("S", "B"):
        return wanted == kind and part[kind] in whole[kind]
    return _SETS.get(wanted) == kind and part[wanted] in whole[kind]


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)
