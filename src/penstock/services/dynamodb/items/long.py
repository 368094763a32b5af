"""What takes long because it has many values goes into a thread: of small ones an item may have 200,000."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from penstock.server import Call

T = TypeVar("T")

LONG_BODY_BYTES: Final = 32 * 1024
"""Of a request: so many bytes of small values take about ten milliseconds to check."""

_LONG_ANSWER_BYTES = (
    16 * 1024
)  # as AWS counts: of values that are one byte each, to write them takes ten milliseconds


async def prepared(call: Call, make: Callable[[Mapping[str, Any]], T], params: Mapping[str, Any]) -> T:
    """Returns ``make(params)``, made in a thread when the request is long."""
    return await asyncio.to_thread(make, params) if call.has_long_body else make(params)


def note_length(call: Call, bytes: int) -> None:
    """Lets an answer with so many bytes of items be written in a thread when that takes long."""
    call.has_long_answer = call.has_long_answer or bytes > _LONG_ANSWER_BYTES
