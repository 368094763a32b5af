"""A metric filter: a pattern, and what an event that matches adds to a metric.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from penstock.services.logs.metrics.values import Series, Values, is_name, number_of
from penstock.services.logs.patterns import Pattern, compile_pattern
from penstock.services.logs.patterns.pattern import Values as References

Event = Mapping[str, Any]


class MetricFilter:
    """One metric filter, as it was put; compiled when its first event comes."""

    def __init__(self, name: str, pattern: str, transformation: Mapping[str, Any], created_ms: int) -> None:
        self.name = name
        self.pattern = pattern
        self.transformation = transformation
        self.created_ms = created_ms

    @cached_property
    def _compiled(self) -> Pattern:
        return compile_pattern(self.pattern)

    def begin(self, values: Values) -> "Measuring":
        """Returns what takes the events of one batch, and adds what they give to ``values``."""
        return Measuring(self, values)

    @property
    def matches(self) -> Pattern:
        """Returns what says whether a message matches."""
        return self._compiled

    def add(self, message: str, time_ms: int, values: Values) -> None:
        """Adds the value of one event; none when it, or a dimension, is not to be had of the event."""
        wanted = self.transformation["metricValue"]
        named = self.transformation.get("dimensions") or {}
        if not named and not wanted.startswith("$"):
            values.add(self.series((), time_ms), float(wanted))
            return
        references = self._compiled.values(message)
        number = number_of(references(wanted) if wanted.startswith("$") else wanted)
        dimensions = [(name, _text(references, named[name])) for name in sorted(named)]
        if number is not None and all(is_name(text, 1024) for _, text in dimensions):
            values.add(self.series(tuple((name, str(text)) for name, text in dimensions), time_ms), number)

    def series(self, dimensions: tuple[tuple[str, str], ...], time_ms: int) -> Series:
        """Returns the metric with these dimensions at a time."""
        about = self.transformation
        unit = about.get("unit") or "None"
        return Series(about["metricNamespace"], about["metricName"], dimensions, unit, 60, time_ms)


class Measuring:
    """One filter at work on one batch of events."""

    def __init__(self, metric_filter: MetricFilter, values: Values) -> None:
        self._filter = metric_filter
        self._matches = metric_filter.matches
        self._values = values
        self._matched: set[int] = set()
        self._unmatched: dict[int, int] = {}

    def take(self, event: Event) -> None:
        """Adds the value of the event if it matches."""
        time_ms = event["timestamp"]
        if self._matches(event["message"]):
            self._matched.add(time_ms // 60_000)
            self._filter.add(event["message"], time_ms, self._values)
        else:
            self._unmatched.setdefault(time_ms // 60_000, time_ms)

    def end(self) -> None:
        """Adds the default value, if there is one, for minutes in which events came and none matched."""
        default = self._filter.transformation.get("defaultValue")
        if default is None:
            return
        for minute, time_ms in self._unmatched.items():
            if minute not in self._matched:
                self._values.add(self._filter.series((), time_ms), float(default))


def _text(references: References, reference: str) -> str | None:
    value = references(reference)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None
