"""The breaker of a destination that keeps failing: while it is open, one delivery at a time asks whether it works.

Numbers in memory, on the server's time. That it is open is a row, too, written when it opens and when it closes: a
server that starts again asks with one delivery, not with fifty.
"""

from collections import deque

from penstock.delivery.ladder import Phase

FAILURES = 50
"""Tries in a row that find the destination out of order and open its breaker, if they come ``WITHIN_MS``."""

WITHIN_MS = 60_000

HOLD_MS = 300_000
"""How far behind its own time an open breaker may keep a delivery: AWS promises tries, and terms that end."""

_PROBES = Phase(None, first_ms=10_000, last_ms=HOLD_MS, growth=2.0)


class Breaker:
    """Made at a destination's first failure, and forgotten as soon as it works, or nothing waits for it any more."""

    __slots__ = ("_failed_ms", "_probes", "error", "probe_ms", "since_ms")

    def __init__(self, now_ms: int) -> None:
        self._failed_ms: deque[int] = deque(maxlen=FAILURES)
        self._probes = 0
        self.since_ms = now_ms
        self.error = ""
        self.probe_ms: int | None = None
        """When the destination is next asked whether it works; None: the breaker is closed."""

    @property
    def is_open(self) -> bool:
        """Returns whether deliveries are kept back."""
        return self.probe_ms is not None

    def reopen(self, error: str, now_ms: int) -> None:
        """Opens it as a former process left it: one delivery asks at once, and the pauses begin anew."""
        self.error, self.probe_ms = error, now_ms

    def failed(self, error: str, now_ms: int) -> None:
        """Takes a try that found the destination out of order."""
        self.error = error
        if self.probe_ms is None:
            self._failed_ms.append(now_ms)
            if len(self._failed_ms) == FAILURES and now_ms - self._failed_ms[0] <= WITHIN_MS:
                self._wait(now_ms)
        elif now_ms >= self.probe_ms:  # else it had begun before, or was not to be kept back any longer
            self._wait(now_ms)

    def opens_ms(self, due_ms: int) -> int:
        """Returns when a delivery that is due at ``due_ms`` may be tried."""
        if self.probe_ms is None:
            return due_ms
        return max(due_ms, min(self.probe_ms, due_ms + HOLD_MS))

    def _wait(self, now_ms: int) -> None:
        self.probe_ms = now_ms + _PROBES.delay_ms(self._probes, 0.0)
        self._probes += 1
