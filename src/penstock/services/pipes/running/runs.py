"""All pipes at work: each that is running is read, and what moves from state to state arrives.

What is under way lies in rows, so that a server goes on with it which starts after another has been killed.
"""

import asyncio
from functools import partial

from penstock.services.background import Background
from penstock.services.pipes.pipe.pipe import Pipe, find_pipe_by_uid, move_on, next_move_ms, read_pipes
from penstock.services.pipes.running.feed import PipeFeed, kind_of_source, source_settings
from penstock.services.pipes.running.pipe_poller import PipePoller
from penstock.services.service import Parts

_END_OF_TIME_MS = 1 << 62


class Runs:
    """Made once; ``start`` it, ``wake`` it after each commit that makes a pipe move."""

    def __init__(self, parts: Parts, background: Background) -> None:
        self._parts = parts
        self._store = parts.store
        self._clock = parts.clock
        self._background = background
        self._pollers: dict[str, list[PipePoller]] = {}
        self._woken = asyncio.Event()
        self._moving = asyncio.Lock()
        self._closed = False

    async def start(self) -> None:
        """Takes up every running pipe."""
        for pipe in await self._store.read(read_pipes):
            self._begin(pipe)
        self._parts.supervisor.keep("pipes: states", self._run)

    def wake(self) -> None:
        """Tells it that something moves from now on."""
        self._woken.set()

    async def follow(self, uid: str) -> None:
        """Reads the pipe's source as its row says now, or not at all; batches that are running finish."""
        async with self._moving:
            await self._follow(uid)

    async def settled(self) -> None:
        """Returns when everything has arrived, and no source has anything for its pipe right now."""
        while await self._store.read(next_move_ms) is not None:
            await self._move(_END_OF_TIME_MS)
        async with self._moving:  # what another has moved is read by now
            pass
        await asyncio.gather(*(poller.quiet() for poller in self._all()))

    async def stop(self) -> None:
        """Stops every poller, for good; what was gathered comes back by itself."""
        self._closed = True
        async with self._moving:
            pollers, self._pollers = self._all(), {}
            await asyncio.gather(*(poller.stop(hand_over=False) for poller in pollers))

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            due_ms = await self._store.read(next_move_ms)
            if due_ms is None:
                await self._woken.wait()
            elif due_ms <= self._clock.now_ms():
                await self._move(self._clock.now_ms())
            else:
                await self._clock.wait_for(self._woken.wait(), due_ms)

    async def _move(self, until_ms: int) -> None:
        async with self._moving:
            for uid in await self._store.write(move_on, until_ms):
                await self._follow(uid)

    async def _follow(self, uid: str) -> None:
        pollers = self._pollers.pop(uid, ())
        await asyncio.gather(*(poller.stop(hand_over=True) for poller in pollers))
        pipe = await self._background.insist(partial(self._store.read, find_pipe_by_uid, uid))
        if pipe and pipe.is_read and not self._closed:
            self._begin(pipe)

    def _begin(self, pipe: Pipe) -> None:
        kinds = self._parts.sources
        parameters = pipe.settings.get("SourceParameters") or {}
        settings = source_settings(kinds, pipe.source, pipe.target, parameters)
        opened = kind_of_source(kinds, pipe.source).open(PipeFeed(pipe.uid, pipe.source, settings))
        size = settings["BatchSize"]
        self._pollers[pipe.uid] = [
            PipePoller(self._parts, self._background, pipe, source, size) for source in opened
        ]
        for poller in self._pollers[pipe.uid]:
            poller.start()

    def _all(self) -> list[PipePoller]:
        return [poller for pollers in self._pollers.values() for poller in pollers]
