"""Scalars as text: in headers, query strings, labels, XML elements and forms."""

import base64
import binascii
import math
import re
from collections.abc import Callable
from typing import Any

import orjson

from penstock.wire.malformed import Malformed
from penstock.wire.models.shape import Member
from penstock.wire.values.timestamps import FORMATTERS, iso8601_millis, parse_text

TextReader = Callable[[str], Any]
TextWriter = Callable[[Any], str]

_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_BOUNDS = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "bigInteger": (-(10**19), 10**19),
}


def text_reader(member: Member, timestamp_format: str) -> TextReader:
    """Returns a function from text to the member's value; it raises Malformed.

    ``timestamp_format`` is the location's default, which holds where the model says nothing.
    """
    kind = member.shape.type
    if kind == "timestamp":
        return _timestamp_reader(member.timestamp_format or timestamp_format)
    if kind in _BOUNDS:
        return _integer_reader(kind)
    if kind == "string" and member.json_value:
        return _read_json
    return _READERS.get(kind, str)


def text_writer(member: Member, timestamp_format: str) -> TextWriter:
    """Returns the inverse of ``text_reader``; ``iso8601_millis`` is a format of its own here."""
    kind = member.shape.type
    if kind == "timestamp":
        return _timestamp_writer(member.timestamp_format or timestamp_format, timestamp_format)
    if kind == "string" and member.json_value:
        return lambda value: orjson.dumps(value).decode()
    return _WRITERS.get(kind, str)


def in_bounds(kind: str, number: int) -> int:
    """Returns ``number`` when the integer type ``kind`` can hold it; else Malformed."""
    low, high = _BOUNDS[kind]
    if low <= number <= high:
        return number
    raise Malformed(f"Number out of range for {kind}")


def read_base64(text: str) -> bytes:
    """Returns the bytes of a base64 text; Malformed when it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("Invalid base64 data") from None


def write_base64(value: Any) -> str:
    """Returns ``value`` (bytes, or str taken as UTF-8) in base64."""
    data = value.encode() if isinstance(value, str) else bytes(value)
    return base64.b64encode(data).decode("ascii")


def write_float(value: Any) -> str:
    """Returns a number as AWS spells it: ``NaN`` and ``Infinity`` where JSON has nothing."""
    number = float(value)
    if math.isfinite(number):
        return repr(number)
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def read_float(text: str) -> float:
    """Returns the number; Malformed for anything but a number, ``NaN`` and ``Infinity``."""
    try:
        return float(text)
    except ValueError:
        raise Malformed(f"Invalid number {text[:40]!r}") from None


def _timestamp_reader(kind: str) -> TextReader:
    return lambda text: parse_text(kind, text)


def _timestamp_writer(kind: str, default: str) -> TextWriter:
    if kind == "iso8601" and default == "iso8601_millis":
        return iso8601_millis
    return iso8601_millis if kind == "iso8601_millis" else FORMATTERS[kind]


def _integer_reader(kind: str) -> TextReader:
    low, high = _BOUNDS[kind]

    def read(text: str) -> int:
        text = text.strip()
        if _INTEGER.fullmatch(text) is None:
            raise Malformed(f"Invalid number {text[:40]!r}")
        number = int(text)
        return number if low <= number <= high else in_bounds(kind, number)

    return read


def _read_boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in ("true", "false"):
        raise Malformed(f"Invalid boolean {text[:40]!r}")
    return lowered == "true"


def _read_json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Malformed("Invalid JSON") from None


_READERS: dict[str, TextReader] = {
    "boolean": _read_boolean,
    "float": read_float,
    "double": read_float,
    "bigDecimal": read_float,
    "blob": read_base64,
}

_WRITERS: dict[str, TextWriter] = {
    "boolean": lambda value: "true" if value else "false",
    "float": write_float,
    "double": write_float,
    "bigDecimal": write_float,
    "blob": write_base64,
}
