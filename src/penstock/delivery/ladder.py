"""How long after each failed try the next one comes, as data; each sender states its own."""

import math
from typing import NamedTuple


class Phase(NamedTuple):
    """Some tries, one after the other.

    The first comes ``first_ms`` after the failure before it, each next one after ``growth`` times the delay of the
    one before, but none after more than ``last_ms``. Of each delay up to the share ``jitter`` (0 to 1) is left out by
    chance. ``tries`` None: as many as the ladder's age allows.
    """

    tries: int | None
    first_ms: int
    last_ms: int
    growth: float = 1.0
    jitter: float = 0.0

    def delay_ms(self, number: int, chance: float) -> int:
        """Returns the delay before try ``number`` of the phase, from 0; ``chance`` is in [0, 1)."""
        delay_ms = self.first_ms if self.growth == 1 else self._grown_ms(number)
        return round(delay_ms * (1 - self.jitter * chance))

    def sum_ms(self, first: int, end: int) -> int:
        """Returns all delays before the tries from ``first`` up to ``end``, of which none is left out by chance."""
        if self.growth == 1:
            return self.first_ms * (end - first)
        return sum(self.delay_ms(number, 0.0) for number in range(first, end))

    def _grown_ms(self, number: int) -> float:
        # Compared as logarithms: a power of 100,000 is no float any more.
        if number * math.log(self.growth) >= math.log(self.last_ms / self.first_ms):
            return self.last_ms
        return self.first_ms * float(self.growth**number)


class Ladder(NamedTuple):
    """Phases, one after the other; ``max_age_ms`` ends it early. ``source`` says who states so."""

    phases: tuple[Phase, ...]
    max_age_ms: int | None
    source: str

    def delay_ms(self, failures: int, chance: float = 0.0) -> int | None:
        """Returns the delay after the ``failures``-th failure (from 1), or None when the tries are used up."""
        number = failures - 1
        for phase in self.phases:
            if phase.tries is None or number < phase.tries:
                return phase.delay_ms(number, chance)
            number -= phase.tries
        return None

    def ends_ms(self, failures: int, begun_ms: int, due_ms: int) -> int:
        """Returns when the last try comes at the latest; the next one, after so many failures, is at ``due_ms``."""
        bounds = [] if self.max_age_ms is None else [begun_ms + self.max_age_ms]
        if all(phase.tries is not None for phase in self.phases):
            bounds.append(due_ms + self._left_ms(failures))
        return max(due_ms, min(bounds)) if bounds else due_ms

    def _left_ms(self, failures: int) -> int:
        """Returns how long the tries take that come after the one that is due now."""
        left_ms, done = 0, failures
        for phase in self.phases:
            tries = phase.tries or 0
            first, done = min(done, tries), max(done - tries, 0)
            left_ms += phase.sum_ms(first, tries)
        return left_ms

    def due_ms(self, failures: int, begun_ms: int, now_ms: int, chance: float) -> int | None:
        """Returns when the next try is due, or None when there is none.

        ``begun_ms`` is when the first try was made, or due.
        """
        delay_ms = self.delay_ms(failures, chance)
        if delay_ms is None:
            return None
        due_ms = now_ms + delay_ms
        is_late = self.max_age_ms is not None and due_ms > begun_ms + self.max_age_ms
        return None if is_late else due_ms
