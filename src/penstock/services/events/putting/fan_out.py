"""From a bus to the targets of the rules that match, within the transaction that puts the event.

What AWS tries again is tried again. What it gives up at once, because the target is missing or forbids EventBridge,
goes to the target's dead-letter queue at once; with no such queue it is kept here and tried again by the same policy,
so that whoever mends the target has lost nothing.
"""

from collections.abc import Collection
from typing import NamedTuple

from penstock.delivery import (
    Dead,
    Delivered,
    DestinationError,
    Job,
    Message,
    Origin,
    Outcome,
    Retry,
    Undeliverable,
)
from penstock.delivery.retry_policy import Exhausted, exhausted
from penstock.services.events.archives.archive import keep_in_archives
from penstock.services.events.arns import Key, fan_out_arn
from penstock.services.events.putting.event import Event
from penstock.services.events.putting.failure import (
    ErrorCode,
    Failure,
    failure_of,
    letter_attributes,
)
from penstock.services.events.putting.keyed import keep_back, refusal_of_key
from penstock.services.events.putting.parcel import by_service, pack
from penstock.services.events.putting.rest import Rest, rest_document
from penstock.services.events.rules.rule_set import ActiveRule, matching_rules
from penstock.services.events.rules.target import RuleTarget
from penstock.services.events.state import EventsState
from penstock.services.events.traffic import Happened, Traffic
from penstock.store import Tx

_STEP = 128
"""Deliveries after which a step of a wide fan-out ends."""

_BEFORE_ALL = -1


class _End(NamedTuple):
    """There is no further try; ``queue`` has the dead letter, if one took it."""

    reason: str
    queue: str | None


class FanOut:
    """One event on one bus, within one transaction.

    ``message`` has the trace and the origin of what brought the event; its body is of no account.
    """

    def __init__(self, tx: Tx, events: EventsState, event: Event, message: Message) -> None:
        self._tx = tx
        self._events = events
        self._delivery = events.delivery
        self._event = event
        self._origin = message.origin or Origin()
        self._traffic = Traffic(tx, events.measurements)
        self._message = message._replace(body=event.text, subject=None, origin=self._origin)

    def run(self, bus: Key, only: Collection[str] = ()) -> None:
        """Delivers to the targets of every rule that matches, of ``only`` these ARNs if there are any.

        AwsError ``SlowDown``.
        """
        refused = refusal_of_key(self._tx, self._events, bus, self._event)
        if refused is not None:
            keep_back(self._tx, self._events, bus, only, self._event, self._message, refused)
            return
        keep_in_archives(self._tx, self._events.keys, bus, self._event.document, self._event.text)
        self._to_rules(bus, _BEFORE_ALL, only)

    def go_on(self, bus: Key, rest: Rest) -> None:
        """Delivers to some more of the rules that match; AwsError ``SlowDown``."""
        self._to_rules(bus, rest.behind, rest.only)

    def _to_rules(self, bus: Key, behind: int, only: Collection[str]) -> None:
        for rule in matching_rules(self._tx, bus, self._event.document, behind):
            if only and rule.arn not in only:
                continue
            if self._origin.count >= _STEP:
                rest = self._message._replace(body=rest_document(Rest(self._event, behind, only)))
                self._delivery.carry(self._tx, fan_out_arn(bus), None, rest)
                return
            if behind == _BEFORE_ALL:
                self._traffic.matched(bus)
            self.to_rule(rule)
            behind = rule.id

    def to_rule(self, rule: ActiveRule) -> None:
        """Delivers to the targets of one rule; AwsError ``SlowDown``."""
        self._traffic.triggered(rule.bus, rule.name)
        outer = self._origin.turn
        self._origin.turn = outer.within(rule.precedence, self._event.text)
        for target in rule.targets:
            self._deliver(rule, target)
        self._origin.turn = outer

    def again(self, rule: ActiveRule, target: RuleTarget, job: Job) -> Outcome:
        """Tries once more and returns what becomes of the job."""
        result = self._try(rule, target, self._tx.now_ms - job.created_ms)
        if not isinstance(result, Failure):
            return Delivered(result or self._event.id)
        return self._failed(rule, target, job, result)

    def answered(self, rule: ActiveRule, target: RuleTarget, job: Job, result: Failure | None) -> Outcome:
        """Returns what becomes of the job after a try outside; ``result`` is None when it went well."""
        self._count(rule, result, self._tx.now_ms - job.created_ms if job.attempts else None)
        return Delivered(self._event.id) if result is None else self._failed(rule, target, job, result)

    def _failed(self, rule: ActiveRule, target: RuleTarget, job: Job, result: Failure) -> Outcome:
        """Returns what becomes of the job after a failed try."""
        failures = job.attempts + 1
        due_ms = self._next_ms(target, result, failures, job.created_ms)
        if due_ms is not None:
            return Retry(due_ms, result.reason, target.ladder)
        end = self._bury(rule, target, result, failures)
        return Dead(end.reason, end.queue)

    def later(self, rule: ActiveRule, target: RuleTarget, job: Job, due_ms: int, reason: str) -> Outcome:
        """Returns what becomes of a job that is not to be tried before ``due_ms``."""
        max_age_ms = target.ladder.max_age_ms
        if max_age_ms is not None and due_ms > job.created_ms + max_age_ms:
            end = self._bury(rule, target, Failure(ErrorCode.THROTTLING, reason), job.attempts + 1)
            return Dead(end.reason, end.queue)
        return Retry(max(due_ms, self._tx.now_ms), reason, target.ladder)

    def _deliver(self, rule: ActiveRule, target: RuleTarget) -> None:
        has_to_wait = target.is_outside or self._delivery.is_behind(self._tx, target.place, self._origin)
        if has_to_wait and not self._delivery.lanes.is_full(target.place):
            self._origin.count += 1
            self._delivery.carry(self._tx, target.place, None, self._message)
            return
        result = _no_room(target) if has_to_wait else self._try(rule, target, None)
        if isinstance(result, Failure):
            self._put_off(rule, target, result)

    def _try(self, rule: ActiveRule, target: RuleTarget, waited_ms: int | None) -> Failure | str | None:
        result = self._to(rule, target)
        self._count(rule, result, waited_ms)
        return result

    def _count(self, rule: ActiveRule, result: Failure | str | None, waited_ms: int | None) -> None:
        self._traffic.tried(rule.bus, rule.name, waited_ms)
        if not isinstance(result, Failure):
            self._traffic.succeeded(rule.bus, rule.name, waited_ms)
        elif result.code is ErrorCode.THROTTLING:
            self._traffic.throttled(rule.bus, rule.name)

    def _to(self, rule: ActiveRule, target: RuleTarget) -> Failure | str | None:
        """Returns the target's receipt, or why it does not have the event."""
        parcel = pack(self._tx, self._events, self._event, self._message, rule, target)
        if isinstance(parcel, Failure):
            return parcel
        try:
            return self._delivery.pass_on(self._tx, target.arn, parcel.source, parcel.message, rule.arn)
        except DestinationError as refused:
            return failure_of(refused)

    def _put_off(self, rule: ActiveRule, target: RuleTarget, failure: Failure) -> None:
        self._origin.count += 1
        due_ms = self._next_ms(target, failure, 1, self._tx.now_ms)
        if due_ms is not None:
            if not failure.is_retriable:  # AWS would not try again
                self._traffic.gave_up(rule.bus, rule.name, None)
            retry = Retry(due_ms, failure.reason, target.ladder)
            self._delivery.carry_later(self._tx, target.place, self._message, retry)
            return
        end = self._bury(rule, target, failure, 1)
        final = Undeliverable(end.reason, end.queue)
        self._delivery.put_off(self._tx, target.place, by_service(rule), self._message, target.ladder, final)

    def _next_ms(self, target: RuleTarget, failure: Failure, failures: int, begun_ms: int) -> int | None:
        """Returns when the next try is due; None when there is none, or a dead letter is to go in its place."""
        if failure.is_final or (target.dead_letter is not None and not failure.is_retriable):
            return None
        tx = self._tx
        due_ms = target.ladder.due_ms(failures, begun_ms, tx.now_ms, tx.ids.fraction())
        return due_ms if due_ms is None else self._not_before(target, due_ms, failure, begun_ms)

    def _not_before(self, target: RuleTarget, due_ms: int, failure: Failure, begun_ms: int) -> int | None:
        """Returns the later of ``due_ms`` and what the target asks for; None when that is too late."""
        asked_ms = max(due_ms, self._tx.now_ms + failure.wait_ms)
        max_age_ms = target.ladder.max_age_ms
        return None if max_age_ms is not None and asked_ms > begun_ms + max_age_ms else asked_ms

    def _bury(self, rule: ActiveRule, target: RuleTarget, failure: Failure, failures: int) -> _End:
        queue = target.dead_letter
        if queue is None:
            if failure.is_retriable or failures == 1:
                self._traffic.gave_up(rule.bus, rule.name, None)
            return _End(failure.reason, None)
        condition = self._condition(target, failure, failures)
        attributes = letter_attributes(rule.arn, target.arn, failure, failures - 1, condition)
        letter = self._message._replace(attributes=attributes)
        try:
            self._delivery.offer(self._tx, queue, by_service(rule), letter)
        except DestinationError as refused:
            self._traffic.gave_up(rule.bus, rule.name, Happened.NOT_BURIED)
            return _End(f"{failure.reason}; {refused}", None)
        self._traffic.gave_up(rule.bus, rule.name, Happened.BURIED)
        return _End(failure.reason, queue)

    def _condition(self, target: RuleTarget, failure: Failure, failures: int) -> Exhausted | None:
        return exhausted(target.ladder, failures) if failure.is_retriable else None


def _no_room(target: RuleTarget) -> Failure:
    return Failure(ErrorCode.THROTTLING, f"Too much waits for {target.arn} already.")
