"""What the server measures of itself for AWS's metrics: counted as it happens, handed over by the minute.

Whoever counts needs no store, no task and no lock: an addition is a lookup and some sums. Bins keep what percentiles
need, in little room.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from penstock.clock import Clock

MINUTE_MS = 60_000
BINS_TO_DOUBLE = 64
"""So many bins lie between a value and its double: each is 1.09 % wide."""

_PART = "Resource"  # AWS's dimension for the part of something that was asked for
_ZERO_BIN = 0
_ONE_BIN = (
    100_000  # the bin that ends with 1; those of all positive floats lie above 0, of negative ones below
)
_MOST_SERIES = 10_000
_MOST_MINUTES = 15
_HOUR_MS = 3_600_000

Fold = Callable[[], None]
"""Adds what its owner has counted apart, because an addition for each event would cost too much there."""


class Series(NamedTuple):
    """What is measured: a metric of AWS's, of one account in one region. ``unit`` is AWS's: ``Count``, ``Bytes``…"""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str

    @property
    def is_own(self) -> bool:
        """Returns whether its values are not part of another series that is about something larger.

        That is what can be listed side by side and added up: neither all that an account has, nor a version of a
        function.
        """
        return bool(self.dimensions) and all(name != _PART for name, _ in self.dimensions)


class StatisticSet:
    """What is known of many values: ``bins`` counts them by ``bin_of``."""

    __slots__ = ("bins", "count", "maximum", "minimum", "sum")

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0.0
        self.minimum = math.inf
        self.maximum = -math.inf
        self.bins: dict[int, int] = {}

    def add(self, value: float, count: int = 1) -> None:
        """Adds a value, at most 2 ** 360 either way, that was measured ``count`` times."""
        self.count += count
        self.sum += value * count
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value
        at = _ONE_BIN if value == 1 else bin_of(value)
        self.bins[at] = self.bins.get(at, 0) + count

    def merge(self, other: "StatisticSet") -> None:
        """Adds all that the other has."""
        self.count += other.count
        self.sum += other.sum
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        for at, count in other.bins.items():
            self.bins[at] = self.bins.get(at, 0) + count


class Total(NamedTuple):
    """How many values there were, and their sum."""

    values: int
    sum: float


class _Running:
    """A total that grows; ``minute`` is the last one that was added."""

    __slots__ = ("minute", "sum", "values")

    def __init__(self) -> None:
        self.values = 0
        self.sum = 0.0
        self.minute = 0


class Measured(NamedTuple):
    """What one series measured in the minute that began at ``minute_s``, in seconds since the epoch."""

    series: Series
    minute_s: int
    values: StatisticSet


def bin_of(value: float) -> int:
    """Returns the bin of such a value; the greater of two values never has the lesser bin."""
    if value > 0:
        return _ONE_BIN + math.ceil(math.log2(value) * BINS_TO_DOUBLE)
    return -bin_of(-value) if value else _ZERO_BIN


def bin_bounds(at: int) -> tuple[float, float]:
    """Returns the least and the greatest value of a bin; of a positive one the least is the first that is not in it."""
    if at == _ZERO_BIN:
        return 0.0, 0.0
    if at < 0:
        low, high = bin_bounds(-at)
        return -high, -low
    return 2.0 ** ((at - _ONE_BIN - 1) / BINS_TO_DOUBLE), 2.0 ** ((at - _ONE_BIN) / BINS_TO_DOUBLE)


class Measurements:
    """All that one server measures. Every method is called on the loop.

    Of the minutes that are over it keeps the last fifteen in which something was measured, until somebody takes them;
    of series ten thousand a minute. What is beyond that is dropped, counted, and said in health.
    """

    def __init__(self, clock: Clock, most_series: int = _MOST_SERIES) -> None:
        self._clock = clock
        self._most_series = most_series
        self._minutes: dict[int, dict[Series, StatisticSet]] = {}
        self._minute = -1
        self._running: dict[Series, StatisticSet] = {}
        self._totals: dict[Series, _Running] = {}
        self._levels: OrderedDict[Series, float] = OrderedDict()
        self._folds: list[Fold] = []
        self._taken = False
        self._dropped_ms = 0
        self.dropped = 0
        """Values of series that were too many, or of minutes that nobody took in time."""

    def add(self, series: Series, value: float, count: int = 1) -> None:
        """Counts ``value``, measured ``count`` times, into the minute that is running on the server's clock."""
        minute = self._clock.now_ms() // MINUTE_MS
        if minute != self._minute:
            self._turn_to(minute)
        found = self._running.get(series)
        if found is None and (found := self._opened(series, self._running)) is None:
            self._drop(count)
            return
        found.add(value, count)

    def add_at(self, at_ms: int, series: Series, value: float, count: int = 1) -> None:
        """Counts into the minute of ``at_ms``: for what was counted apart, and is told of later."""
        minute = at_ms // MINUTE_MS
        sets = self._minutes.setdefault(minute, {})
        found = sets.get(series) or self._opened(series, sets)
        if found is None:
            self._drop(count)
            return
        found.add(value, count)

    def sample(self, series: Series, value: float) -> None:
        """Counts a level that was looked at: unlike what ``add`` is given, it adds up to nothing over time."""
        self.add(series, value)
        self.level(series, value)

    def level(self, series: Series, value: float) -> None:
        """Notes a level that is told as it is, and counted when it is looked at."""
        self._levels[series] = value
        self._levels.move_to_end(series)
        if len(self._levels) > self._most_series:
            self._levels.popitem(last=False)

    def fold_from(self, fold: Fold) -> None:
        """Has ``fold`` called whenever somebody wants to know."""
        self._folds.append(fold)

    def take(self) -> Iterable[Measured]:
        """Returns what was measured in the minutes that are over, the oldest first, and forgets it.

        What was counted apart may come for a minute that has been taken before: whoever keeps it adds it there.
        """
        return self._take_before(self._clock.now_ms() // MINUTE_MS)

    def take_all(self) -> Iterable[Measured]:
        """Returns what has not been taken, the running minute's too: for a server that ends."""
        return self._take_before(self._clock.now_ms() // MINUTE_MS + 1)

    def totals(self) -> Mapping[Series, Total]:
        """Returns all that was added since the start, but for what ``sample`` was given.

        Of series beyond ten thousand those are left out that were added to longest ago.
        """
        self._fold()
        found = {series: Total(total.values, total.sum) for series, total in self._totals.items()}
        for sets in self._minutes.values():
            for series, values in sets.items():
                former = found.get(series)
                found[series] = (
                    Total(former.values + values.count, former.sum + values.sum)
                    if former
                    else Total(values.count, values.sum)
                )
        for series in self._levels:
            found.pop(series, None)
        return found

    def levels(self) -> Mapping[Series, float]:
        """Returns what ``sample`` was given last."""
        return dict(self._levels)

    def problems(self) -> dict[str, str]:
        """Returns that something was dropped within the last hour, for health."""
        if not self.dropped or self._clock.now_ms() - self._dropped_ms > _HOUR_MS:
            return {}
        return {
            "metrics": f"{self.dropped} values were dropped: too many series, or minutes nobody has taken"
        }

    def _drop(self, values: int) -> None:
        self.dropped += values
        self._dropped_ms = self._clock.now_ms()

    def _opened(self, series: Series, sets: dict[Series, StatisticSet]) -> StatisticSet | None:
        """Returns a new set among ``sets``; None when they are too many."""
        if len(sets) >= self._most_series:
            return None
        found = sets[series] = StatisticSet()
        return found

    def _turn_to(self, minute: int) -> None:
        self._minute = minute
        self._running = self._minutes.setdefault(minute, {})
        for over in sorted(self._minutes)[:-_MOST_MINUTES]:
            sets = self._forget(over)
            if self._taken:
                self._drop(sum(values.count for values in sets.values()))

    def _take_before(self, end: int) -> list[Measured]:
        self._taken = True
        self._fold()
        found = []
        for minute in sorted(minute for minute in self._minutes if minute < end):
            found += [
                Measured(series, minute * 60, values) for series, values in self._forget(minute).items()
            ]
        return found

    def _forget(self, minute: int) -> dict[Series, StatisticSet]:
        sets = self._minutes.pop(minute)
        if minute == self._minute:
            self._minute = -1  # whatever is added next opens it again
        totals = self._totals
        for series, values in sets.items():
            total = totals.get(series)
            if total is None:
                total = totals[series] = _Running()
            total.values += values.count
            total.sum += values.sum
            total.minute = minute
        if len(totals) > self._most_series:
            last = sorted(totals, key=lambda series: totals[series].minute)[-self._most_series :]
            self._totals = {series: totals[series] for series in last}
        return sets

    def _fold(self) -> None:
        for fold in self._folds:
            fold()
