"""Items as bytes: JSON, which is read fastest; CBOR when something in them is binary.

The first byte tells the two apart: no CBOR map begins as a JSON object does.
"""

from typing import Any

import cbor2
import orjson

_JSON = ord("{")


def encode(value: dict[str, Any]) -> bytes:
    """Returns the bytes that ``decode`` reads."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # bytes; or lists and maps that stand deeper than it goes
        return bytes(cbor2.dumps(value))


def decode(data: bytes) -> dict[str, Any]:
    """Returns what was encoded."""
    found: dict[str, Any] = orjson.loads(data) if data[0] == _JSON else cbor2.loads(data)
    return found
