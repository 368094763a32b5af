"""Does what is due, at the server's time: one task for each kind of schedule that has rows."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from penstock.clock import Clock
from penstock.errors import AwsError
from penstock.store import ReadTx, Store, Tx

_STEP = 10  # rows may be large
_PAUSE_MS = 1000

Do = Callable[[Tx, Sequence[int]], None]


class Work(Protocol):
    """What is due in rows, which are known by their ids; those that are not due any more are passed over."""

    def find_due(self, tx: ReadTx, count: int) -> list[int]:
        """Returns some rows that are due, the longest first."""

    def next_due(self, tx: ReadTx) -> int | None:
        """Returns when the next row is due that is not due yet, or None when none ever is."""

    def do(self, tx: Tx, ids: Sequence[int]) -> None:
        """Does what the rows say for the time that they were due; AwsError ``SlowDown``."""

    def make_up(self, tx: Tx, ids: Sequence[int]) -> None:
        """Does once what the rows say, for all the times that they were due until now; AwsError ``SlowDown``."""

    def make_up_later(self, tx: Tx, ids: Sequence[int]) -> None:
        """Leaves each row due once, in the place of all the times that it was."""


class Ticker:
    """One per kind. What has no room waits, and nothing else waits with it.

    ``woken`` is the bell for what is due sooner than was known.
    """

    def __init__(self, store: Store, clock: Clock, work: Work, woken: asyncio.Event) -> None:
        self._store = store
        self._clock = clock
        self._work = work
        self._woken = woken
        self._waiting: dict[int, int] = {}  # by row: until when

    async def catch_up(self) -> None:
        """Returns when what was due has been made up for, or will be when there is room."""
        while ids := await self._due():
            await self._do(self._work.make_up, ids)
        if self._waiting:
            await self._store.write(self._work.make_up_later, list(self._waiting))

    async def run(self) -> None:
        """Does what is due, and waits for what will be, until it is cancelled."""
        while True:
            self._woken.clear()
            await self.settled()
            due_ms = await self._store.read(self._work.next_due)
            times_ms = [*self._waiting.values(), *([] if due_ms is None else [due_ms])]
            if times_ms:
                await self._clock.wait_for(self._woken.wait(), min(times_ms))
            else:
                await self._woken.wait()

    async def settled(self) -> None:
        """Returns when nothing is due but what waits for room."""
        # Looking must not commit: `settle` goes on for as long as anything does.
        while ids := await self._due():
            await self._do(self._work.do, ids)

    async def _due(self) -> list[int]:
        now_ms = self._clock.now_ms()
        self._waiting = {id: until_ms for id, until_ms in self._waiting.items() if until_ms > now_ms}
        found = await self._store.read(self._work.find_due, _STEP + len(self._waiting))
        return [id for id in found if id not in self._waiting][:_STEP]

    async def _do(self, do: Do, ids: Sequence[int]) -> None:
        """Does what some rows say; of each for itself when it cannot be done together."""
        try:
            await self._store.write(do, ids)
        except AwsError:  # too much waits already for what one of them is sent to
            if len(ids) == 1:
                self._waiting[ids[0]] = self._clock.now_ms() + _PAUSE_MS
                return
            for id in ids:
                await self._do(do, [id])
