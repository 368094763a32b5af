"""Work behind the callers' backs: supervised, waited for at the end, and not given up because the store fails."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from penstock.errors import StoreUnavailable
from penstock.supervisor import Supervisor

log = logging.getLogger(__name__)

T = TypeVar("T")

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0


class Background:
    """What still has to be done when nobody waits for it any more. ``tasks`` are those that run."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._supervisor = supervisor
        self._ending = asyncio.Event()

    def spawn(self, name: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        """Runs ``work``; a failure is logged with the ``name``."""
        task = self._supervisor.spawn(name, work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def insist(self, work: Callable[[], Awaitable[T]]) -> T:
        """Returns what ``work`` returns, begun again for as long as the store refuses.

        StoreUnavailable when the server ends before the store has taken it.
        """
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return await work()
            except StoreUnavailable as error:
                if self._ending.is_set():
                    raise
                log.warning("the store refuses what is left to write: %s", error)
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def end(self) -> None:
        """Lets what insists try once more, and no longer."""
        self._ending.set()

    async def _pause(self, seconds: float) -> None:
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait((ending,), timeout=seconds)
        finally:
            ending.cancel()
