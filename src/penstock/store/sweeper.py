"""Takes away rows that nobody can see any more, a few hundred at a time, so that writers never wait for it.

A room says what such rows are by its steps. Readers must not depend on it: it only frees room.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence

from penstock.clock import Clock
from penstock.errors import StoreUnavailable
from penstock.store.tx import Store, Tx

log = logging.getLogger(__name__)

_INTERVAL_S = 3600  # how long rows that are too old may take up room

Empty = Callable[[Tx], bool]
"""Deletes some rows of what was dropped; returns whether there may be more."""

Expire = Callable[[Tx, int], int | None]
"""Deletes some rows that are too old, behind a key; returns the key to go on behind, or None at the end."""


def nothing_expires(tx: Tx, after: int) -> None:
    """Of a room whose rows do not grow too old."""


class Sweeper:
    """One task per room that keeps such rows."""

    def __init__(self, store: Store, clock: Clock, empties: Sequence[Empty], expire: Expire) -> None:
        self._store = store
        self._clock = clock
        self._empties = empties
        self._expire = expire
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Called after a commit that dropped something."""
        self._woken.set()

    async def run(self) -> None:
        """Sweeps at once, whenever woken, and every hour; returns when cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.sweep()
            except StoreUnavailable:
                log.exception("rows that are gone take up room until the next sweep")
            await self._clock.wait_for(self._woken.wait(), self._clock.now_ms() + _INTERVAL_S * 1000)

    async def sweep(self) -> None:
        """Returns when nothing is left to take away."""
        for empty in self._empties:
            while await self._store.write(empty):
                pass
        after: int | None = 0
        while after is not None:
            after = await self._store.write(self._expire, after)
