"""Something that is looked at when a minute of the server's clock begins."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from penstock.clock import Clock
from penstock.errors import StoreUnavailable
from penstock.measurements import MINUTE_MS

log = logging.getLogger(__name__)

Look = Callable[[], Awaitable[None]]


class EachMinute:
    """Looks once in each minute; when time was moved, once for all that have passed."""

    def __init__(self, clock: Clock, look: Look) -> None:
        self._clock = clock
        self._look = look
        self._minute = clock.now_ms() // MINUTE_MS
        self._looked = asyncio.Event()

    async def run(self) -> None:
        """Looks when a minute begins. Never returns."""
        while True:
            await self._clock.wait_until((self._minute + 1) * MINUTE_MS)
            minute = self._clock.now_ms() // MINUTE_MS
            try:
                await self._look()
            except StoreUnavailable:
                log.exception("what was to be looked at in the minute %d was not", minute)
            self._minute = minute
            self._looked.set()

    async def settled(self) -> None:
        """Returns when the minute that is running has been looked at."""
        while self._minute < self._clock.now_ms() // MINUTE_MS:
            self._looked.clear()
            await self._looked.wait()
