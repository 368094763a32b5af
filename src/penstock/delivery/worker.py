"""Carries deliveries that take time: leases what is due, tries it, and writes down what became of it.

A lease is kept in memory: the data directory is locked to this process, so after a crash nobody else can hold one,
and what was being tried is simply due again. A try therefore costs one write, its outcome.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping

from penstock.clock import Clock, Ids
from penstock.delivery.job import Attempt, Job, Outcome
from penstock.delivery.ladder import S3_DESTINATION
from penstock.delivery.outbox import Delivery, add_attempt
from penstock.delivery.target import DestinationError, Message, Source
from penstock.errors import StoreUnavailable
from penstock.store import ReadTx, Store, Tx, queries
from penstock.supervisor import Supervisor

Q = queries(__package__)
log = logging.getLogger(__name__)

LANE_WIDTH = 32
"""Deliveries to one destination that may be tried at once, so that a slow one leaves the others room."""

_DEFECT_RETRY_MS = 60_000
_STORE_PAUSE_S = 1


class Worker:
    """One per server; ``start`` it once, ``drain`` waits for what is being tried."""

    def __init__(self, delivery: Delivery, store: Store, clock: Clock, ids: Ids) -> None:
        self._delivery = delivery
        self._store = store
        self._clock = clock
        self._ids = ids
        self._woken = asyncio.Event()
        self._quiet = asyncio.Event()
        self._leased: dict[str, set[int]] = defaultdict(set)
        self._tries: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    def start(self, supervisor: Supervisor) -> None:
        """Begins to deliver, first of all what a former process left."""
        self._delivery.wake = self.wake
        self.wake()
        self._loop = supervisor.keep("delivery: worker", self._run)

    async def drain(self) -> None:
        """Stops leasing and returns when nothing is being tried any more."""
        if self._loop:
            self._loop.cancel()
            await asyncio.gather(self._loop, *self._tries, return_exceptions=True)

    def wake(self) -> None:
        """Promises a look at what is due."""
        self._quiet.clear()
        self._woken.set()

    async def settled(self) -> None:
        """Returns when a look has found nothing due and nothing is being tried."""
        self.wake()
        await self._quiet.wait()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            # As it is before the snapshot: what ends while that is read is due in it still.
            leased = {arn: frozenset(ids) for arn, ids in self._leased.items()}
            jobs, next_ms = await self._store.read(self._lease, leased)
            for job in jobs:
                self._begin(job)
            if not self._tries:
                self._quiet.set()
            if next_ms is None:
                await self._woken.wait()
            else:
                await self._clock.wait_for(self._woken.wait(), next_ms)
            self._quiet.clear()

    def _lease(self, tx: ReadTx, leased: Mapping[str, frozenset[int]]) -> tuple[list[Job], int | None]:
        """Returns what is due, and when the next thing will be."""
        jobs: list[Job] = []
        nexts = [self._lease_lane(tx, arn, leased.get(arn, frozenset()), jobs) for (arn,) in tx.all(Q.lanes)]
        return jobs, min((due_ms for due_ms in nexts if due_ms is not None), default=None)

    def _lease_lane(self, tx: ReadTx, arn: str, leased: frozenset[int], jobs: list[Job]) -> int | None:
        room = LANE_WIDTH - len(leased)
        for id, due_ms in tx.all(Q.due_in_lane, arn, LANE_WIDTH + 1):
            if id in leased:
                continue
            if due_ms > tx.now_ms:
                return int(due_ms)
            if room <= 0:
                return None  # whichever finishes first wakes the loop
            row = tx.one(Q.job, id)
            assert row is not None
            jobs.append(_job(row, self._ids))
            room -= 1
        return None

    def _begin(self, job: Job) -> None:
        self._leased[job.arn].add(job.id)
        task = asyncio.create_task(self._try(job))
        self._tries.add(task)
        task.add_done_callback(self._tried)

    async def _try(self, job: Job) -> None:
        try:
            started_ms = self._clock.now_ms()
            try:
                refused = await self._refused(job)
                attempt = refused or await self._attempt(job)
                await self._store.write(self._finish, job, started_ms, attempt, bool(refused))
            except Exception as defect:
                log.exception("delivery %d to %s", job.id, job.arn)
                await self._store.write(self._postpone, job, f"internal error: {defect}")
        except StoreUnavailable:
            log.exception("delivery %d to %s", job.id, job.arn)
            await self._clock.elapse(
                _STORE_PAUSE_S
            )  # it is due still: without a pause this would be a busy loop
        finally:
            self._leased[job.arn].discard(job.id)

    def _tried(self, task: asyncio.Task[None]) -> None:
        self._tries.discard(task)
        self.wake()

    async def _refused(self, job: Job) -> Attempt | None:
        if not job.source:
            return None  # a caller's own invoke was authorised when it was made
        try:
            await self._store.read(self._delivery.check, job.arn, _source(job))
        except DestinationError as error:
            return Attempt(ok=False, error=str(error))
        return None

    async def _attempt(self, job: Job) -> Attempt:
        target = self._delivery.leased_target(job.arn)
        if target is None:
            return Attempt(ok=True)  # it is stored by the transaction that finishes the delivery
        return await target.send(job)

    def _finish(self, tx: Tx, job: Job, started_ms: int, attempt: Attempt, refused: bool) -> None:
        receipt = str(attempt.detail.get("request_id", ""))
        if refused:
            outcome = _destination_outcome(tx, job, attempt)
        elif target := self._delivery.leased_target(job.arn):
            outcome = target.outcome(tx, job, attempt)
        else:
            message = Message(job.payload.decode(), job.trace)
            try:
                receipt = self._delivery.send(tx, job.arn, _source(job), message)
                outcome = Outcome.delivered()
            except DestinationError as error:  # of this very message: the destination itself was in order
                attempt = Attempt(ok=False, error=str(error))
                outcome = _destination_outcome(tx, job, attempt)
        add_attempt(tx, job.id, job.arn, job.span, started_ms, attempt)
        self._apply(tx, job, outcome, counted=0 if attempt.throttled else 1, receipt=receipt)

    def _apply(self, tx: Tx, job: Job, outcome: Outcome, *, counted: int, receipt: str) -> None:
        if outcome.state == "retry":
            tx.run(Q.retry, counted, outcome.due_ms, outcome.reason, job.id)
            return
        if outcome.state == "delivered":
            tx.run(Q.delivered, tx.now_ms, receipt, job.id)
        else:
            log.warning("delivery %d to %s is dead: %s", job.id, job.arn, outcome.reason)
            tx.run(Q.dead, counted, tx.now_ms, outcome.reason, outcome.dead_letter, job.id)
        tx.after_commit(self._ended)

    def _postpone(self, tx: Tx, job: Job, reason: str) -> None:
        tx.run(Q.retry, 0, tx.now_ms + _DEFECT_RETRY_MS, reason, job.id)

    def _ended(self) -> None:
        self._delivery.backlog -= 1


def _destination_outcome(tx: Tx, job: Job, attempt: Attempt) -> Outcome:
    # The first failure was met in the commit itself and is not an attempt of the worker's.
    delay_ms = S3_DESTINATION.delay_ms(job.attempts + 2)
    if delay_ms is None or tx.now_ms + delay_ms > job.created_ms + S3_DESTINATION.max_age_ms:
        return Outcome.dead(attempt.error, None)
    return Outcome.retry(tx.now_ms + delay_ms, attempt.error)


def _source(job: Job) -> Source:
    return Source(job.source, job.source_arn, job.account)


def _job(row: tuple[object, ...], ids: Ids) -> Job:
    id, arn, account, payload, trace, attempts, created_ms, source, source_arn = row
    return Job(id, arn, account, payload, trace, ids.hex(16), attempts, created_ms, source, source_arn)  # type: ignore[arg-type]
