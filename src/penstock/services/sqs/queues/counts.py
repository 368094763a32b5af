"""The ApproximateNumberOf… attributes: exact, and counted in steps so that a million rows do not hold up others."""

import asyncio
from typing import NamedTuple

from penstock.services.sqs.queues.queue import Queue
from penstock.store import ReadTx, Store, queries

Q = queries(__package__)

_STEP = 20_000  # rows of the index in one transaction: about a millisecond
_END = 1 << 62


class Counts(NamedTuple):
    """How many messages are visible, in flight and delayed."""

    visible: int
    in_flight: int
    delayed: int


async def count_messages(store: Store, queue: Queue, now_ms: int) -> Counts:
    """Returns the queue's messages by state at ``now_ms``; those that are too old do not count."""
    horizon_ms = queue.horizon_ms(now_ms)

    async def count(received: int, from_ms: int, to_ms: int) -> int:
        return await _count(store, _Range(queue.box, received, horizon_ms, to_ms), from_ms)

    visible = await count(0, horizon_ms, now_ms + 1) + await count(1, horizon_ms, now_ms + 1)
    return Counts(visible, await count(1, now_ms + 1, _END), await count(0, now_ms + 1, _END))


class _Range(NamedTuple):
    """Messages of a box that were received, or never were (0), and are due before ``to_ms``."""

    box: int
    received: int
    horizon_ms: int
    to_ms: int


async def _count(store: Store, part: _Range, from_ms: int) -> int:
    messages = 0
    while from_ms < part.to_ms:
        found, from_ms = await store.read(_count_step, part, from_ms)
        messages += found
        await asyncio.sleep(0)  # others have their turn
    return messages


def _count_step(tx: ReadTx, part: _Range, from_ms: int) -> tuple[int, int]:
    row = tx.one(Q.find_count_step, part.box, part.received, from_ms, _STEP)
    stop_ms = min(max(row[0], from_ms + 1), part.to_ms) if row else part.to_ms
    row = tx.one(Q.count_messages, part.box, part.received, from_ms, stop_ms, part.horizon_ms)
    return (row[0] if row else 0), stop_ms
