"""AWS's bounds on how often something may be done in a second, held when the setting ``quotas`` says so.

They are off by default: they protect AWS's machines, and what runs here may well be faster than they are.
"""

from collections import Counter
from collections.abc import Hashable

from penstock.clock import Clock
from penstock.config import Config


class Quotas:
    """Counts by whatever key, for each second of the server's time; in memory."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.are_on = config.quotas == "aws"
        self._clock = clock
        self._second = 0
        self._counts: Counter[Hashable] = Counter()

    def admit(self, key: Hashable, most: int, count: int = 1) -> bool:
        """Returns whether ``count`` more of ``key`` may be done in this second, of ``most``; they are counted then."""
        if not self.are_on:
            return True
        second = self._clock.now_ms() // 1000
        if second != self._second:
            self._second, self._counts = second, Counter()
        if self._counts[key] + count > most:
            return False
        self._counts[key] += count
        return True
