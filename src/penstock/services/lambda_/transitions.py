"""What moves by itself: a new function becomes active, a new mapping enabled, shortly after the request.

What is under way lies in rows, so that a server goes on with it which starts after another has been killed.
"""

import asyncio

from penstock.services.lambda_.functions import function
from penstock.services.lambda_.sources import mapping
from penstock.services.lambda_.sources.mapping import State
from penstock.services.lambda_.sources.sources import Sources
from penstock.services.service import Parts
from penstock.store import ReadTx, Tx

_END_OF_TIME_MS = 1 << 62


class Transitions:
    """Made once; ``start`` it, and ``wake`` it after each commit that makes something move."""

    def __init__(self, parts: Parts, sources: Sources) -> None:
        self._store = parts.store
        self._clock = parts.clock
        self._supervisor = parts.supervisor
        self._sources = sources
        self._woken = asyncio.Event()
        self._moving = asyncio.Lock()

    def start(self) -> None:
        """Begins to move what is due."""
        self._supervisor.keep("lambda: states", self._run)

    def wake(self) -> None:
        """Tells it that something moves from now on."""
        self._woken.set()

    async def finish(self) -> None:
        """Returns when everything has arrived, also what would have taken until later."""
        while await self._store.read(_next_ms) is not None:
            await self._move(_END_OF_TIME_MS)
        async with self._moving:  # the sources of what another has moved are read by now
            pass

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            due_ms = await self._store.read(_next_ms)
            if due_ms is None:
                await self._woken.wait()
            elif due_ms <= self._clock.now_ms():
                await self._move(self._clock.now_ms())
            else:
                await self._clock.wait_for(self._woken.wait(), due_ms)

    async def _move(self, until_ms: int) -> None:
        """Moves what is due until then by one step."""
        async with self._moving:
            for uuid in await self._store.write(_step, until_ms):
                await self._sources.follow(uuid)


def _step(tx: Tx, until_ms: int) -> list[str]:
    """Returns the mappings whose sources are to be read from now on."""
    for each in function.moving_functions(tx, until_ms):
        function.make_ready(tx, each)
    states = [(each, mapping.move_on(tx, each)) for each in mapping.moving_mappings(tx, until_ms)]
    return [each.uuid for each, state in states if state is State.ENABLED and not each.is_read]


def _next_ms(tx: ReadTx) -> int | None:
    found = (function.next_move_ms(tx), mapping.next_move_ms(tx))
    return min((due_ms for due_ms in found if due_ms is not None), default=None)
