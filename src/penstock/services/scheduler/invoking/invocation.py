"""A firing on its way to its target, within one transaction.

A templated target is tried there and then, as part of the transaction that fires the schedule. What AWS gives up at
once, because the target is missing or forbids it, goes to the dead-letter queue at once; with no such queue it is kept
here and tried again by the same policy, so that whoever mends the target has lost nothing. A universal target takes
time, and is a delivery from the first try on.
"""

from typing import NamedTuple

from penstock.delivery import (
    Dead,
    Delivered,
    DestinationError,
    Job,
    Ladder,
    Message,
    Outcome,
    Retry,
    Source,
    Undeliverable,
)
from penstock.delivery.retry_policy import exhausted, policy_ladder
from penstock.services.scheduler.invoking.failure import (
    Failure,
    Hope,
    letter_attributes,
    refused_by,
    refused_role,
)
from penstock.services.scheduler.invoking.firing import Firing
from penstock.services.scheduler.invoking.kind import Kind
from penstock.services.scheduler.invoking.role import SERVICE, role_principal
from penstock.services.scheduler.invoking.templated import message_for
from penstock.services.scheduler.state import SchedulerState
from penstock.store import Tx

_SENDER_ID = "AROAPENSTOCKSCHEDULE:Scheduler"


class _End(NamedTuple):
    """There is no further try; ``queue`` has the dead letter, if one took it."""

    reason: str
    queue: str | None


class Invocation:
    """``message`` holds the firing as rows keep it, and the trace to pass on."""

    def __init__(self, tx: Tx, scheduler: SchedulerState, firing: Firing, message: Message) -> None:
        self._tx = tx
        self._scheduler = scheduler
        self._delivery = scheduler.delivery
        self._firing = firing
        self._message = message
        self._place = firing.schedule.arn

    @property
    def _ladder(self) -> Ladder:
        return policy_ladder(self._firing.target.get("RetryPolicy"))

    def begin(self) -> None:
        """Tries for the first time, or has it tried; AwsError ``SlowDown``."""
        if self._firing.kind is Kind.UNIVERSAL and not self._delivery.lanes.is_full(self._place):
            self._delivery.carry(self._tx, self._place, None, self._message)
            return
        result = self._try(1)
        if isinstance(result, Failure):
            self._put_off(result)

    def again(self, job: Job) -> Outcome:
        """Tries a templated target once more and returns what becomes of the job."""
        result = self._try(job.attempts + 1)
        return self.failed(job, result) if isinstance(result, Failure) else Delivered(result)

    def failed(self, job: Job, failure: Failure) -> Outcome:
        """Returns what becomes of the job after a failed try."""
        failures = job.attempts + 1
        due_ms = self._next_ms(failure, failures, job.created_ms)
        if due_ms is not None:
            return Retry(due_ms, failure.reason, self._ladder)
        end = self._bury(failure, failures)
        return Dead(end.reason, end.queue)

    def _try(self, attempt: int) -> Failure | str:
        """Returns the target's receipt, or why it was not reached."""
        kind, arn = self._firing.kind, self._firing.target["Arn"]
        source = self._source()
        if source is None:
            return refused_role(kind, self._firing.target["RoleArn"])
        if self._delivery.lanes.is_full(self._place if kind is Kind.UNIVERSAL else arn):
            return Failure("ThrottlingException", f"Too much waits for {arn} already.", Hope.SOON)
        message = message_for(self._tx, self._firing, self._message, attempt)
        try:
            return self._delivery.pass_on(self._tx, arn, source, message, self._place) or ""
        except DestinationError as refused:
            return refused_by(kind, refused)

    def _put_off(self, failure: Failure) -> None:
        due_ms = self._next_ms(failure, 1, self._tx.now_ms)
        if due_ms is not None:
            retry = Retry(due_ms, failure.reason, self._ladder)
            self._delivery.carry_later(self._tx, self._place, self._message, retry)
            return
        end = self._bury(failure, 1)
        schedule = self._firing.schedule
        sender = Source.of_service(SERVICE, schedule.of.arn, schedule.account, _SENDER_ID)
        final = Undeliverable(end.reason, end.queue)
        self._delivery.put_off(self._tx, self._place, sender, self._message, self._ladder, final)

    def _next_ms(self, failure: Failure, failures: int, begun_ms: int) -> int | None:
        """Returns when the next try is due; None when there is none, or a dead letter is to go in its place."""
        gives_up = failure.hope is not Hope.SOON and self._letters is not None
        if failure.hope is Hope.NEVER or gives_up:
            return None
        tx = self._tx
        return self._ladder.due_ms(failures, begun_ms, tx.now_ms, tx.ids.fraction())

    @property
    def _letters(self) -> str | None:
        """Returns the dead-letter queue."""
        queue: str | None = (self._firing.target.get("DeadLetterConfig") or {}).get("Arn")
        return queue

    def _bury(self, failure: Failure, failures: int) -> _End:
        queue, source = self._letters, self._source()
        if queue is None:
            return _End(failure.reason, None)
        condition = exhausted(self._ladder, failures) if failure.hope is Hope.SOON else None
        attributes = letter_attributes(self._firing, failure, failures - 1, condition)
        body = self._firing.payload(failures).encode()
        letter = self._message._replace(body=body, attributes=attributes, group=None)
        try:
            if source is None:
                raise DestinationError(
                    f"EventBridge Scheduler may not assume {self._firing.target['RoleArn']}"
                )
            self._delivery.offer(self._tx, queue, source, letter)
        except DestinationError as refused:
            return _End(f"{failure.reason}; {refused}", None)
        return _End(failure.reason, queue)

    def _source(self) -> Source | None:
        """Returns EventBridge Scheduler in the target's role, which is also the one that sends dead letters."""
        schedule, role = self._firing.schedule, self._firing.target["RoleArn"]
        principal = role_principal(self._tx, self._scheduler.identities, schedule.of, role)
        return Source.of_role(SERVICE, principal, schedule.arn) if principal else None
