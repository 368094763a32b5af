"""What a pipe has in hand: records, as the source gives them and with their encoded members read.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html#input-transform-implicit
"""

from typing import Any, NamedTuple

import orjson

from penstock.services.filter_criteria import with_body_read


class Unfit(ValueError):
    """What a pipe has in hand cannot be sent on; says why."""


class Item(NamedTuple):
    """One thing on its way: ``raw`` as it came, ``read`` with its encoded members read."""

    raw: Any
    read: Any

    @classmethod
    def of(cls, raw: Any) -> "Item":
        """Returns the item; a queue's message has JSON as text in its body."""
        return cls(raw, with_body_read(raw))


def as_json(value: Any) -> bytes:
    """Returns the JSON; Unfit when it is nested too deeply."""
    try:
        return orjson.dumps(value)
    except TypeError:
        raise Unfit("A record is nested too deeply.") from None
