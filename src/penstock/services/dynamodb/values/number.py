"""Numbers: 38 significant digits, magnitudes from 1E-130 to 9.99…E+125, exact.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

import re
from decimal import Context, Decimal

from penstock.services.dynamodb.values.invalid import invalid

MAX_DIGITS = 38
MIN_EXPONENT = -130
MAX_EXPONENT = 125

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?", re.ASCII)
_SIMPLE = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)
_EXACT = Context(prec=1000)
"""Any two numbers have an exact sum in that many digits: their digits span 294 places at most."""


def normalised(text: str) -> str:
    """Returns the number as DynamoDB shows it: no exponent, no sign of zero, no zeros that say nothing.

    Raises ValidationException with AWS's text for what is none, or is too long, too large or too small.
    """
    if _SIMPLE.fullmatch(text):
        return text
    return _in_bounds(_read(text))


def add(left: str, right: str) -> str:
    """Returns the sum of two normalised numbers; ValidationException when it cannot be stored."""
    return _in_bounds(_EXACT.add(Decimal(left), Decimal(right)))


def subtract(left: str, right: str) -> str:
    """Returns the difference of two normalised numbers; ValidationException when it cannot be stored."""
    return _in_bounds(_EXACT.subtract(Decimal(left), Decimal(right)))


def significant_digits(text: str) -> str:
    """Returns the digits of a number without exponent, less the zeros around them; nothing for zero."""
    return text.lstrip("-").replace(".", "").strip("0")


def _read(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        shown = f": {text}" if text else ""
        raise invalid(f"The parameter cannot be converted to a numeric value{shown}")
    return Decimal(text)


def _in_bounds(number: Decimal) -> str:
    if not number:
        return "0"
    if number.adjusted() > MAX_EXPONENT:
        raise invalid(
            "Number overflow. Attempting to store a number with magnitude larger than supported range"
        )
    if number.adjusted() < MIN_EXPONENT:
        raise invalid(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range"
        )
    text = _plain(format(number, "f"))
    if len(significant_digits(text)) > MAX_DIGITS:
        raise invalid(f"Attempting to store more than {MAX_DIGITS} significant digits in a Number")
    return text


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
