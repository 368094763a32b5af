"""Values of metrics that log events have given, on their way to CloudWatch."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from penstock.arn import arn
from penstock.delivery import Delivery, DestinationError, Message
from penstock.delivery.trace_header import Trace
from penstock.services.logs.group import Key, group_source
from penstock.store import Tx

_SCALES = (
    ("", ("Bytes", "Bits")),
    *((scale, ("bytes", "bits")) for scale in ("Kilo", "Mega", "Giga", "Tera")),
)
UNITS = frozenset(
    {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}
    | {f"{scale}{unit}{rate}" for scale, units in _SCALES for unit in units for rate in ("", "/Second")}
)
MAX_VALUE = 2.0**360

_MAX_VALUES = 150  # in one datum
_MINUTE_MS = 60_000
_SECOND_MS = 1000


class Series(NamedTuple):
    """A metric with the stretch of time that its values are added up in; ``resolution`` is 1 or 60 seconds."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    resolution: int
    time_ms: int


class Values:
    """Values by series, each with how often it came."""

    def __init__(self) -> None:
        self._found: dict[Series, dict[float, int]] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, series: Series, value: float) -> None:
        """Adds a value; ``series.time_ms`` may be any moment."""
        step_ms = _SECOND_MS if series.resolution == 1 else _MINUTE_MS
        series = series._replace(time_ms=series.time_ms - series.time_ms % step_ms)
        counts = self._found.setdefault(series, {})
        counts[value] = counts.get(value, 0) + 1

    def data(self) -> list[tuple[str, dict[str, Any]]]:
        """Returns entries as PutMetricData takes them, each with its namespace; 150 values in one at most."""
        return [
            (series.namespace, _entry(series, some))
            for series, counts in self._found.items()
            for some in _pieces(list(counts.items()))
        ]


def is_name(text: Any, most: int = 255) -> bool:
    """Returns whether CloudWatch takes ``text`` as the name of a metric or dimension, or as a dimension's value."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= most
        and text.isascii()
        and text.isprintable()
        and bool(text.strip())
        and not text.startswith(":")
    )


def number_of(value: Any) -> float | None:
    """Returns the number that a value is, or says; None when CloudWatch would not take it."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= MAX_VALUE else None


def hand_over(tx: Tx, delivery: Delivery, group: Key, data: Sequence[tuple[str, dict[str, Any]]]) -> bool:
    """Writes the data as those of the group's account, in this transaction; returns whether CloudWatch took them."""
    account, region, _ = group
    by_namespace: dict[str, list[dict[str, Any]]] = {}
    for namespace, entry in data:
        by_namespace.setdefault(namespace, []).append(entry)
    body = orjson.dumps(
        [{"Namespace": namespace, "MetricData": entries} for namespace, entries in by_namespace.items()]
    )
    try:
        delivery.offer(
            tx,
            arn("cloudwatch", region, account, "metric-data"),
            group_source(group),
            Message(body, Trace("")),
        )
    except DestinationError:
        return False
    return True


def _entry(series: Series, counts: list[tuple[float, int]]) -> dict[str, Any]:
    return {
        "MetricName": series.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in series.dimensions],
        "Timestamp": series.time_ms,
        "Unit": series.unit,
        "StorageResolution": series.resolution,
        "Values": [value for value, _ in counts],
        "Counts": [count for _, count in counts],
    }


def _pieces(counts: list[tuple[float, int]]) -> Iterator[list[tuple[float, int]]]:
    for start in range(0, len(counts), _MAX_VALUES):
        yield counts[start : start + _MAX_VALUES]
