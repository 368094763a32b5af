"""DynamoDB's JSON, as files have it, as items: what the wire does with requests, but for files that anybody wrote."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from penstock.services.dynamodb.values import MAX_DEPTH, Item, Value


def read_item(written: Any) -> Item:
    """Returns the item, whose values ``check_item`` has still to check; ValueError when it is none."""
    if not isinstance(written, dict):
        raise ValueError("an item is to be a JSON object")
    return {name: _value(value, 0) for name, value in written.items()}


def _value(written: Any, depth: int) -> Value:
    if not isinstance(written, dict) or len(written) != 1:
        raise ValueError("a value is to be a JSON object with one type")
    [(kind, content)] = written.items()
    if kind in ("L", "M"):
        if depth > MAX_DEPTH:
            raise ValueError("lists and maps stand too deep in one another")
        if kind == "L":
            return {kind: [_value(member, depth + 1) for member in _list(content)]}
        if not isinstance(content, dict):
            raise ValueError("M is to be a JSON object")
        return {kind: {name: _value(member, depth + 1) for name, member in content.items()}}
    if kind not in _READERS:
        raise ValueError(f"there is no type {kind[:20]}")
    return {kind: _READERS[kind](content)}


def _list(content: Any) -> list[Any]:
    if not isinstance(content, list):
        raise ValueError("a JSON array is needed here")
    return content


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise ValueError("a JSON string is needed here")
    return content


def _bytes(content: Any) -> bytes:
    try:
        return base64.b64decode(_text(content), validate=True)
    except binascii.Error:
        raise ValueError("binary is to be base64") from None


def _flag(content: Any) -> bool:
    if not isinstance(content, bool):
        raise ValueError("true or false is needed here")
    return content


def _texts(content: Any) -> list[str]:
    return [_text(member) for member in _list(content)]


_READERS: dict[str, Callable[[Any], Any]] = {
    "S": _text,
    "N": _text,
    "B": _bytes,
    "BOOL": _flag,
    "NULL": _flag,
    "SS": _texts,
    "NS": _texts,
    "BS": lambda content: [_bytes(member) for member in _list(content)],
}
