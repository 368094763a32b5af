"""What a pipe has in hand: records, as the source gives them and with their encoded members read.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html#input-transform-implicit
"""

from typing import Any, NamedTuple

import orjson

_ENCODED = "body"


class Unfit(ValueError):
    """What a pipe has in hand cannot be sent on; says why."""


class Item(NamedTuple):
    """One thing on its way: ``raw`` as it came, ``read`` with its encoded members read."""

    raw: Any
    read: Any

    @classmethod
    def of(cls, raw: Any) -> "Item":
        """Returns the item; a queue's message has JSON as text in its body."""
        if not isinstance(raw, dict) or not isinstance(text := raw.get(_ENCODED), str):
            return cls(raw, raw)
        try:
            found = orjson.loads(text)
        except (ValueError, RecursionError):
            return cls(raw, raw)
        return cls(raw, {**raw, _ENCODED: found} if isinstance(found, dict | list) else raw)


def as_json(value: Any) -> bytes:
    """Returns the JSON; Unfit when it is nested too deeply."""
    try:
        return orjson.dumps(value)
    except TypeError:
        raise Unfit("A record is nested too deeply.") from None
