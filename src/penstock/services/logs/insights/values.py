"""The values of fields: what they are compared, calculated and shown as.

A field has a text, a number, a boolean, a list or an object; None when it has none. Moments are numbers, too.
"""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*")
_EPOCH = datetime.fromtimestamp(0, UTC)
_LAST_MS = 253_402_300_799_999  # the end of the year 9999
_MAX_DIGITS = 400


class Moment(int):
    """Milliseconds since the epoch that are shown as a time."""


def number(value: Any) -> int | float | None:
    """Returns the number that a value is, or says; None when it is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) < _MAX_DIGITS and _NUMBER.fullmatch(value):
        found = float(value)
        return int(found) if found.is_integer() and abs(found) < 1e15 else found
    return None


def text(value: Any) -> str | None:
    """Returns the text that a value is searched as; None when there is no value."""
    return None if value is None else shown(value)


def truth(value: Any) -> bool:
    """Returns whether a condition's value holds."""
    if isinstance(value, str):
        return value not in ("", "0", "false")
    return bool(value)


def compared(left: Any, right: Any) -> int | None:
    """Returns -1, 0 or 1, by number where both are numbers and else by text; None when one of them is missing."""
    if left is None or right is None:
        return None
    a, b = number(left), number(right)
    if a is not None and b is not None:
        return (a > b) - (a < b)
    first, second = shown(left), shown(right)
    return (first > second) - (first < second)


def order(value: Any) -> tuple[int, float, str]:
    """Returns what rows are sorted by: those without a value first, then texts, then numbers."""
    if value is None:
        return 0, 0.0, ""
    found = number(value)
    if found is None or math.isnan(found):
        return 1, 0.0, shown(value)
    return 2, found, ""


def shown(value: Any) -> str:
    """Returns a value as results have it: numbers with four decimals at most, times as ``2024-01-31 09:00:00.000``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Moment):
        return _time(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int):
        return str(value)
    return orjson.dumps(value).decode()


def _time(value: Moment) -> str:
    if not 0 <= value <= _LAST_MS:
        return str(int(value))
    moment = _EPOCH + timedelta(milliseconds=int(value))
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


def _float(value: float) -> str:
    if not math.isfinite(value):
        return repr(value)
    if abs(value) >= 1e15:
        return repr(value)
    return f"{value:.4f}".rstrip("0").rstrip(".")
