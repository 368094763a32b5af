"""Keys as bytes whose order is DynamoDB's: of text its UTF-8, of binary itself, of numbers what stands here.

A number is its sign (1 negative, 2 zero, 3 positive), its exponent in a byte, and two digits in each further byte.
Of a negative one all but the sign is turned round, and a byte that is larger than any other ends it.
"""

from decimal import Decimal

from penstock.services.dynamodb.values.check import Value
from penstock.services.dynamodb.values.compare import type_of
from penstock.services.dynamodb.values.number import MIN_EXPONENT, significant_digits

_NEGATIVE, _ZERO, _POSITIVE = b"\x01", b"\x02", b"\x03"
_TURNED_ROUND = bytes(range(255, -1, -1))


def key_bytes(value: Value) -> bytes:
    """Returns the bytes of a key's value (``S``, ``N`` or ``B``); those of one type compare as their values do."""
    match type_of(value):
        case "S":
            return str(value["S"]).encode()
        case "N":
            return _number(value["N"])
    return bytes(value["B"])


def _number(text: str) -> bytes:
    number = Decimal(text)
    if not number:
        return _ZERO
    digits = significant_digits(text)
    digits += "0" * (len(digits) % 2)
    pairs = (int(digits[at : at + 2]) for at in range(0, len(digits), 2))
    magnitude = bytes([number.adjusted() - MIN_EXPONENT, *pairs])
    if number > 0:
        return _POSITIVE + magnitude
    return _NEGATIVE + magnitude.translate(_TURNED_ROUND) + b"\xff"
