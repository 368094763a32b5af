"""Schedules as what deliveries are addressed to: their firings that take time, or are tried again."""

from penstock.delivery import (
    Attempt,
    Delivered,
    DestinationError,
    Job,
    Message,
    Outcome,
    Source,
    Target,
)
from penstock.services.scheduler.invoking.firing import read_firing
from penstock.services.scheduler.invoking.invocation import Invocation
from penstock.services.scheduler.invoking.kind import Kind
from penstock.services.scheduler.invoking.role import SERVICE
from penstock.services.scheduler.invoking.universal import call_once, failure_in
from penstock.services.scheduler.state import SchedulerState
from penstock.store import ReadTx, Tx


class SchedulerTarget(Target):
    """Delivery's way to the targets of schedules."""

    is_public = False

    def __init__(self, scheduler: SchedulerState) -> None:
        self._scheduler = scheduler

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Raises DestinationError, unless it is a schedule that sends."""
        if source.service != SERVICE:
            raise DestinationError(f"{arn} is not a destination")

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> None:
        """Returns when the firing will be carried; DestinationError."""
        self.check(tx, arn, source)

    async def attempt(self, job: Job) -> Attempt:
        """Calls the operation of a universal target; any other is tried in ``finish``."""
        firing = read_firing(job.message.body)
        if firing.kind is not Kind.UNIVERSAL:
            return Attempt(ok=True)
        return await call_once(self._scheduler, firing, job)

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        """Returns what becomes of the firing; tries a templated target."""
        firing = read_firing(job.message.body)
        invocation = Invocation(tx, self._scheduler, firing, job.message)
        if firing.kind is not Kind.UNIVERSAL:
            return invocation.again(job)
        return Delivered(firing.execution) if attempt.ok else invocation.failed(job, failure_in(attempt))
