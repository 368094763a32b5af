"""Tumbling windows: a function carries a state from batch to batch, until the window's time is over.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

MAX_STATE_BYTES = 1024 * 1024
END = "window"
"""The id of the message that ends a window: it is no record's, whose ids are numbers."""


@dataclass(frozen=True, slots=True)
class Window:
    """The window that a reader is in: when it began, and the state that the function has returned last, as JSON."""

    start_s: int
    state: str = "{}"

    def shown(self, length_s: int) -> dict[str, Any]:
        """Returns what the function's event says of it."""
        return {
            "window": {"start": _time(self.start_s), "end": _time(self.start_s + length_s)},
            "state": orjson.loads(self.state),
        }


def state_of(response: bytes) -> str | None:
    """Returns the state that a function has returned; None when it is none, or too large."""
    try:
        answer = orjson.loads(response or b"null")
    except orjson.JSONDecodeError:
        return None
    state = answer.get("state") if isinstance(answer, dict) else None
    text = orjson.dumps({} if state is None else state)
    return text.decode() if len(text) <= MAX_STATE_BYTES else None


def _time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
