"""What ``stats`` adds up: one object for each function in each group of events.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from penstock.measurements import bin_bounds, bin_of
from penstock.services.logs.insights.values import compared, number, shown

_MOST_DISTINCT = 100_000


class Aggregate(ABC):
    """What is known of the values of one expression in one group."""

    @abstractmethod
    def add(self, value: Any, time_ms: int) -> None:
        """Takes the value of one event, None when it has none."""

    @abstractmethod
    def result(self) -> Any:
        """Returns what was asked for; None when there was nothing."""


class _Count(Aggregate):
    def __init__(self) -> None:
        self._count = 0

    def add(self, value: Any, time_ms: int) -> None:
        self._count += value is not None

    def result(self) -> int:
        return self._count


class _Distinct(Aggregate):
    def __init__(self) -> None:
        self._found: set[str] = set()

    def add(self, value: Any, time_ms: int) -> None:
        if value is not None and len(self._found) < _MOST_DISTINCT:
            self._found.add(shown(value))

    def result(self) -> int:
        return len(self._found)


class _Moments(Aggregate):
    """Count, sum and spread of numbers; ``wanted`` says which of them is the result."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._count = 0
        self._sum: int | float = 0
        self._mean = self._spread = 0.0

    def add(self, value: Any, time_ms: int) -> None:
        found = number(value)
        if found is None or not math.isfinite(found):
            return
        self._count += 1
        self._sum += found
        delta = found - self._mean
        self._mean += delta / self._count
        self._spread += delta * (found - self._mean)

    def result(self) -> Any:
        if not self._count:
            return None
        match self._wanted:
            case "sum":
                return self._sum
            case "avg":
                return self._sum / self._count
        return math.sqrt(self._spread / (self._count - 1)) if self._count > 1 else 0.0


class _Extreme(Aggregate):
    def __init__(self, wanted: int, *, is_numeric: bool) -> None:
        self._wanted = wanted
        self._is_numeric = is_numeric
        self._best: Any = None

    def add(self, value: Any, time_ms: int) -> None:
        if value is None or (self._is_numeric and number(value) is None):
            return
        if self._best is None or compared(value, self._best) == self._wanted:
            self._best = value

    def result(self) -> Any:
        return self._best


class _InTime(Aggregate):
    def __init__(self, *, is_latest: bool) -> None:
        self._is_latest = is_latest
        self._time_ms: int | None = None
        self._value: Any = None

    def add(self, value: Any, time_ms: int) -> None:
        if value is None:
            return
        if self._time_ms is None or (time_ms >= self._time_ms) == self._is_latest:
            self._time_ms, self._value = time_ms, value

    def result(self) -> Any:
        return self._value


class _Percentile(Aggregate):
    """Exact while the values are few, else within 1 %."""

    _FEW = 10_000

    def __init__(self, share: float) -> None:
        self._share = share
        self._values: list[float] = []
        self._bins: dict[int, int] = {}

    def add(self, value: Any, time_ms: int) -> None:
        found = number(value)
        if found is None or not math.isfinite(found) or abs(found) > 2.0**360:
            return
        if self._bins:
            self._count(found)
        else:
            self._values.append(found)
            if len(self._values) > self._FEW:
                for one in self._values:
                    self._count(one)
                self._values.clear()

    def _count(self, value: float) -> None:
        at = bin_of(value)
        self._bins[at] = self._bins.get(at, 0) + 1

    def result(self) -> Any:
        if not self._bins:
            found = sorted(self._values)
            return found[max(math.ceil(self._share * len(found)) - 1, 0)] if found else None
        rank, passed = self._share * sum(self._bins.values()), 0
        for at in sorted(self._bins):
            passed += self._bins[at]
            if passed >= rank:
                return bin_bounds(at)[1]
        return None


def _extreme(wanted: int, *, is_numeric: bool) -> Callable[[], Aggregate]:
    return lambda: _Extreme(wanted, is_numeric=is_numeric)


AGGREGATES: dict[str, Callable[[], Aggregate]] = {
    "count": _Count,
    "count_distinct": _Distinct,
    "sum": lambda: _Moments("sum"),
    "avg": lambda: _Moments("avg"),
    "stddev": lambda: _Moments("stddev"),
    "min": _extreme(-1, is_numeric=True),
    "max": _extreme(1, is_numeric=True),
    "sortsfirst": _extreme(-1, is_numeric=False),
    "sortslast": _extreme(1, is_numeric=False),
    "earliest": lambda: _InTime(is_latest=False),
    "latest": lambda: _InTime(is_latest=True),
    "median": lambda: _Percentile(0.5),
}


def percentile(share: float) -> Callable[[], Aggregate]:
    """Returns what makes aggregates of the percentile with that share (0 to 1)."""
    return lambda: _Percentile(share)
