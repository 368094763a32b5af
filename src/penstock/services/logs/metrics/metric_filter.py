"""A metric filter: a pattern, and what an event that matches adds to a metric.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
"""

from collections.abc import Mapping, Sequence
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

    def measure(self, events: Sequence[Event], values: Values) -> None:
        """Adds what the events give to ``values``: of each that matches its value.

        Of minutes in which events came and none matched it is the default value, if there is one.
        """
        default = self.transformation.get("defaultValue")
        unmatched: dict[int, int] = {}
        matched: set[int] = set()
        for event in events:
            time_ms = event["timestamp"]
            if self._compiled(event["message"]):
                matched.add(time_ms // 60_000)
                self._add(event["message"], time_ms, values)
            else:
                unmatched.setdefault(time_ms // 60_000, time_ms)
        if default is not None:
            for minute, time_ms in unmatched.items():
                if minute not in matched:
                    values.add(self._series((), time_ms), float(default))

    def _add(self, message: str, time_ms: int, values: Values) -> None:
        """Adds the value of one event; none when it, or a dimension, is not to be had of the event."""
        wanted = self.transformation["metricValue"]
        named = self.transformation.get("dimensions") or {}
        if not named and not wanted.startswith("$"):
            values.add(self._series((), time_ms), float(wanted))
            return
        references = self._compiled.values(message)
        number = number_of(references(wanted) if wanted.startswith("$") else wanted)
        dimensions = [(name, _text(references, named[name])) for name in sorted(named)]
        if number is not None and all(is_name(text, 1024) for _, text in dimensions):
            values.add(self._series(tuple((name, str(text)) for name, text in dimensions), time_ms), number)

    def _series(self, dimensions: tuple[tuple[str, str], ...], time_ms: int) -> Series:
        about = self.transformation
        unit = about.get("unit") or "None"
        return Series(about["metricNamespace"], about["metricName"], dimensions, unit, 60, time_ms)


def _text(references: References, reference: str) -> str | None:
    value = references(reference)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None
