"""How many bytes AWS counts for a value and an item.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from penstock.services.dynamodb.values.check import Item, Value
from penstock.services.dynamodb.values.compare import type_of
from penstock.services.dynamodb.values.number import significant_digits

_COLLECTION_BYTES = 3
_ELEMENT_BYTES = 1


def size(item: Item) -> int:
    """Returns the bytes of an item: its attributes' names and values."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """Returns the bytes of one value."""
    kind = type_of(value)
    content = value[kind]
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number(content)
        case "B":
            return len(content)
        case "SS":
            return sum(len(member.encode()) for member in content)
        case "NS":
            return sum(map(_number, content))
        case "BS":
            return sum(map(len, content))
        case "L":
            return _COLLECTION_BYTES + sum(_ELEMENT_BYTES + value_size(member) for member in content)
        case "M":
            return _COLLECTION_BYTES + _ELEMENT_BYTES * len(content) + size(content)
    return 1


def _number(text: str) -> int:
    """Two digits take a byte, of which the point stands between two; one byte more, and one for a minus."""
    digits = significant_digits(text)
    if not digits:
        return 1
    whole, _, fraction = text.lstrip("-").partition(".")
    exponent = len(whole) - 1 if whole != "0" else len(fraction.lstrip("0")) - len(fraction) - 1
    before_pair = 1 - exponent % 2
    return 1 + (before_pair + len(digits) + 1) // 2 + text.startswith("-")
