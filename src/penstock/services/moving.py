"""What moves by itself from one state to the next, shortly after the request that began it.

What is under way lies in rows, so that a server goes on with it which starts after another has been killed.
"""

import asyncio
from collections.abc import Awaitable, Callable

from penstock.clock import Clock
from penstock.store import ReadTx, Store, Tx

_END_OF_TIME_MS = 1 << 62


class Moving:
    """One per kind; ``run`` it, and ``wake`` it after each commit that makes something move.

    ``next_ms`` says when something moves next, None when nothing will; ``step`` moves what is due until a time by one
    step, and returns what must be followed; ``follow`` does what that takes outside the store. Whoever holds ``lock``
    sees nothing move.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        next_ms: Callable[[ReadTx], int | None],
        step: Callable[[Tx, int], list[str]],
        follow: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._next_ms = next_ms
        self._step = step
        self._follow = follow
        self._woken = asyncio.Event()
        self.lock = asyncio.Lock()

    def wake(self) -> None:
        """Tells it that something moves from now on."""
        self._woken.set()

    async def finish(self) -> None:
        """Returns when everything has arrived, also what would have taken until later."""
        while await self._store.read(self._next_ms) is not None:
            await self._move(_END_OF_TIME_MS)
        async with self.lock:  # what another has moved is followed by now
            pass

    async def run(self) -> None:
        """Moves what is due, and waits for what will be, until it is cancelled."""
        while True:
            self._woken.clear()
            due_ms = await self._store.read(self._next_ms)
            if due_ms is None:
                await self._woken.wait()
            elif due_ms <= self._clock.now_ms():
                await self._move(self._clock.now_ms())
            else:
                await self._clock.wait_for(self._woken.wait(), due_ms)

    async def _move(self, until_ms: int) -> None:
        async with self.lock:
            for name in await self._store.write(self._step, until_ms):
                await self._follow(name)
