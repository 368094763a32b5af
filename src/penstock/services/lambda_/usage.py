"""What CloudWatch is told of functions: of each by its name, and of all that an account has in a region.

What a version or an alias was asked for is told of that, too; of a run by an alias also with the version that ran.

Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections import Counter
from functools import lru_cache
from typing import TypeVar

from penstock.clock import Clock
from penstock.measurements import Measurements, Series
from penstock.services.lambda_.functions.function import Function, Holder
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
        self._running_by: Counter[tuple[int, str]] = Counter()

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
        if function.qualifier:
            key = function.id, function.qualifier
            self._running_by[key] += 1
            self._measurements.sample(_by_resource(function, "ConcurrentExecutions"), self._running_by[key])
        return self._clock.now_ms()

    def end(self, function: Function) -> None:
        """Called when it has ended, however that was."""
        _take_one(self._running, function.id)
        _take_one(self._running_of, (function.account, function.region))
        of_one, of_all = self._concurrent(function)
        self._measurements.level(of_one, self._running[function.id])
        self._measurements.level(of_all, self._running_of[function.account, function.region])
        if function.qualifier:
            key = function.id, function.qualifier
            _take_one(self._running_by, key)
            self._measurements.level(_by_resource(function, "ConcurrentExecutions"), self._running_by[key])

    def held(self, function: Function, busy: int, requested: int) -> None:
        """Called when an invocation begins of what has provisioned executions, of which so many are busy then."""
        for series, value in _of_reserve(function, busy, requested):
            self._measurements.sample(series, value)

    def let_go(self, function: Function, busy: int, requested: int) -> None:
        """Called when a provisioned worker has come free."""
        for series, value in _of_reserve(function, busy, requested):
            self._measurements.level(series, value)

    def ran_of_reserve(self, function: Function, began_ms: int, *, is_provisioned: bool) -> None:
        """Called when an invocation of what has provisioned executions has run on one, or runs on none."""
        kind = "Invocations" if is_provisioned else "SpilloverInvocations"
        self._add_run(function, began_ms, f"ProvisionedConcurrency{kind}", 1)

    def ran(self, function: Function, began_ms: int, result: Result) -> None:
        """Called when the function's code has run. A run without an error is none among as many."""
        self._add_run(function, began_ms, "Invocations", 1)
        self._add_run(function, began_ms, "Errors", 1 if result.error else 0)
        self._add_run(function, began_ms, "Throttles", 0)
        self._add_run(function, began_ms, "Duration", result.duration_ms, "Milliseconds")

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
        if function.qualifier:
            self._measurements.add_at(at_ms, _by_resource(function, name, unit), value)

    def _add_run(self, function: Function, at_ms: int, name: str, value: float, unit: str = "Count") -> None:
        self._add(function, at_ms, name, value, unit)
        if function.holder is Holder.ALIAS:
            self._measurements.add_at(at_ms, _by_version(function, name, unit), value)


def _take_one(counts: Counter[K], key: K) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]


@lru_cache(maxsize=4096)
def _series(account: str, region: str, function: str, name: str, unit: str) -> tuple[Series, Series]:
    of_one = Series(account, region, NAMESPACE, name, (("FunctionName", function),), unit)
    return of_one, Series(account, region, NAMESPACE, name, (), unit)


def _of_reserve(function: Function, busy: int, requested: int) -> tuple[tuple[Series, float], ...]:
    utilization = _by_resource(function, "ProvisionedConcurrencyUtilization")
    concurrent = _by_resource(function, "ProvisionedConcurrentExecutions")
    return (concurrent, busy), (utilization, busy / requested)


def _by_resource(function: Function, name: str, unit: str = "Count") -> Series:
    return _narrow(function.account, function.region, function.name, function.qualifier, "", name, unit)


def _by_version(function: Function, name: str, unit: str) -> Series:
    qualifier, version = function.qualifier, function.version
    return _narrow(function.account, function.region, function.name, qualifier, version, name, unit)


@lru_cache(maxsize=4096)
def _narrow(
    account: str, region: str, function: str, qualifier: str, version: str, name: str, unit: str
) -> Series:
    executed = (("ExecutedVersion", version),) if version else ()
    dimensions = (*executed, ("FunctionName", function), ("Resource", f"{function}:{qualifier}"))
    return Series(account, region, NAMESPACE, name, dimensions, unit)
