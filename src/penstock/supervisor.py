"""Background work under one roof: named, logged when it fails, begun again, and seen in health.

A task that nobody awaits dies in silence; under a supervisor it does not.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from penstock.clock import Clock

log = logging.getLogger(__name__)

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0

Work = Callable[[], Awaitable[None]]


class Supervisor:
    """Everything that one server does besides answering requests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._problems: dict[str, str] = {}

    def keep(self, name: str, work: Work) -> asyncio.Task[None]:
        """Runs ``work`` until it returns: when it raises, it is begun again, after one second first, at last a minute.

        Meanwhile it is among the ``problems``. Cancel the task to end it.
        """
        return self._hold(name, self._keep(name, work))

    def spawn(self, name: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        """Runs ``work`` once; a failure is logged, and not raised to whoever awaits it."""
        return self._hold(name, self._once(name, work))

    def problems(self) -> dict[str, str]:
        """Returns what does not run as it should: the work's name and why."""
        return dict(self._problems)

    async def close(self) -> None:
        """Returns when everything has been cancelled and has ended."""
        while tasks := list(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _hold(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _keep(self, name: str, work: Work) -> None:
        pause_s = _FIRST_PAUSE_S
        try:
            while True:
                run = asyncio.ensure_future(work())
                healed = await self._outlasts(run, pause_s)
                if healed:
                    self._problems.pop(name, None)
                    pause_s = _FIRST_PAUSE_S
                if await self._ended(name, run):
                    return
                await self._clock.elapse(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        finally:
            self._problems.pop(name, None)

    async def _outlasts(self, run: asyncio.Future[None], pause_s: float) -> bool:
        """Returns whether the work has run for so long that it may be called well."""
        try:
            await asyncio.wait((run,), timeout=pause_s)
        except asyncio.CancelledError:
            await _cancelled(run)
            raise
        return not run.done()

    async def _ended(self, name: str, run: asyncio.Future[None]) -> bool:
        """Returns True when the work has returned, False when it has failed."""
        try:
            await asyncio.wait((run,))
        except asyncio.CancelledError:
            await _cancelled(run)
            raise
        if run.cancelled():
            return True
        if defect := run.exception():
            log.error("%s failed and is begun again", name, exc_info=defect)
            self._problems[name] = str(defect) or type(defect).__name__
            return False
        return True

    async def _once(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except Exception:
            log.exception("%s failed", name)


async def _cancelled(run: asyncio.Future[None]) -> None:
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
