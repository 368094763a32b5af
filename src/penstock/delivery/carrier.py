"""Carries deliveries that have rows: leases what is due, tries it, and writes down what became of it.

A delivery that this process made and has room for is leased from birth and comes by ``take``; what is due later, or
was left by a former process, is leased by a write of its own. One loop looks for what is due; a failure of the store
ends neither it nor a try: an outcome that cannot be written is kept, and its write tried again, because the function
must not run once more only because its outcome was not written.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from penstock.clock import Clock, Ids
from penstock.delivery.attempts import add_attempt
from penstock.delivery.documents import Sender, ladder_document, read_ladder, read_message, read_sender
from penstock.delivery.job import Attempt, Dead, Delivered, Job, Outcome, Retry
from penstock.delivery.message import Origin
from penstock.delivery.outbox import LEASE_MS, Delivery
from penstock.delivery.priority import Priority
from penstock.delivery.source import Source
from penstock.delivery.target import DestinationError, ForbiddenDestination, Undeliverable
from penstock.delivery.turn import ANY_TURN, Turn
from penstock.errors import StoreUnavailable
from penstock.identities import Identities
from penstock.store import ReadTx, Row, Store, Tx, queries
from penstock.supervisor import Supervisor

Q = queries(__package__)
log = logging.getLogger(__name__)

_DEFECT_RETRY_MS = 60_000

Step = Callable[[Tx], None]
"""Writes down the outcome of one try."""


class Carrier:
    """One per server; ``start`` it once, ``drain`` waits for what is being tried."""

    def __init__(
        self, delivery: Delivery, identities: Identities, store: Store, clock: Clock, ids: Ids
    ) -> None:
        self._delivery = delivery
        self._identities = identities
        self._store = store
        self._clock = clock
        self._ids = ids
        self._owner = ids.hex(16)
        self._woken = asyncio.Event()
        self._quiet = asyncio.Event()
        self._tries: set[asyncio.Task[None]] = set()
        self._kept: set[asyncio.Task[None]] = set()
        self._notes: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._is_draining = False
        self._is_putting_off = False

    def start(self, supervisor: Supervisor) -> None:
        """Begins to deliver, first of all what a former process left."""
        self._supervisor = supervisor
        self._delivery.carried_by(self._owner, self.take, self.wake)
        self.wake()
        self._loop = supervisor.keep("delivery: carrier", self._run)

    def stop(self) -> None:
        """Stops leasing: what is due is the next process's, and so is what a try that was broken off is due for."""
        self._is_draining = True
        self._delivery.carried_by_nobody()
        if self._loop:
            self._loop.cancel()

    async def drain(self) -> None:
        """Stops leasing and returns when nothing is being tried any more.

        Outcomes that cannot be written now are given up: their deliveries are tried again by the next process.
        """
        self.stop()
        for task in self._kept:
            task.cancel()
        await asyncio.gather(*filter(None, (self._loop, *self._tries, *self._notes)), return_exceptions=True)

    def wake(self) -> None:
        """Promises a look at what is due."""
        self._quiet.clear()
        self._woken.set()

    async def settled(self) -> None:
        """Returns when a look has found nothing due and nothing is being tried."""
        self.wake()
        await self._quiet.wait()

    def take(self, job: Job) -> None:
        """Tries a delivery that is leased to this process, at once or when its lane has room."""
        if self._delivery.lanes.begin(job.arn, job.id, job.turn.priority):
            task = self._supervisor.spawn(f"delivery {job.id}", self._carry(job))
            self._tries.add(task)
            task.add_done_callback(partial(self._tried, job))

    def _tried(self, job: Job, task: asyncio.Task[None]) -> None:
        self._tries.discard(task)
        self._delivery.lanes.end(job.arn, job.id)
        self.wake()

    # What is due

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            next_ms = await self._take_up()
            is_waiting = self._woken.is_set() or self._is_putting_off
            if (
                not self._tries and not is_waiting
            ):  # else somebody wants a look that begins now, or something is due
                self._quiet.set()
            if next_ms is None:
                await self._woken.wait()
            else:
                await self._clock.wait_for(self._woken.wait(), next_ms)
            self._quiet.clear()

    async def _take_up(self) -> int | None:
        """Starts what may be tried now and returns when to look again."""
        lanes, self._is_putting_off = self._delivery.lanes, False
        if handed := lanes.next_handed():
            for job in await self._store.read(self._find, handed):
                lanes.unhand(job.arn, job.id)
                self.take(job)
        while lanes.has_waiting():
            due, next_ms, self._is_putting_off = await self._store.read(self._look)
            if not due:
                return next_ms
            for job in await self._store.write(self._lease, due):
                self.take(job)
        return None

    def _find(self, tx: ReadTx, ids: list[int]) -> list[Job]:
        rows = [tx.one(Q.find_leased, id) for id in ids]
        return [self._job(row) for row in rows if row]

    def _look(self, tx: ReadTx) -> tuple[list[str], int | None, bool]:
        """Returns the destinations that something is due for and may be tried, when to look again, and whether
        something that is due is put off.
        """
        due, next_ms, is_putting_off = [], None, False
        for (arn,) in tx.all(Q.find_lanes):
            for rank in self._delivery.lanes.ranks(arn):
                ((due_ms,),) = tx.all(Q.find_next_due, arn, rank.rank if rank else 0)
                if due_ms is None:
                    continue
                share = self._delivery.lanes.share(arn, rank, tx.now_ms)
                opens_ms = self._delivery.lanes.opens_ms(arn, rank, due_ms, tx.now_ms)
                if share.most and due_ms <= share.due_ms:
                    due.append(arn)
                    break
                is_putting_off |= due_ms <= tx.now_ms and self._delivery.lanes.is_put_off(arn)
                if opens_ms > tx.now_ms:  # else whichever finishes first wakes the loop
                    next_ms = opens_ms if next_ms is None else min(next_ms, opens_ms)
        return due, next_ms, is_putting_off

    def _lease(self, tx: Tx, arns: list[str]) -> list[Job]:
        jobs: list[Job] = []
        for arn in arns:
            before = len(jobs)
            for rank in self._delivery.lanes.ranks(arn):
                share = self._delivery.lanes.share(arn, rank, tx.now_ms)
                most = max(0, share.most - (len(jobs) - before))
                for row in tx.all(Q.find_due, arn, rank.rank if rank else 0, share.due_ms, most):
                    tx.run(Q.put_lease, self._owner, tx.now_ms + LEASE_MS, row[0])
                    jobs.append(self._job(row))
        return jobs

    def _job(self, row: Row) -> Job:
        (
            id,
            arn,
            event,
            rule,
            body,
            message,
            attempts,
            created_ms,
            accepted_ms,
            sender,
            ladder,
            rank,
            group,
        ) = row
        turn = Turn(Priority.ranked(rank), group) if rank or group is not None else ANY_TURN
        return Job(
            id,
            arn,
            read_message(body, message)._replace(origin=Origin(event, rule, turn=turn)),
            self._ids.hex(16),
            attempts,
            created_ms,
            accepted_ms,
            read_sender(sender) if sender else None,
            read_ladder(ladder) if ladder else None,
            turn,
        )

    # One try

    async def _carry(self, job: Job) -> None:
        step = await self._try(job)
        try:
            await self._write(job, step)
        except Exception:
            log.exception("the outcome of delivery %d to %s waits to be written", job.id, job.arn)
            await self._keep(job, step)

    async def _try(self, job: Job) -> Step:
        """Returns what writes down how the try went."""
        started_ms = self._clock.now_ms()
        if job.accepted_ms is None:
            return partial(self._offer, job)
        try:
            attempt = await self._delivery.target(job.arn).attempt(job)
        except Exception as defect:
            log.exception("delivery %d to %s", job.id, job.arn)
            return partial(self._postpone, job, f"internal error: {defect}")
        return partial(self._finish, job, started_ms, attempt)

    async def _write(self, job: Job, step: Step) -> None:
        """Returns when the outcome is durable; one that its target cannot make ends in another try."""
        try:
            await self._store.write(step)
        except StoreUnavailable:
            raise
        except Exception as defect:
            log.exception("delivery %d to %s", job.id, job.arn)
            await self._store.write(partial(self._postpone, job, f"internal error: {defect}"))

    async def _keep(self, job: Job, step: Step) -> None:
        if self._is_draining:
            return
        task = self._supervisor.keep(f"delivery {job.id}: outcome", partial(self._write, job, step))
        self._kept.add(task)
        await asyncio.wait((task,))
        self._kept.discard(task)

    # What became of it, within a transaction

    def _finish(self, job: Job, started_ms: int, attempt: Attempt, tx: Tx) -> None:
        _begin(job)
        outcome = self._delivery.target(job.arn).finish(tx, job, attempt)
        add_attempt(tx, job.id, job.arn, job.span, started_ms, attempt)
        self._apply(tx, job, outcome, counted=0 if attempt.throttled else 1)
        self._note_health(tx, job.arn, attempt)

    def _note_health(self, tx: Tx, arn: str, attempt: Attempt) -> None:
        if attempt.outage:
            tx.after_commit(partial(self._failed, arn, attempt.error, tx.now_ms))
        elif self._delivery.lanes.is_failing(arn) and not attempt.throttled:
            tx.after_commit(partial(self._worked, arn))

    def _failed(self, arn: str, error: str, now_ms: int) -> None:
        lanes = self._delivery.lanes
        was_open = lanes.open_breaker(arn) is not None
        lanes.failed(arn, error, now_ms)
        if lanes.open_breaker(arn) and not was_open:
            self._note_breaker(arn)

    def _worked(self, arn: str) -> None:
        was_open = self._delivery.lanes.open_breaker(arn) is not None
        self._delivery.lanes.worked(arn)
        if was_open:
            self._note_breaker(arn)

    def _note_breaker(self, arn: str) -> None:
        task = self._supervisor.spawn(f"breaker of {arn}", self._store.write(self._write_breaker, arn))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    def _write_breaker(self, tx: Tx, arn: str) -> None:
        # As it is now: of one that opens and closes at once the two writes may come in any order.
        if breaker := self._delivery.lanes.open_breaker(arn):
            tx.run(Q.put_breaker, arn, breaker.since_ms, breaker.error)
        else:
            tx.run(Q.delete_breaker, arn)

    def _offer(self, job: Job, tx: Tx) -> None:
        _begin(job)
        try:
            source = self._source(tx, job.sender)
            receipt = self._delivery.target(job.arn).accept(tx, job.arn, source, job.message)
        except DestinationError as refused:
            attempt, outcome = Attempt(ok=False, error=str(refused)), _refused(tx, job, refused)
        else:
            if receipt is None:
                tx.run(Q.put_accepted, tx.now_ms, tx.now_ms, job.id)
                return
            attempt, outcome = Attempt(ok=True), Delivered(receipt)
        add_attempt(tx, job.id, job.arn, job.span, tx.now_ms, attempt)
        self._apply(tx, job, outcome, counted=1)

    def _source(self, tx: ReadTx, sender: Sender | None) -> Source:
        """Returns who sends now: what a role may is what its policies say at each try."""
        if sender is None:
            raise DestinationError("nobody sends it")
        if not sender.role:
            return Source.of_service(sender.service, sender.arn, sender.account, sender.sender_id)
        principal = self._identities.keeper.role_principal(
            tx, sender.role, service=sender.service, session=sender.session, source=sender.arn
        )
        if principal is None:
            raise ForbiddenDestination(f"{sender.service} may not assume the role {sender.role}")
        return Source.of_role(sender.service, principal, sender.arn)

    def _apply(self, tx: Tx, job: Job, outcome: Outcome, *, counted: int) -> None:
        match outcome:
            case Retry(due_ms, reason, ladder):
                tx.run(Q.put_retry, counted, due_ms, reason, ladder_document(ladder), job.id)
                return
            case Delivered(receipt, reason):
                tx.run(Q.put_delivered, tx.now_ms, receipt, reason or None, job.id)
            case Dead(reason, dead_letter):
                log.warning("delivery %d to %s is dead: %s", job.id, job.arn, reason)
                tx.run(Q.put_dead, counted, tx.now_ms, reason, dead_letter, job.id)
                tx.after_commit(partial(self._delivery.count_dead, 1))
        self._delivery.ended(tx, job.arn, job.turn)
        tx.after_commit(partial(self._delivery.lanes.leave, job.arn, job.turn.priority))

    def _postpone(self, job: Job, reason: str, tx: Tx) -> None:
        tx.run(Q.put_postponed, tx.now_ms + _DEFECT_RETRY_MS, reason, job.id)


def _begin(job: Job) -> None:
    if job.message.origin:
        job.message.origin.begin()


def _refused(tx: Tx, job: Job, refused: DestinationError) -> Outcome:
    reason = str(refused)
    if isinstance(refused, Undeliverable):
        return Dead(reason, refused.dead_letter)
    if job.ladder is None:
        return Dead(reason)
    due_ms = job.ladder.due_ms(job.attempts + 1, job.created_ms, tx.now_ms, tx.ids.fraction())
    return Dead(reason) if due_ms is None else Retry(due_ms, reason, job.ladder)
