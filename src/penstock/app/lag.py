"""How late the event loop is: every request waits for whatever holds it, and nothing else would show what did.

While the server is busy a task looks at the time a hundred times a second, and a thread fifty times a second whether
that task is late: then it reads from the loop's own stack what is running. Each waking up costs an idle machine a tenth
of a millisecond, so a server with nothing to do for a second is looked at ten times a second, by the task alone.
"""

import gc
import logging
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import NamedTuple

from penstock.clock import Clock

log = logging.getLogger(__name__)

STALL_MS = 20
"""What the loop may be held for; longer is a stall."""

_BUSY_PERIOD_MS = 10
_IDLE_PERIOD_MS = 100
_IDLE_LOOKS = 100  # without anything done; then the server counts as idle
_LOOKS = 6000  # those of a busy minute
_LONG_MS = 250
_MANY_LONG = 5  # in a minute; a machine that is short of processors has one now and then
_NEWEST = 10  # looks that say how it is now
_NAMES = 50
_PASSED_OVER = ("penstock.store.", "penstock.clock", "penstock.app.lag")
_UNKNOWN = "unknown"
_NS = 1_000_000


class Lag(NamedTuple):
    """The lags of the last minute in milliseconds; ``stalls`` since the start, ``last`` what held the loop last."""

    max_ms: float
    p99_ms: float
    stalls: int
    last: str


class LoopLag:
    """The lag of the loop that ``run`` runs in.

    It is seen to 10 ms, 100 ms when the server had been idle: a stall may have been longer by as much. ``done`` returns
    a number that changes whenever the server does something.
    """

    def __init__(self, clock: Clock, done: Callable[[], int]) -> None:
        self._clock = clock
        self._done = done
        self._done_before = 0
        self._looks_idle = 0
        self._awake = threading.Event()
        self._lags_ms: deque[float] = deque(maxlen=_LOOKS)
        self._due_ns = 0
        self._collecting_ns = 0
        self._holder = ""
        self._last = ""
        self.stalls: Counter[str] = Counter()
        """Stalls since the start by what held the loop, as far as it could be told."""

    async def run(self) -> None:
        """Watches the loop until cancelled."""
        over = threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(threading.get_ident(), over), name="penstock-lag", daemon=True
        )
        self._awake.clear()
        gc.callbacks.append(self._collecting)
        watch.start()
        try:
            while True:
                period_ms = self._period_ms()
                self._due_ns = self._clock.stopwatch_ns() + period_ms * _NS
                self._awake.set() if period_ms == _BUSY_PERIOD_MS else self._awake.clear()
                await self._clock.elapse(period_ms / 1000)
                self._look()
        finally:
            over.set()
            self._awake.set()
            gc.callbacks.remove(self._collecting)

    def note(self, lag_ms: float, holder: str) -> None:
        """Takes one look's lag, and what held the loop, "" when nobody knows."""
        self._lags_ms.append(lag_ms)
        if lag_ms <= STALL_MS:
            return
        self._last = holder or _UNKNOWN
        known = self._last in self.stalls or len(self.stalls) < _NAMES
        self.stalls[self._last if known else _UNKNOWN] += 1
        if lag_ms > _LONG_MS:
            log.warning("the event loop was held for %d ms by %s", lag_ms, self._last)

    def is_late(self) -> bool:
        """Returns whether most of the last looks found the loop held for too long: there is too much to do."""
        held = sum(self._lags_ms[-1 - back] > STALL_MS for back in range(min(_NEWEST, len(self._lags_ms))))
        return held > _NEWEST // 2

    def recent(self) -> Lag:
        """Returns what was seen."""
        lags_ms = sorted(self._lags_ms) or [0.0]
        p99_ms = lags_ms[len(lags_ms) * 99 // 100]
        return Lag(round(lags_ms[-1], 1), round(p99_ms, 1), self.stalls.total(), self._last)

    def problems(self) -> dict[str, str]:
        """Returns that the loop is held too long again and again, and what held it last."""
        long_ms = [lag_ms for lag_ms in self._lags_ms if lag_ms > _LONG_MS]
        if len(long_ms) < _MANY_LONG:
            return {}
        return {
            "loop": f"requests waited {len(long_ms)} times in a minute for more than {_LONG_MS} ms, "
            f"at most {max(long_ms):.0f} ms, last for {self._last}"
        }

    def _period_ms(self) -> int:
        done = self._done()
        self._looks_idle = self._looks_idle + 1 if done == self._done_before else 0
        self._done_before = done
        return _BUSY_PERIOD_MS if self._looks_idle < _IDLE_LOOKS else _IDLE_PERIOD_MS

    def _look(self) -> None:
        holder, self._holder = self._holder, ""
        self.note(max(0.0, self._late_ms()), holder)

    def _collecting(self, phase: str, info: Mapping[str, int]) -> None:
        # Nobody can look on meanwhile: it holds the interpreter.
        if phase == "start":
            self._collecting_ns = self._clock.stopwatch_ns()
        elif self._clock.stopwatch_ns() - self._collecting_ns > STALL_MS * _NS:
            self._holder = "garbage collection"

    def _late_ms(self) -> float:
        return (self._clock.stopwatch_ns() - self._due_ns) / _NS

    def _watch(self, loop_thread: int, over: threading.Event) -> None:
        while self._awake.wait() and not over.wait(STALL_MS / 1000):
            if not self._holder and self._late_ms() > STALL_MS / 2:
                self._holder = running(sys._current_frames().get(loop_thread))


def running(frame: FrameType | None) -> str:
    """Returns the innermost function of ours on the stack, else of anybody's; what the store does is its caller's."""
    names = [name for name in _names(frame) if not name.startswith(_PASSED_OVER)]
    return next((name for name in names if name.startswith("penstock.")), names[0] if names else "")


def _names(frame: FrameType | None) -> Iterator[str]:
    while frame:
        yield f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
        frame = frame.f_back
