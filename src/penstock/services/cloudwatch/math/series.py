"""Values of expressions: numbers, time series, arrays of those."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from penstock.services.cloudwatch.metrics.metric import Metric

Points = dict[int, float]
"""Values by their time in seconds, the earliest first."""


class MathError(Exception):
    """An expression that cannot be read, or that means nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """A series of values ``period`` seconds apart, some of which may be missing.

    ``metric`` and ``statistic`` say what it shows, as long as it is a metric as it was read.
    """

    points: Points
    period: int
    label: str = ""
    metric: Metric | None = field(default=None, compare=False)
    statistic: str = ""

    def map(self, of: Callable[[float], float]) -> "TimeSeries":
        """Returns the series with ``of`` each value; what is no number is left out."""
        return self.with_points((at, result(of, value)) for at, value in self.points.items())

    def with_points(self, points: Iterable[tuple[int, float]]) -> "TimeSeries":
        """Returns the series with other values; what is no number is left out."""
        return replace(self, points={at: value for at, value in points if math.isfinite(value)})


Array = tuple[TimeSeries, ...]
Value = float | TimeSeries | Array


def result(of: Callable[..., float], *values: float) -> float:
    """Returns ``of`` the values; NaN where it is not defined."""
    try:
        found = of(*values)
    except (ArithmeticError, ValueError):
        return math.nan
    return math.nan if isinstance(found, complex) else found
