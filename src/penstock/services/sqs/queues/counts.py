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
    visible, _ = await _count(store, queue.box, horizon_ms, horizon_ms + 1, now_ms + 1)
    hidden, in_flight = await _count(store, queue.box, horizon_ms, now_ms + 1, _END)
    return Counts(visible, in_flight, hidden - in_flight)


async def _count(store: Store, box: int, horizon_ms: int, from_ms: int, to_ms: int) -> tuple[int, int]:
    messages = in_flight = 0
    while from_ms < to_ms:
        found, flying, from_ms = await store.read(_count_step, box, horizon_ms, from_ms, to_ms)
        messages += found
        await asyncio.sleep(0)  # others have their turn
        in_flight += flying
    return messages, in_flight


def _count_step(tx: ReadTx, box: int, horizon_ms: int, from_ms: int, to_ms: int) -> tuple[int, int, int]:
    row = tx.one(Q.find_count_step, box, from_ms, _STEP)
    stop_ms = min(max(row[0], from_ms + 1), to_ms) if row else to_ms
    found, flying = tx.one(Q.count_messages, box, from_ms, stop_ms, horizon_ms) or (0, 0)
    return found, flying or 0, stop_ms
