"""Takes away what nobody can receive any more: messages of purged and deleted queues, and those that are too old.

Receivers never see such messages; this only frees their room, a few hundred rows at a time.
"""

import asyncio
import logging

from penstock.clock import Clock
from penstock.errors import StoreUnavailable
from penstock.services.sqs.queue import find_queue
from penstock.store import Store, Tx, queries

Q = queries(__package__)

log = logging.getLogger(__name__)

_STEP = 300
_INTERVAL_S = 3600  # how long rows that are too old may take up room
_QUEUES = 20


class Sweeper:
    """One task per server."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Called after a commit that dropped a box."""
        self._woken.set()

    async def run(self) -> None:
        """Sweeps at once, whenever woken, and every hour; returns when cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.sweep()
            except StoreUnavailable:
                log.exception("messages that are gone take up room until the next sweep")
            await self._clock.wait_for(self._woken.wait(), self._clock.now_ms() + _INTERVAL_S * 1000)

    async def sweep(self) -> None:
        """Returns when nothing is left to take away."""
        while await self._store.write(empty_box):
            pass
        after: int | None = 0
        while after is not None:
            after = await self._store.write(expire, after)


def empty_box(tx: Tx) -> bool:
    """Deletes some messages of a dropped box; returns whether there may be more."""
    row = tx.one(Q.dropped_box)
    if row is None:
        return False
    (box,) = row
    rows = tx.all(Q.some_of_box, box, _STEP)
    for (id,) in rows:
        tx.run(Q.drop_message, id)
    if not rows:
        tx.run(Q.forget_box, box)
    return True


def expire(tx: Tx, after: int) -> int | None:
    """Deletes some expired messages of the queues behind ``after``; returns where to go on, or None at the end."""
    rows = tx.all(Q.every_queue, after, _QUEUES)
    for id, account, region, name in rows:
        queue = find_queue(tx, (account, region, name))
        expired = tx.all(Q.some_expired, queue.box, queue.horizon_ms(tx.now_ms), _STEP) if queue else []
        for (message,) in expired:
            tx.run(Q.drop_message, message)
        after = id
        if expired:
            return after if len(expired) < _STEP else after - 1
    return after if rows else None
