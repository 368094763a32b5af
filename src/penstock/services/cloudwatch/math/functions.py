"""The functions of metric math that need nothing but their arguments.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import accumulate, pairwise

from penstock.services.cloudwatch.math.series import Array, MathError, TimeSeries, Value

Condense = Callable[[list[float]], float]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _deviation(values: list[float]) -> float:
    mean = _mean(values)
    return math.sqrt(_mean([(value - mean) ** 2 for value in values])) if values else math.nan


CONDENSING: dict[str, Condense] = {
    "AVG": _mean,
    "MAX": lambda values: max(values, default=math.nan),
    "MIN": lambda values: min(values, default=math.nan),
    "SUM": sum,
    "STDDEV": _deviation,
    "DATAPOINT_COUNT": lambda values: float(len(values)),
}
"""Of one series they make a number; of an array, one series."""

MAPPING: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": math.ceil,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG10": math.log10,
}

CALENDAR: dict[str, Callable[[datetime], int]] = {
    "MINUTE": lambda moment: moment.minute,
    "HOUR": lambda moment: moment.hour,
    "DAY": lambda moment: moment.isoweekday(),
    "DATE": lambda moment: moment.day,
    "MONTH": lambda moment: moment.month,
    "YEAR": lambda moment: moment.year,
    "EPOCH": lambda moment: int(moment.timestamp()),
}

SORTED_BY = ("AVG", "MIN", "MAX", "SUM")


def condensed(name: str, value: Value) -> Value:
    """Returns what a condensing function makes of a series or an array."""
    of = CONDENSING[name]
    match value:
        case TimeSeries():
            return float(of(list(value.points.values())))
        case tuple():
            return _across(name, of, value)
    raise MathError(f"The function {name} takes a time series or an array of time series")


def differences(series: TimeSeries) -> TimeSeries:
    """Returns how much each value is above the one before."""
    points = series.points
    return series.with_points((at, points[at] - points[before]) for before, at in pairwise(points))


def time_differences(series: TimeSeries) -> TimeSeries:
    """Returns how many seconds each value is behind the one before."""
    return series.with_points((at, float(at - before)) for before, at in pairwise(series.points))


def rates(series: TimeSeries) -> TimeSeries:
    """Returns how much each value has grown since the one before, by second."""
    points = series.points
    pairs = pairwise(points)
    return series.with_points((at, (points[at] - points[before]) / (at - before)) for before, at in pairs)


def running_sum(series: TimeSeries) -> TimeSeries:
    """Returns the sums of all values up to each."""
    return series.with_points(zip(series.points, accumulate(series.points.values()), strict=True))


def filled(series: TimeSeries, times: Iterable[int], filler: float | TimeSeries | str) -> TimeSeries:
    """Returns the series with a value at each of ``times``: the number, the other series' one, the one before, or
    what lies between its neighbours."""
    if filler == "LINEAR":
        return _interpolated(series, times)
    found, last = [], math.nan
    for at in times:
        match filler:
            case float():
                instead = filler
            case TimeSeries():
                instead = filler.points.get(at, math.nan)
            case _:
                instead = last
        last = series.points.get(at, instead)
        found.append((at, last))
    return series.with_points(found)


def calendar(name: str, series: TimeSeries, times: Iterable[int]) -> TimeSeries:
    """Returns for each of ``times`` its minute, hour, day…, in UTC."""
    of = CALENDAR[name]
    return series.with_points((at, float(of(datetime.fromtimestamp(at, UTC)))) for at in times)


def in_order(array: Array, by: str, *, descending: bool) -> Array:
    """Returns the series in the order of what a condensing function makes of each; those without values are last."""
    of = CONDENSING[by]

    def rank(series: TimeSeries) -> tuple[bool, float]:
        value = of(list(series.points.values())) if series.points else 0.0
        return not series.points, -value if descending else value

    return tuple(sorted(array, key=rank))


def _across(name: str, of: Condense, array: Array) -> TimeSeries:
    if not array:
        return TimeSeries({}, 60)
    times = sorted({at for series in array for at in series.points})
    found = []
    for at in times:
        values = [series.points[at] for series in array if at in series.points]
        # AWS counts what is missing as 0 in the average, and leaves it out of the extremes.
        found.append((at, sum(values) / len(array) if name == "AVG" else float(of(values))))
    return TimeSeries({}, max(series.period for series in array)).with_points(found)


def _interpolated(series: TimeSeries, times: Iterable[int]) -> TimeSeries:
    known = list(series.points.items())
    found, behind = [], 0
    for at in times:
        while behind < len(known) and known[behind][0] < at:
            behind += 1
        if at in series.points:
            found.append((at, series.points[at]))
        elif 0 < behind < len(known):
            (before, low), (after, high) = known[behind - 1], known[behind]
            found.append((at, low + (high - low) * (at - before) / (after - before)))
    return series.with_points(found)
