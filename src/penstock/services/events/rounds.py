"""What goes on by itself, a step at a time: replays, and what brings a bus's events to its subscribers."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Hashable
from typing import Generic, TypeVar

from penstock.clock import Clock
from penstock.errors import AwsError

K = TypeVar("K", bound=Hashable)

_PAUSE_MS = 1000


class Rounds(ABC, Generic[K]):
    """Takes all that is under way a step further, again and again. What has no room waits, and no other with it."""

    def __init__(self, clock: Clock, woken: asyncio.Event) -> None:
        self._clock = clock
        self._woken = woken
        self._waiting: dict[K, int] = {}  # until when

    @abstractmethod
    def _under_way(self) -> AsyncIterator[K]:
        """Yields what has a further step."""

    @abstractmethod
    async def _further(self, key: K) -> None:
        """Takes one a step further; AwsError when too much waits already."""

    async def run(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            self._woken.clear()
            await self.settled()
            if self._waiting:
                await self._clock.wait_for(self._woken.wait(), min(self._waiting.values()))
            else:
                await self._woken.wait()

    async def settled(self) -> None:
        """Returns when nothing has a further step, but what waits for room."""
        while await self._round():
            pass

    async def _round(self) -> bool:
        now_ms = self._clock.now_ms()
        self._waiting = {key: until_ms for key, until_ms in self._waiting.items() if until_ms > now_ms}
        was_busy = False
        async for key in self._under_way():
            if key in self._waiting:
                continue
            was_busy = True
            try:
                await self._further(key)
            except AwsError:
                self._waiting[key] = now_ms + _PAUSE_MS
        return was_busy
