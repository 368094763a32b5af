"""Labels that say something of the series that they stand beside.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from penstock.services.cloudwatch.math.series import TimeSeries

_TOKEN = re.compile(r"\$\{(?:([A-Z_]+)|PROP\('([^']*)'\))\}")
_ZONE = re.compile(r"([+-])(\d{2})(\d{2})")

Values = list[tuple[int, float]]

_NUMBERS: dict[str, Callable[[Values], float]] = {
    "AVG": lambda points: sum(value for _, value in points) / len(points),
    "DATAPOINT_COUNT": lambda points: len(points),
    "FIRST": lambda points: points[0][1],
    "LAST": lambda points: points[-1][1],
    "FIRST_LAST_RANGE": lambda points: points[-1][1] - points[0][1],
    "MAX": lambda points: max(value for _, value in points),
    "MIN": lambda points: min(value for _, value in points),
    "MIN_MAX_RANGE": lambda points: max(v for _, v in points) - min(v for _, v in points),
    "SUM": lambda points: sum(value for _, value in points),
}


def _of_least(points: Values) -> int:
    return min(points, key=lambda point: point[1])[0]


def _of_most(points: Values) -> int:
    return max(points, key=lambda point: point[1])[0]


_TIMES: dict[str, Callable[[Values], int]] = {
    "FIRST_TIME": lambda points: points[0][0],
    "LAST_TIME": lambda points: points[-1][0],
    "MIN_TIME": _of_least,
    "MAX_TIME": _of_most,
}
_RANGES: dict[str, Callable[[Values], int]] = {
    "FIRST_LAST_TIME_RANGE": lambda points: points[-1][0] - points[0][0],
    "MIN_MAX_TIME_RANGE": lambda points: abs(_of_most(points) - _of_least(points)),
}


def is_dynamic(label: str) -> bool:
    """Returns whether something in the label stands for something else."""
    return "${" in label


def shown_label(label: str, series: TimeSeries, now_s: int, zone: str) -> str:
    """Returns the label with what its variables stand for; ``zone`` is like ``+0130``."""
    if not is_dynamic(label):
        return label
    return _TOKEN.sub(lambda found: _shown(found, series, now_s, zone), label)


def _shown(found: re.Match[str], series: TimeSeries, now_s: int, zone: str) -> str:
    if found[2] is not None:
        return _property(found[2], series)
    name, points = found[1], list(series.points.items())
    if name == "LABEL":
        return series.label
    base = name.removesuffix("_RELATIVE")
    if name not in _NUMBERS and base not in _TIMES and name not in _RANGES:
        return found[0]
    if not points:
        return "--"
    if name in _NUMBERS:
        return _number(_NUMBERS[name](points))
    if name in _RANGES:
        return _duration(_RANGES[name](points))
    if name != base:
        return _duration(abs(now_s - _TIMES[base](points)))
    return datetime.fromtimestamp(_TIMES[name](points), _zone(zone)).strftime("%Y-%m-%d %H:%M:%S UTC") + (
        zone if zone not in ("", "+0000") else ""
    )


def _property(name: str, series: TimeSeries) -> str:
    metric = series.metric
    if metric is None:
        return "--"
    if name.startswith("Dim."):
        return dict(metric.dimensions).get(name[4:], "--")
    return {
        "AccountId": metric.account,
        "MetricName": metric.name,
        "Namespace": metric.namespace,
        "Period": str(series.period),
        "Region": metric.region,
        "Stat": series.statistic,
    }.get(name, "--")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (left, "s")]
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def _zone(zone: str) -> timezone:
    found = _ZONE.fullmatch(zone)
    if found is None:
        return UTC
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)
