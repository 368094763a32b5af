"""The embedded metric format: log events that say themselves which of their members are metrics.

A document is taken whole, or, when anything in it is not as the specification says, not at all.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

import orjson

from penstock.services.logs import limits
from penstock.services.logs.metrics.values import UNITS, Series, Values, is_name, number_of

_MARK = '"_aws"'
_RESOLUTIONS = (1, 60)


class Fault(Enum):
    """Why a document gives no metrics."""

    PARSING = auto()
    VALIDATION = auto()


class _Invalid(Exception):
    """The document does not follow the specification."""


def may_be_embedded(message: str) -> bool:
    """Returns whether it is worth while to look at the message."""
    return _MARK in message and message.lstrip()[:1] == "{"


def embedded_values(message: str, now_ms: int, values: Values) -> Fault | None:
    """Adds what the message says to ``values``; returns what is wrong with it, if anything."""
    try:
        document = orjson.loads(message)
    except orjson.JSONDecodeError:
        return Fault.PARSING
    about = document.get("_aws")
    if not isinstance(about, dict) or "CloudWatchMetrics" not in about:
        return None
    try:
        found = list(_found(document, about, now_ms))
    except _Invalid:
        return Fault.VALIDATION
    for series, value in found:
        values.add(series, value)
    return None


def _found(document: dict[str, Any], about: dict[str, Any], now_ms: int) -> Iterator[tuple[Series, float]]:
    time_ms = about.get("Timestamp")
    _check(isinstance(time_ms, int) and not isinstance(time_ms, bool))
    assert isinstance(time_ms, int)
    _check(now_ms - limits.MAX_AGE_MS <= time_ms <= now_ms + limits.MAX_FUTURE_MS)
    count = 0
    for directive in _items(about["CloudWatchMetrics"], dict):
        namespace = directive.get("Namespace")
        _check(is_name(namespace) and not namespace.startswith("AWS/"))
        metrics = _items(directive.get("Metrics"), dict)
        _check(len(metrics) <= limits.MAX_EMBEDDED_METRICS)
        for dimensions in _dimension_sets(document, directive):
            for metric in metrics:
                series, numbers = _metric(
                    document, metric, Series(namespace, "", dimensions, "", 60, time_ms)
                )
                count += len(numbers)
                _check(count <= limits.MAX_EMBEDDED_VALUES)
                yield from ((series, number) for number in numbers)


def _dimension_sets(document: dict[str, Any], directive: dict[str, Any]) -> list[tuple[tuple[str, str], ...]]:
    sets = _items(directive.get("Dimensions"), list) or [[]]
    _check(len(sets) <= limits.MAX_EMBEDDED_METRICS)
    return [_dimensions(document, names) for names in sets]


def _dimensions(document: dict[str, Any], names: list[Any]) -> tuple[tuple[str, str], ...]:
    _check(len(names) <= limits.MAX_DIMENSIONS and all(map(is_name, names)) and len(set(names)) == len(names))
    found = tuple((name, document.get(name)) for name in sorted(names))
    _check(all(is_name(value, limits.MAX_DIMENSION_CHARS) for _, value in found))
    return tuple((name, str(value)) for name, value in found)


def _metric(document: dict[str, Any], metric: dict[str, Any], series: Series) -> tuple[Series, list[float]]:
    name, unit = metric.get("Name"), metric.get("Unit", "None")
    resolution = metric.get("StorageResolution", 60)
    _check(is_name(name) and unit in UNITS if isinstance(unit, str) else False)
    _check(resolution in _RESOLUTIONS)
    given = document.get(name or "")
    numbers = [_number(value) for value in (given if isinstance(given, list) else [given])]
    _check(0 < len(numbers) <= limits.MAX_EMBEDDED_METRICS)
    return series._replace(name=str(name), unit=unit, resolution=int(resolution)), numbers


def _number(value: Any) -> float:
    number = None if isinstance(value, str) else number_of(value)
    if number is None:
        raise _Invalid
    return number


def _items(value: Any, kind: type) -> list[Any]:
    _check(isinstance(value, list) and all(isinstance(item, kind) for item in value))
    found: list[Any] = value
    return found


def _check(is_so: bool) -> None:
    if not is_so:
        raise _Invalid
