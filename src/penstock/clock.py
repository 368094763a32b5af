"""Time and randomness: the only module that reads a clock or makes a random id.

Everything else is handed a ``Clock`` and an ``Ids``, so that a test can move time by days and the
server can do the same for its users (``penstock up --clock adjustable``).
"""

import asyncio
import contextlib
import os
import random
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import NamedTuple

_KEEP_S = 5  # between two looks at the machine's clock, and two hand-overs of what a restart must know
_JUMP_MS = 500  # a machine's clock that is slewed does not gain as much between two looks
_MOVES_HELD = 1000  # a signature from before the oldest has aged by all of them


class Machine:
    """The machine's own clocks. A test hands in one that it can set."""

    def __init__(self) -> None:
        self.wall_ns: Callable[[], int] = time.time_ns
        """Returns the time of day since the epoch, UTC: whoever keeps it may set it back."""

    def steady_ms(self) -> int:
        """Returns the time since the machine was started, sleep included: nobody can set it."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def boot_id(self) -> str:
        """Returns what tells one run of the machine from the next: ``steady_ms`` begins anew with it."""
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


class Move(NamedTuple):
    """The machine's clock showed ``real_ms`` when the server's was set to ``server_ms``, running or frozen."""

    real_ms: int
    server_ms: int
    running: bool


class Kept(NamedTuple):
    """What the next process on the same data must know, so that time goes on where it was.

    ``server_ms`` is the server's time when the machine had run for ``steady_ms``; ``offset_ms`` is how far it had been
    moved, by ``moves``.
    """

    server_ms: int
    boot_id: str
    steady_ms: int
    offset_ms: int
    moves: tuple[Move, ...]


class _Ahead(NamedTuple):
    """The machine's clock was set back: from here the server's time goes on at half speed until it is caught up."""

    steady_ms: int
    server_ms: int


@dataclass(slots=True, eq=False)
class _Waiter:
    due_ms: int
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]
    timer: asyncio.TimerHandle | None = None


class Clock:
    """The server's time: the machine's, shifted by what ``advance`` added, or frozen.

    It never runs backward. When the machine's clock is set back, the server's goes on from where it was at half
    speed, by a clock that cannot be set, until the machine's has caught up: no moment comes twice, none lasts for
    ever, and the two meet again. Units: milliseconds since the epoch, UTC. Every method may be called from any thread.
    """

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = machine or Machine()
        self._wall_ns = self._machine.wall_ns
        self._lock = Lock()
        self._wall_ms = 0
        self._offset_ms = 0
        self._ahead: _Ahead | None = None
        self._frozen_ms: int | None = None
        self._waiters: set[_Waiter] = set()
        self._moves: list[Move] = []

    def now_ms(self) -> int:
        """Returns the server's time, never less than it has returned before."""
        # Without the lock, which would more than double the cost: threads that meet here read within one switch of
        # each other, and only a clock that is set back in that moment could part them, by no more than the switch.
        wall_ms = self._wall_ns() // 1_000_000
        if wall_ms >= self._wall_ms and self._ahead is None and self._frozen_ms is None:
            self._wall_ms = wall_ms
            return wall_ms + self._offset_ms
        with self._lock:
            return self._read()

    def now(self) -> datetime:
        """Returns the server's time as an aware datetime."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def machine_ms(self) -> int:
        """Returns the machine's time, unmoved: for what another process compares with its own clock."""
        return self._wall()

    def stopwatch_ns(self) -> int:
        """Returns a real, monotonic reading; the difference of two is a duration that moved time cannot bend."""
        return time.perf_counter_ns()

    def elapsed_since_real_ms(self, real_ms: int) -> int:
        """Returns how much of the server's time has passed since the machine's clock showed ``real_ms``.

        Clients sign with the machine's time. What they signed before time was moved has aged by the move, what
        they signed after it has not. A clock that was set back is the clients' too: by how much the server's is
        ahead of it does not count.
        """
        with self._lock:
            now_ms = self._wall() + self._offset_ms if self._frozen_ms is None else self._frozen_ms
            at = bisect_right(self._moves, real_ms, key=lambda move: move.real_ms) - 1 if self._moves else -1
            if at < 0:
                return now_ms - real_ms
            move = self._moves[at]
            return now_ms - (move.server_ms + (real_ms - move.real_ms if move.running else 0))

    def behind_ms(self) -> int:
        """Returns how far the machine's clock is behind the server's because it was set back; 0 when it is not."""
        with self._lock:
            if self._frozen_ms is not None:
                return 0
            return self._read() - (self._wall_ms + self._offset_ms)

    def freeze(self, at_ms: int | None = None) -> None:
        """Stops time, at ``at_ms`` or now; only ``advance`` moves it until ``resume``.

        For tests: ``at_ms`` may lie in the past.
        """
        with self._lock:
            self._frozen_ms = self._read() if at_ms is None else at_ms
            self._ahead = None
            self._note_move()
        self._wake()

    def resume(self) -> None:
        """Lets frozen time run again from where it stands."""
        with self._lock:
            if self._frozen_ms is None:
                return
            self._wall_ms = self._wall()
            self._offset_ms = self._frozen_ms - self._wall_ms
            self._frozen_ms = None
            self._note_move()
        self._wake()

    def advance(self, seconds: float) -> None:
        """Moves time forward and wakes whoever waited for a moment that has now passed."""
        if seconds < 0:
            raise ValueError("time moves forward only")
        by_ms = round(seconds * 1000)
        with self._lock:
            if self._frozen_ms is not None:
                self._frozen_ms += by_ms
            else:
                self._read()
                self._offset_ms += by_ms
                if self._ahead:
                    self._ahead = self._ahead._replace(server_ms=self._ahead.server_ms + by_ms)
            self._note_move()
        self._wake()

    def restore(self, kept: Kept) -> None:
        """Goes on from the time that a former process kept, if the machine's clock is not past it by itself.

        In the same run of the machine that time has gone on with it; after a new start of the machine it has gone on
        for as long as a process may run before it keeps its time again.
        """
        with self._lock:
            same_boot = kept.boot_id == self._machine.boot_id()
            since_ms = max(0, self._machine.steady_ms() - kept.steady_ms) if same_boot else _KEEP_S * 1000
            self._wall_ms = self._wall()
            self._moves = sorted({*kept.moves, *self._moves})
            if self._frozen_ms is not None:
                self._frozen_ms = max(self._frozen_ms, kept.server_ms)
            else:
                self._offset_ms = max(self._offset_ms, kept.offset_ms)
                self._not_before(kept.server_ms + since_ms)
            if self._moves and (self._wall_ms < self._moves[-1].real_ms or not self._moves[-1].running):
                self._note_move()
        self._wake()

    def kept(self, moved_s: float = 0) -> Kept:
        """Returns what ``restore`` takes, as it is to be when time has been moved forward by ``moved_s``."""
        by_ms = round(moved_s * 1000)
        with self._lock:
            server_ms = self._read() + by_ms
            real_ms = self._wall()
            offset_ms = self._offset_ms + by_ms if self._frozen_ms is None else server_ms - real_ms
            moves = tuple(self._moves)
            if by_ms:
                moves += (Move(real_ms, real_ms + offset_ms, self._frozen_ms is None),)
            return Kept(server_ms, self._machine.boot_id(), self._machine.steady_ms(), offset_ms, moves)

    async def keep(self, save: Callable[[Kept], None]) -> None:
        """Hands ``save``, which may block, what a restart must know, when time has been read since. Never returns.

        Wakes whoever waits, too, when the machine's clock was set forward: their timers know nothing of it.
        """
        seen: tuple[int, int, int | None] | None = None
        lead_ms = self._lead_ms()
        while True:
            if seen != (self._wall_ms, self._offset_ms, self._frozen_ms):
                await asyncio.to_thread(save, self.kept())
                seen = (self._wall_ms, self._offset_ms, self._frozen_ms)
            await asyncio.sleep(_KEEP_S)
            former_ms, lead_ms = lead_ms, self._lead_ms()
            if lead_ms > former_ms + _JUMP_MS:
                self._wake()

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

    def _read(self) -> int:
        if self._frozen_ms is not None:
            return self._frozen_ms
        wall_ms = self._wall()
        if wall_ms < self._wall_ms or self._ahead:
            return self._read_ahead(wall_ms)
        self._wall_ms = wall_ms
        return wall_ms + self._offset_ms

    def _wall(self) -> int:
        return self._wall_ns() // 1_000_000

    def _read_ahead(self, wall_ms: int) -> int:
        former_ms, self._wall_ms = self._wall_ms, wall_ms
        steady_ms = self._machine.steady_ms()
        ahead = self._ahead or _Ahead(steady_ms, former_ms + self._offset_ms)
        server_ms = ahead.server_ms + (steady_ms - ahead.steady_ms) // 2
        self._ahead = ahead if server_ms > wall_ms + self._offset_ms else None
        if wall_ms < former_ms and self._moves:
            self._note_move()  # what clients sign by the clock that was set back has not aged by former moves
        return max(server_ms, wall_ms + self._offset_ms)

    def _not_before(self, floor_ms: int) -> None:
        if floor_ms > self._wall_ms + self._offset_ms:
            self._ahead = _Ahead(self._machine.steady_ms(), floor_ms)

    def _lead_ms(self) -> int:
        return self._wall() - self._machine.steady_ms()

    def _note_move(self) -> None:
        real_ms = self._wall()
        server_ms = real_ms + self._offset_ms if self._frozen_ms is None else self._frozen_ms
        # Moves at moments that the machine's clock has yet to show again: it was set back.
        while self._moves and self._moves[-1].real_ms > real_ms:
            self._moves.pop()
        self._moves.append(Move(real_ms, server_ms, self._frozen_ms is None))
        del self._moves[:-_MOVES_HELD]

    def _wake(self) -> None:
        for waiter in list(self._waiters):
            with contextlib.suppress(RuntimeError):  # that waiter's loop has been closed
                waiter.loop.call_soon_threadsafe(self._schedule, waiter)


_STOCK_BYTES = 4096
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))  # two bits of a digit say it: RFC 9562, 4.1


class Ids:
    """Random identifiers, for any thread. With a ``seed`` they repeat, for tests."""

    def __init__(self, seed: int | None = None) -> None:
        self._draw = random.Random(seed).randbytes if seed is not None else os.urandom
        self._take = BytesIO().read

    def bytes(self, count: int) -> bytes:
        """Returns ``count`` random bytes, fit for secrets unless seeded.

        Drawn in stock: a system call for each id would cost more than what the id is for. Two threads never get the
        same: a file in memory moves on as it is read, in one step.
        """
        while len(taken := self._take(count)) < count:
            self._take = BytesIO(self._draw(max(_STOCK_BYTES, count))).read
        return taken

    def hex(self, digits: int) -> str:
        """Returns ``digits`` lower-case hexadecimal digits; ``digits`` is even."""
        return self.bytes(digits // 2).hex()

    def uuid(self) -> str:
        """Returns a version 4 UUID in its usual text form."""
        h = self.bytes(16).hex()
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:]}"

    def text(self, length: int, alphabet: str) -> str:
        """Returns ``length`` characters of ``alphabet`` (at most 256 long)."""
        return "".join(alphabet[b % len(alphabet)] for b in self.bytes(length))

    def below(self, count: int) -> int:
        """Returns a number in [0, ``count``), each as likely as the others; ``count`` is below 2**56."""
        fair = (1 << 56) - (1 << 56) % count
        while (drawn := int.from_bytes(self.bytes(7))) >= fair:
            pass
        return drawn % count

    def fraction(self) -> float:
        """Returns a number in [0, 1), for jitter."""
        return int.from_bytes(self.bytes(7)) / (1 << 56)
