"""Something that is looked at when a minute, or a day, of the server's clock begins."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from penstock.clock import Clock
from penstock.errors import StoreUnavailable

log = logging.getLogger(__name__)

Look = Callable[[], Awaitable[None]]


class Recurring:
    """Looks once in each period, which all begin at multiples of ``period_ms`` since the epoch.

    When time was moved, it looks once for all periods that have passed.
    """

    def __init__(self, clock: Clock, period_ms: int, look: Look) -> None:
        self._clock = clock
        self._period_ms = period_ms
        self._look = look
        self._period = clock.now_ms() // period_ms
        self._looked = asyncio.Event()

    async def run(self) -> None:
        """Looks when a period begins. Never returns."""
        while True:
            await self._clock.wait_until((self._period + 1) * self._period_ms)
            period = self._clock.now_ms() // self._period_ms
            try:
                await self._look()
            except StoreUnavailable:
                log.exception("what is looked at every %d s was not", self._period_ms // 1000)
            self._period = period
            self._looked.set()

    async def settled(self) -> None:
        """Returns when the period that is running has been looked at."""
        while self._period < self._clock.now_ms() // self._period_ms:
            self._looked.clear()
            await self._looked.wait()
