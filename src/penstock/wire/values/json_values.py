"""JSON's scalars: base64 for blobs, numbers or text for timestamps, text for what is not a finite number."""

import math
from functools import cache
from typing import Any

import orjson

from penstock.wire.malformed import Malformed
from penstock.wire.models.shape import Member, Shape
from penstock.wire.values.text import read_base64, write_base64, write_float
from penstock.wire.values.timestamps import FORMATTERS, epoch_s, from_epoch_s, parse_text
from penstock.wire.values.tree import (
    Convert,
    Table,
    TreeReader,
    TreeWriter,
    check_boolean,
    check_float,
    check_integer,
    check_string,
    wrong_type,
)

_SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class JsonReader(TreeReader):
    """Compiles readers of JSON values."""

    def scalar(self, member: Member) -> Convert:
        kind = member.shape.type
        match kind:
            case "string" | "character":
                return _read_json_text if member.json_value else check_string
            case "boolean":
                return check_boolean
            case "float" | "double" | "bigDecimal":
                return _read_float
            case "blob":
                return _read_blob
            case "timestamp":
                return _timestamp_reader(member.timestamp_format or "unixTimestamp")
        return check_integer(kind)


class PlainReader(JsonReader):
    """Compiles readers of JSON that people write: members under AWS's names, blobs as their text."""

    def fill(self, table: Table, shape: Shape) -> None:
        for member in shape.members.values():
            table[member.name] = (member.name, self.compile(member))

    def scalar(self, member: Member) -> Convert:
        if member.shape.type == "blob":
            return lambda value: check_string(value).encode()
        return super().scalar(member)


class JsonWriter(TreeWriter):
    """Compiles writers of JSON values."""

    def scalar(self, member: Member) -> Convert:
        match member.shape.type:
            case "string" if member.json_value:
                return lambda value: orjson.dumps(value).decode()
            case "float" | "double" | "bigDecimal":
                return _write_float
            case "blob":
                return write_base64
            case "timestamp":
                return _timestamp_writer(member.timestamp_format or "unixTimestamp")
        return _same


@cache
def plain_reader(shape: Shape) -> Convert:
    """Returns the function that makes parameters of the JSON that somebody wrote for ``shape``; Malformed."""
    return PlainReader().structure(shape)


def load_json(body: bytes) -> Any:
    """Returns the value of a JSON text; Malformed when it is none (or nested past a thousand levels)."""
    try:
        return orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        raise Malformed("Unable to parse the request as JSON") from None


def dump_json(value: Any) -> bytes:
    """Returns the JSON text of ``value``."""
    return orjson.dumps(value)


def dump_error(members: dict[str, Any]) -> bytes:
    """Returns the JSON text of an error, whose unmodelled members may be of any type."""
    return orjson.dumps(members, default=str)


def _read_float(value: Any) -> float:
    if isinstance(value, str) and value in _SPECIAL:
        return _SPECIAL[value]
    return check_float(value)


def _read_blob(value: Any) -> bytes:
    return read_base64(check_string(value))


def _read_json_text(value: Any) -> Any:
    return load_json(check_string(value).encode())


def _timestamp_reader(kind: str) -> Convert:
    def read(value: Any) -> Any:
        if isinstance(value, str):
            return parse_text(kind, value)
        if isinstance(value, int | float) and not isinstance(value, bool) and kind == "unixTimestamp":
            return from_epoch_s(value)
        raise wrong_type(value, "a Timestamp")

    return read


def _timestamp_writer(kind: str) -> Convert:
    return epoch_s if kind == "unixTimestamp" else FORMATTERS[kind]


def _write_float(value: Any) -> Any:
    return value if not isinstance(value, float) or math.isfinite(value) else write_float(value)


def _same(value: Any) -> Any:
    return value
