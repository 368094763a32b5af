"""All pipes at work: each that is running is read, and what moves from state to state arrives.

What is under way lies in rows, so that a server goes on with it which starts after another has been killed.
"""

import asyncio
from functools import partial

from penstock.services.background import Background
from penstock.services.moving import Moving
from penstock.services.pipes.pipe.pipe import Pipe, find_pipe_by_uid, move_on, next_move_ms, read_pipes
from penstock.services.pipes.running.feed import PipeFeed, kind_of_source, source_settings
from penstock.services.pipes.running.pipe_poller import PipePoller
from penstock.services.service import Parts


class Runs:
    """Made once; ``start`` it, ``wake`` it after each commit that makes a pipe move."""

    def __init__(self, parts: Parts, background: Background) -> None:
        self._parts = parts
        self._store = parts.store
        self._background = background
        self._pollers: dict[str, list[PipePoller]] = {}
        self._moving = Moving(parts.store, parts.clock, next_move_ms, move_on, self._follow)
        self._closed = False

    async def start(self) -> None:
        """Takes up every running pipe."""
        for pipe in await self._store.read(read_pipes):
            self._begin(pipe)
        self._parts.supervisor.keep("pipes: states", self._moving.run)

    def wake(self) -> None:
        """Tells it that something moves from now on."""
        self._moving.wake()

    async def follow(self, uid: str) -> None:
        """Reads the pipe's source as its row says now, or not at all; batches that are running finish."""
        async with self._moving.lock:
            await self._follow(uid)

    async def settled(self) -> None:
        """Returns when everything has arrived, and no source has anything for its pipe right now."""
        await self._moving.finish()
        await asyncio.gather(*(poller.quiet() for poller in self._all()))

    async def stop(self) -> None:
        """Stops every poller, for good; what was gathered comes back by itself."""
        self._closed = True
        async with self._moving.lock:
            pollers, self._pollers = self._all(), {}
            await asyncio.gather(*(poller.stop(hand_over=False) for poller in pollers))

    async def _follow(self, uid: str) -> None:
        pollers = self._pollers.pop(uid, ())
        await asyncio.gather(*(poller.stop(hand_over=True) for poller in pollers))
        pipe = await self._background.insist(partial(self._store.read, find_pipe_by_uid, uid))
        if pipe and pipe.is_read and not self._closed:
            self._begin(pipe)

    def _begin(self, pipe: Pipe) -> None:
        kinds = self._parts.sources
        parameters = pipe.settings.get("SourceParameters") or {}
        settings = source_settings(kinds, pipe, parameters)
        opened = kind_of_source(kinds, pipe.source).open(PipeFeed(pipe.uid, pipe.source, settings))
        size = settings["BatchSize"]
        self._pollers[pipe.uid] = [
            PipePoller(self._parts, self._background, pipe, source, size) for source in opened
        ]
        for poller in self._pollers[pipe.uid]:
            poller.start()

    def _all(self) -> list[PipePoller]:
        return [poller for pollers in self._pollers.values() for poller in pollers]
