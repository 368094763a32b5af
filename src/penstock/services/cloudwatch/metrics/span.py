"""From when to when, and in stretches of which length.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

import math
from datetime import datetime
from typing import NamedTuple

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.metrics.recording import FIVE_MINUTES, HOUR, MINUTE, SECOND


class Kept(NamedTuple):
    """Rows of which resolutions say what there is, from ``begin_s`` to before ``end_s``."""

    resolutions: tuple[int, ...]
    begin_s: int
    end_s: int


class Span(NamedTuple):
    """From ``begin_s`` to before ``end_s`` in seconds since the epoch, in stretches of ``period`` seconds."""

    begin_s: int
    end_s: int
    period: int

    @property
    def length(self) -> int:
        """Returns how many stretches there are."""
        return max(0, -((self.begin_s - self.end_s) // self.period))

    def stretch(self, time_s: int) -> int:
        """Returns when the stretch began that holds ``time_s``."""
        return time_s - (time_s - self.begin_s) % self.period

    def times(self) -> range:
        """Returns when each stretch begins."""
        return range(self.begin_s, self.end_s, self.period)

    def kept(self, now_s: int) -> Kept:
        """Returns where data can be; those that are too old for the period are left out."""
        if self.period % MINUTE:
            resolutions: tuple[int, ...] = (SECOND,)
            term_s = limits.HIGH_RESOLUTION_S
        elif self.period % FIVE_MINUTES:
            resolutions, term_s = (MINUTE,), limits.MINUTES_S
        elif self.period % HOUR:
            resolutions, term_s = (MINUTE, FIVE_MINUTES), limits.FIVE_MINUTES_S
        else:
            resolutions, term_s = (MINUTE, FIVE_MINUTES, HOUR), limits.HOURS_S
        latest_s = now_s + limits.FUTURE_MS // 1000 + MINUTE
        return Kept(resolutions, max(self.begin_s, now_s - term_s), min(self.end_s, latest_s))


def span_of(begin_s: int, end_s: int, period: int, now_s: int) -> Span:
    """Returns the span that AWS looks at: it begins with a whole minute, with five, or an hour when it is long ago."""
    return Span(_rounded(begin_s, period, now_s), end_s, period)


def seconds(begin: datetime, end: datetime) -> tuple[int, int]:
    """Returns two moments in whole seconds since the epoch, so that nothing between them is left out."""
    return math.floor(begin.timestamp()), math.ceil(end.timestamp())


def check_period(period: int) -> bool:
    """Returns whether there are such periods."""
    return period in (1, 5, 10, 20, 30) or (period > 0 and period % MINUTE == 0)


def _rounded(begin_s: int, period: int, now_s: int) -> int:
    if period % MINUTE:
        step = period
    elif begin_s >= now_s - limits.MINUTES_S:
        step = MINUTE
    else:
        step = FIVE_MINUTES if begin_s >= now_s - limits.FIVE_MINUTES_S else HOUR
    return begin_s - begin_s % step
