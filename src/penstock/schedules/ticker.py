"""Does what is due, at the server's time: one task for each kind of schedule that has rows."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from penstock.clock import Clock
from penstock.errors import AwsError
from penstock.store import ReadTx, Store, Tx

_PAUSE_MS = 1000


class Work(Protocol):
    """What is due in rows, done a few rows at a time."""

    def next_due(self, tx: ReadTx) -> int | None:
        """Returns when the next row is due, or None when none ever is."""

    def do_due(self, tx: Tx) -> None:
        """Does what some rows that are due say, and plans when they are due again; AwsError ``SlowDown``."""


class Ticker:
    """Waits for what is due, and has it done; ``woken`` is the bell for what is due sooner than was known."""

    def __init__(self, store: Store, clock: Clock, work: Work, woken: asyncio.Event) -> None:
        self._store = store
        self._clock = clock
        self._work = work
        self._woken = woken

    async def run(self) -> None:
        """Does what is due, and waits for what will be, until it is cancelled."""
        while True:
            self._woken.clear()
            due_ms = await self._store.read(self._work.next_due)
            if due_ms is None:
                await self._woken.wait()
            elif due_ms > self._clock.now_ms():
                await self._clock.wait_for(self._woken.wait(), due_ms)
            else:
                await self._do_due()

    async def catch_up(self, make_up: Callable[[Tx], bool]) -> None:
        """Returns when ``make_up``, which says whether there may be more, has made up for what a stop has left.

        When too much waits already, what is left is done as what is due.
        """
        with contextlib.suppress(AwsError):
            while await self._store.write(make_up):
                pass

    async def settled(self) -> None:
        """Returns when nothing is due; AwsError ``SlowDown``."""
        # Looking must not commit: `settle` goes on for as long as anything does.
        while (due_ms := await self._store.read(self._work.next_due)) and due_ms <= self._clock.now_ms():
            await self._store.write(self._work.do_due)

    async def _do_due(self) -> None:
        try:
            await self._store.write(self._work.do_due)
        except AwsError:  # too much waits already
            await self._clock.wait_for(self._woken.wait(), self._clock.now_ms() + _PAUSE_MS)
