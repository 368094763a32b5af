"""What is known of the values of one metric in one stretch of time."""

import math
from typing import Any

import orjson

from penstock.measurements import StatisticSet, bin_bounds, bin_of
from penstock.store import Row


class Aggregate:
    """Count, sum, extremes, and how many values fell into each of ``bins``, which are 1 % wide.

    What came as statistics alone, or is negative, is in no bin: percentiles are known when all values are.
    """

    __slots__ = ("bins", "count", "maximum", "minimum", "sum")

    def __init__(
        self,
        count: float = 0.0,
        sum: float = 0.0,
        minimum: float = math.inf,
        maximum: float = -math.inf,
        bins: dict[int, float] | None = None,
    ) -> None:
        self.count = count
        self.sum = sum
        self.minimum = minimum
        self.maximum = maximum
        self.bins = {} if bins is None else bins

    @classmethod
    def of(cls, measured: StatisticSet) -> "Aggregate":
        """Returns what the server has measured of itself."""
        bins = dict[int, float](measured.bins)
        return cls(measured.count, measured.sum, measured.minimum, measured.maximum, bins)

    @property
    def average(self) -> float:
        """Returns the mean value."""
        return self.sum / self.count if self.count else 0.0

    @property
    def is_distribution(self) -> bool:
        """Returns whether every value is in a bin and none is negative."""
        return self.minimum >= 0 and math.isclose(sum(self.bins.values()), self.count)

    def add(self, value: float, count: float = 1.0) -> None:
        """Adds ``value``, which occurred ``count`` times."""
        self.count += count
        self.sum += value * count
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        at = bin_of(value)
        self.bins[at] = self.bins.get(at, 0) + count

    def merge(self, other: "Aggregate") -> None:
        """Adds all that ``other`` has."""
        self.count += other.count
        self.sum += other.sum
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        for at, count in other.bins.items():
            self.bins[at] = self.bins.get(at, 0) + count

    def values(self) -> list[tuple[float, float]]:
        """Returns the values, the least first, each with how often it occurred; each stands for its bin."""
        return [(self._value(at), count) for at, count in sorted(self.bins.items())]

    def columns(self) -> tuple[float, float, float, float, bytes]:
        """Returns what a row keeps."""
        return self.count, self.sum, self.minimum, self.maximum, write_bins(self.bins)

    def _value(self, at: int) -> float:
        return min(max(roundest(*bin_bounds(at)), self.minimum), self.maximum)


def read_aggregate(columns: Row) -> Aggregate:
    """Returns what the columns of a row say: the first four without bins, or all five."""
    count, total, minimum, maximum, *rest = columns
    return Aggregate(count, total, minimum, maximum, _read_bins(rest[0]) if rest else None)


def write_bins(bins: dict[int, float]) -> bytes:
    """Returns the bins as a row keeps them."""
    return orjson.dumps(bins, option=orjson.OPT_NON_STR_KEYS)


def _read_bins(data: Any) -> dict[int, float]:
    return {int(at): count for at, count in orjson.loads(bytes(data)).items()}


def roundest(low: float, high: float) -> float:
    """Returns the number with the fewest digits that is above ``low`` and at most ``high``.

    People publish round numbers: what stands for a bin is mostly the very value that is in it.
    """
    if low == high or low < 0:
        return high
    for digits in range(1, 17):
        step = 10.0 ** (math.floor(math.log10(high)) + 1 - digits)
        found = float(f"{math.floor(high / step * (1 + 1e-12)) * step:.{digits}g}")
        if low < found <= high * (1 + 1e-12):
            return found
    return high
