"""What CloudWatch is told of buses: of each rule, and of all that an account has in a region.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html
"""

from collections import Counter
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from penstock.measurements import Measurements, Series
from penstock.services.events.arns import DEFAULT, Key
from penstock.store import Tx

NAMESPACE = "AWS/Events"


class Happened(StrEnum):
    """What is counted, as AWS calls it."""

    MATCHED = "MatchedEvents"
    TRIGGERED = "TriggeredRules"
    THROTTLED = "ThrottledRules"
    TRIED = "InvocationAttempts"
    TRIED_AGAIN = "RetryInvocationAttempts"
    SUCCEEDED = "SuccessfulInvocationAttempts"
    INVOKED = "Invocations"
    FAILED = "FailedInvocations"
    BURIED = "InvocationsSentToDlq"
    NOT_BURIED = "InvocationsFailedToBeSentToDlq"
    STARTED_AFTER = "IngestionToInvocationStartLatency"
    SUCCEEDED_AFTER = "IngestionToInvocationSuccessLatency"


class _Counted(NamedTuple):
    bus: Key
    rule: str
    what: Happened
    value: float


class Traffic:
    """What happens to events within one transaction; it counts once that is durable."""

    def __init__(self, tx: Tx, measurements: Measurements) -> None:
        self._tx = tx
        self._measurements = measurements
        self._counts: Counter[_Counted] = Counter()

    def matched(self, bus: Key) -> None:
        """Called when an event matches a rule, the first of however many."""
        self._add(bus, "", Happened.MATCHED)

    def triggered(self, bus: Key, rule: str) -> None:
        """Called when a rule takes an event."""
        self._add(bus, rule, Happened.MATCHED)
        self._add(bus, rule, Happened.TRIGGERED)

    def tried(self, bus: Key, rule: str, waited_ms: int | None) -> None:
        """Called when a target is tried: again when the event has ``waited_ms`` since it came."""
        self._add(bus, rule, Happened.TRIED)
        if waited_ms is None:
            self._add(bus, rule, Happened.STARTED_AFTER, 0)
        else:
            self._add(bus, rule, Happened.TRIED_AGAIN)

    def succeeded(self, bus: Key, rule: str, waited_ms: int | None) -> None:
        """Called when the target has the event."""
        self._add(bus, rule, Happened.SUCCEEDED)
        self._add(bus, rule, Happened.INVOKED)
        self._add(bus, rule, Happened.SUCCEEDED_AFTER, waited_ms or 0)

    def throttled(self, bus: Key, rule: str) -> None:
        """Called when too much waits for the target already."""
        self._add(bus, rule, Happened.THROTTLED)

    def gave_up(self, bus: Key, rule: str, letter: Happened | None) -> None:
        """Called when the target will not get the event; ``letter`` says what became of a dead letter."""
        self._add(bus, rule, Happened.FAILED)
        self._add(bus, rule, Happened.INVOKED)
        if letter:
            self._add(bus, rule, letter)

    def _add(self, bus: Key, rule: str, what: Happened, value: float = 1) -> None:
        if not self._counts:
            self._tx.after_commit(self._tell)
        self._counts[_Counted(bus, rule, what, value)] += 1

    def _tell(self) -> None:
        for (bus, rule, what, value), count in self._counts.items():
            for series in _series(bus, rule, what):
                self._measurements.add(series, value, count)


@lru_cache(maxsize=4096)
def _series(bus: Key, rule: str, what: Happened) -> tuple[Series, ...]:
    account, region, name = bus
    unit = "Milliseconds" if what in (Happened.STARTED_AFTER, Happened.SUCCEEDED_AFTER) else "Count"
    of_all = Series(account, region, NAMESPACE, what.value, (), unit)
    if not rule:
        return (of_all,)
    # A rule of the default bus is named alone.
    dimensions = (("RuleName", rule),) if name == DEFAULT else (("EventBusName", name), ("RuleName", rule))
    of_rule = Series(account, region, NAMESPACE, what.value, dimensions, unit)
    # An event counts once for all, and for each rule that it matches.
    return (of_rule,) if what is Happened.MATCHED else (of_rule, of_all)
