"""Time and randomness: the only module that reads a clock or makes a random id.

Everything else is handed a ``Clock`` and an ``Ids``, so that a test can move time by days and the
server can do the same for its users (``penstock up --clock adjustable``).
"""

import asyncio
import contextlib
import os
import random
import threading
import time
from bisect import bisect_right
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple


@dataclass(slots=True, eq=False)
class _Waiter:
    due_ms: int
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]
    timer: asyncio.TimerHandle | None = None


class _Move(NamedTuple):
    real_ms: int
    server_ms: int
    running: bool


class Clock:
    """The server's time: the machine's, shifted by what ``advance`` added, or frozen.

    Units: milliseconds since the epoch, UTC. Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self._offset_ms = 0
        self._frozen_ms: int | None = None
        self._waiters: set[_Waiter] = set()
        self._moves: list[_Move] = []

    def now_ms(self) -> int:
        """Returns the server's time."""
        if self._frozen_ms is not None:
            return self._frozen_ms
        return time.time_ns() // 1_000_000 + self._offset_ms

    def now(self) -> datetime:
        """Returns the server's time as an aware datetime."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def machine_ms(self) -> int:
        """Returns the machine's time, unmoved: for what another process compares with its own clock."""
        return time.time_ns() // 1_000_000

    def stopwatch_ns(self) -> int:
        """Returns a real, monotonic reading; the difference of two is a duration that moved time cannot bend."""
        return time.perf_counter_ns()

    def elapsed_since_real_ms(self, real_ms: int) -> int:
        """Returns how much of the server's time has passed since the machine's clock showed ``real_ms``.

        Clients sign with the machine's time. What they signed before time was moved has aged by the move, what
        they signed after it has not.
        """
        at = bisect_right(self._moves, real_ms, key=lambda move: move.real_ms) - 1 if self._moves else -1
        if at < 0:
            return self.now_ms() - real_ms
        move = self._moves[at]
        return self.now_ms() - (move.server_ms + (real_ms - move.real_ms if move.running else 0))

    def freeze(self, at_ms: int | None = None) -> None:
        """Stops time, at ``at_ms`` or now; only ``advance`` moves it until ``resume``."""
        self._frozen_ms = self.now_ms() if at_ms is None else at_ms
        self._moved()

    def resume(self) -> None:
        """Lets frozen time run again from where it stands."""
        if self._frozen_ms is not None:
            self._offset_ms = self._frozen_ms - time.time_ns() // 1_000_000
            self._frozen_ms = None
            self._moved()

    def advance(self, seconds: float) -> None:
        """Moves time forward and wakes whoever waited for a moment that has now passed."""
        if seconds < 0:
            raise ValueError("time moves forward only")
        if self._frozen_ms is not None:
            self._frozen_ms += round(seconds * 1000)
        else:
            self._offset_ms += round(seconds * 1000)
        self._moved()

    async def wait_until(self, due_ms: int) -> None:
        """Returns when the server's time is ``due_ms`` or later."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(due_ms, loop, loop.create_future())
        self._waiters.add(waiter)
        try:
            self._schedule(waiter)
            await waiter.done
        finally:
            self._waiters.discard(waiter)
            if waiter.timer:
                waiter.timer.cancel()

    async def sleep(self, seconds: float) -> None:
        """Returns when ``seconds`` of the server's time have passed."""
        await self.wait_until(self.now_ms() + round(seconds * 1000))

    async def elapse(self, seconds: float) -> None:
        """Returns after real seconds: for limits on real work (a function's time-out)."""
        await asyncio.sleep(seconds)

    async def wait_for(self, awaitable: Awaitable[object], due_ms: int) -> bool:
        """Returns True when ``awaitable`` finished before ``due_ms``; else cancels it and returns False."""
        work = asyncio.ensure_future(awaitable)
        alarm = asyncio.ensure_future(self.wait_until(due_ms))
        try:
            await asyncio.wait((work, alarm), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                return True
            return False
        finally:
            for task in (work, alarm):
                task.cancel()
            # Not ``suppress``: it would swallow the caller's own cancellation too, and the caller never end.
            await asyncio.gather(work, alarm, return_exceptions=True)

    def _schedule(self, waiter: _Waiter) -> None:
        if waiter.done.done():
            return
        if waiter.timer:
            waiter.timer.cancel()
            waiter.timer = None
        left_ms = waiter.due_ms - self.now_ms()
        if left_ms <= 0:
            waiter.done.set_result(None)
        elif self._frozen_ms is None:
            # +1 ms: a timer that fires early would only be set again for the rest.
            waiter.timer = waiter.loop.call_later((left_ms + 1) / 1000, self._schedule, waiter)

    def _moved(self) -> None:
        real_ms = time.time_ns() // 1_000_000
        self._moves.append(_Move(real_ms, self.now_ms(), self._frozen_ms is None))
        for waiter in list(self._waiters):
            with contextlib.suppress(RuntimeError):  # that waiter's loop has been closed
                waiter.loop.call_soon_threadsafe(self._schedule, waiter)


_STOCK_BYTES = 4096


class Ids:
    """Random identifiers, for any thread. With a ``seed`` they repeat, for tests."""

    def __init__(self, seed: int | None = None) -> None:
        self._draw = random.Random(seed).randbytes if seed is not None else os.urandom
        self._stock = b""
        self._at = 0
        self._lock = threading.Lock()

    def bytes(self, count: int) -> bytes:
        """Returns ``count`` random bytes, fit for secrets unless seeded.

        Drawn in stock: a system call for each id would cost more than what the id is for.
        """
        with self._lock:  # two threads must never get the same
            stock, at = self._stock, self._at
            end = at + count
            if end > len(stock):
                stock, at, end = self._draw(max(_STOCK_BYTES, count)), 0, count
                self._stock = stock
            self._at = end
        return stock[at:end]

    def hex(self, digits: int) -> str:
        """Returns ``digits`` lower-case hexadecimal digits; ``digits`` is even."""
        return self.bytes(digits // 2).hex()

    def uuid(self) -> str:
        """Returns a version 4 UUID in its usual text form."""
        h = self.hex(32)
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[int(h[16], 16) & 3]}{h[17:20]}-{h[20:]}"

    def text(self, length: int, alphabet: str) -> str:
        """Returns ``length`` characters of ``alphabet`` (at most 256 long)."""
        return "".join(alphabet[b % len(alphabet)] for b in self.bytes(length))

    def fraction(self) -> float:
        """Returns a number in [0, 1), for jitter."""
        return int.from_bytes(self.bytes(7)) / (1 << 56)
