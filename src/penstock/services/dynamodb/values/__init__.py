"""Attribute values: what may be stored, how large it is, how it is compared. Pure: no store, no clock.

An item is the wire's dict, ``{"name": {"S": "x"}}``, with numbers as normalised text, binary as ``bytes`` and sets in
order. ``check_item`` brings it into that form, and everything here keeps it; so equal values are equal dicts.
"""

from penstock.services.dynamodb.values.check import (
    MAX_DEPTH,
    Item,
    Value,
    check_depth,
    check_item,
    check_value,
)
from penstock.services.dynamodb.values.compare import compare, contains, equal, type_of
from penstock.services.dynamodb.values.key_bytes import key_bytes
from penstock.services.dynamodb.values.number import add, normalised, subtract
from penstock.services.dynamodb.values.sets import in_order
from penstock.services.dynamodb.values.size import size, value_size

__all__ = [
    "MAX_DEPTH",
    "Item",
    "Value",
    "add",
    "check_depth",
    "check_item",
    "check_value",
    "compare",
    "contains",
    "equal",
    "in_order",
    "key_bytes",
    "normalised",
    "size",
    "subtract",
    "type_of",
    "value_size",
]
