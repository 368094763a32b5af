"""What CloudWatch is told of functions: of each by its name, and of all that an account has in a region.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections import Counter
from functools import lru_cache
from typing import TypeVar

from penstock.clock import Clock
from penstock.measurements import Measurements, Series
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Result

K = TypeVar("K")

NAMESPACE = "AWS/Lambda"


class Usage:
    """The runs of one server's functions, and the events that wait for them."""

    def __init__(self, measurements: Measurements, clock: Clock) -> None:
        self._measurements = measurements
        self._clock = clock
        self._running: Counter[int] = Counter()
        self._running_of: Counter[tuple[str, str]] = Counter()

    def running(self, function: Function) -> int:
        """Returns how many invocations of the function run, or wait for a place."""
        return self._running[function.id]

    def begin(self, function: Function) -> int:
        """Called when an invocation begins; returns the moment, which its outcome is told for."""
        self._running[function.id] += 1
        self._running_of[function.account, function.region] += 1
        of_one, of_all = self._concurrent(function)
        self._measurements.sample(of_one, self._running[function.id])
        self._measurements.sample(of_all, self._running_of[function.account, function.region])
        return self._clock.now_ms()

    def end(self, function: Function) -> None:
        """Called when it has ended, however that was."""
        _take_one(self._running, function.id)
        _take_one(self._running_of, (function.account, function.region))
        of_one, of_all = self._concurrent(function)
        self._measurements.level(of_one, self._running[function.id])
        self._measurements.level(of_all, self._running_of[function.account, function.region])

    def ran(self, function: Function, began_ms: int, result: Result) -> None:
        """Called when the function's code has run. A run without an error is none among as many."""
        self._add(function, began_ms, "Invocations", 1)
        self._add(function, began_ms, "Errors", 1 if result.error else 0)
        self._add(function, began_ms, "Throttles", 0)
        self._add(function, began_ms, "Duration", result.duration_ms, "Milliseconds")

    def throttled(self, function: Function) -> None:
        """Called when no execution was free for an invocation."""
        self._add(function, self._clock.now_ms(), "Throttles", 1)

    def queued(self, function: Function) -> None:
        """Called after the commit of an event that waits for the function."""
        self._add(function, self._clock.now_ms(), "AsyncEventsReceived", 1)

    def waited(self, function: Function, age_ms: int) -> None:
        """Called when an event that has waited so long is tried."""
        self._add(function, self._clock.now_ms(), "AsyncEventAge", age_ms, "Milliseconds")

    def dropped(self, function: Function) -> None:
        """Called after the commit of an event's end without success."""
        self._add(function, self._clock.now_ms(), "AsyncEventsDropped", 1)

    def not_buried(self, function: Function) -> None:
        """Called when the dead-letter queue did not take an event."""
        self._add(function, self._clock.now_ms(), "DeadLetterErrors", 1)

    def not_sent(self, function: Function) -> None:
        """Called when a destination did not take the record of an invocation."""
        self._add(function, self._clock.now_ms(), "DestinationDeliveryFailures", 1)

    def _concurrent(self, function: Function) -> tuple[Series, Series]:
        name = "ConcurrentExecutions"
        return _series(function.account, function.region, function.name, name, "Count")

    def _add(self, function: Function, at_ms: int, name: str, value: float, unit: str = "Count") -> None:
        for series in _series(function.account, function.region, function.name, name, unit):
            self._measurements.add_at(at_ms, series, value)


def _take_one(counts: Counter[K], key: K) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


@lru_cache(maxsize=4096)
def _series(account: str, region: str, function: str, name: str, unit: str) -> tuple[Series, Series]:
    of_one = Series(account, region, NAMESPACE, name, (("FunctionName", function),), unit)
    return of_one, Series(account, region, NAMESPACE, name, (), unit)
