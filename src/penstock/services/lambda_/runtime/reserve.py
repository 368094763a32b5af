"""The workers that are kept ready for one version or alias."""

from dataclasses import dataclass, field
from enum import StrEnum

from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.provision import Provision
from penstock.services.lambda_.runtime.worker import Worker

LEAD_MS = 60_000
"""So long before its credentials are too old a worker is replaced."""


class Status(StrEnum):
    """AWS's ``Status`` of a provisioned concurrency configuration."""

    IN_PROGRESS = "IN_PROGRESS"
    READY = "READY"
    FAILED = "FAILED"


@dataclass(slots=True, eq=False)
class Reserve:
    """What one row of ``lambda_provisioned`` has been given.

    ``function`` is what the qualifier stands for; ``allowed`` how many of the requested workers the server has room
    for; ``starting`` those that are on their way, and ``loading`` which of them have a process. ``reason`` says why
    the last one could not be started, or "", and ``retry_ms`` when the next is tried. ``losses`` counts those that
    have ended by themselves without a run since one was ended as it should be.
    """

    function: Function
    provision: Provision
    allowed: int = 0
    idle: list[Worker] = field(default_factory=list)
    busy: set[Worker] = field(default_factory=set)
    loading: set[Worker] = field(default_factory=set)
    starting: int = 0
    reason: str = ""
    retry_ms: int = 0
    losses: int = 0

    @property
    def workers(self) -> list[Worker]:
        """Returns those that have loaded the function's code."""
        return [*self.idle, *self.busy]

    @property
    def allocated(self) -> int:
        """Returns how many of them run what the qualifier stands for."""
        return min(sum(self.fits(worker) for worker in self.workers), self.provision.requested)

    @property
    def status(self) -> Status:
        """Returns whether all are there, or will not be."""
        if self.allocated >= self.provision.requested:
            return Status.READY
        return Status.FAILED if self.reason else Status.IN_PROGRESS

    def is_meant_by(self, worker: Worker) -> bool:
        """Returns whether the worker was started for what the qualifier stands for now."""
        return worker.function.worker_key == self.function.worker_key

    def fits(self, worker: Worker) -> bool:
        """Returns whether it does, and lives."""
        return worker.alive and self.is_meant_by(worker)

    def due(self, now_ms: int) -> list[Worker]:
        """Returns the workers whose credentials are to be renewed."""
        return [worker for worker in self.workers if worker.plan.renew_ms - LEAD_MS <= now_ms]

    def missing(self, now_ms: int) -> int:
        """Returns how many workers are to be started, less than 0 when there are too many."""
        due = self.due(now_ms)
        fresh = sum(self.fits(worker) and worker not in due for worker in self.workers)
        return self.allowed - fresh - self.starting

    def next_ms(self, now_ms: int) -> int | None:
        """Returns when there is something to do that nobody tells of, or None."""
        waits = [self.retry_ms] if self.retry_ms > now_ms else []
        renewed = [worker.plan.renew_ms - LEAD_MS for worker in self.workers]
        return min([*waits, *(due_ms for due_ms in renewed if due_ms > now_ms)], default=None)
