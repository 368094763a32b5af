"""Provisioned concurrency: workers that are started ahead, and again when they end, for whoever asks by a qualifier.

They have no place in the pool's line: what it grants to others does not wait for them, nor they for it. All together
are at most as many as there are places. Rows say what is wanted; what is there is compared with them at the start,
after each change, when a worker ends, and before its credentials do.

Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html
"""

import asyncio

from penstock.errors import AwsError
from penstock.services.background import Background
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.provision import Provision, every_provision
from penstock.services.lambda_.limits import PROVISIONED_INIT_TIMEOUT_S
from penstock.services.lambda_.runtime.planning import StaleCode
from penstock.services.lambda_.runtime.pool import Pool
from penstock.services.lambda_.runtime.reserve import Reserve
from penstock.services.lambda_.runtime.worker import Worker, WorkerLost
from penstock.services.service import Parts

INIT_FAILURE = "FUNCTION_ERROR_INIT_FAILURE"
_RETRY_MS = 60_000
_STARTS_AT_ONCE = 2
Key = tuple[int, str]


class Provisions:
    """The reserves of one server, by function and qualifier."""

    def __init__(self, parts: Parts, pool: Pool, background: Background) -> None:
        self._store = parts.store
        self._clock = parts.clock
        self._places = parts.config.function_workers
        self._pool = pool
        self._background = background
        self._reserves: dict[Key, Reserve] = {}
        self._starts = asyncio.Semaphore(_STARTS_AT_ONCE)
        self._woken = asyncio.Event()
        self._resting = asyncio.Event()
        self._due_ms: int | None = None
        self._stale = True
        self._closed = False

    @property
    def is_behind(self) -> bool:
        """Returns whether something is still to be compared with what is wanted."""
        due_ms = self._due_ms
        return not self._resting.is_set() or (due_ms is not None and due_ms <= self._clock.now_ms())

    @property
    def idle(self) -> int:
        """Returns how many workers run nothing."""
        return sum(len(reserve.idle) for reserve in self._reserves.values())

    def changed(self) -> None:
        """Called after the commit of what changes what is wanted."""
        self._stale = True
        self._wake()

    async def caught_up(self) -> None:
        """Returns when all is on its way that is wanted now."""
        while self.is_behind:
            self._wake()
            await self._resting.wait()

    def close(self) -> None:
        """Starts nothing any more."""
        self._closed = True

    async def run(self) -> None:
        """Keeps what is wanted, until it is cancelled."""
        while True:
            self._woken.clear()
            if self._stale:
                self._adopt(await self._read())
            self._share_out()
            self._due_ms = self._next_ms()
            if not self._woken.is_set():
                self._resting.set()
            if self._due_ms is None:
                await self._woken.wait()
            else:
                await self._clock.wait_for(self._woken.wait(), self._due_ms)
            self._resting.clear()

    # For invocations

    def kept(self, function_id: int, qualifier: str) -> Reserve | None:
        """Returns what is kept for the version or alias, or None."""
        return self._reserves.get((function_id, qualifier))

    def of(self, function: Function) -> Reserve | None:
        """Returns what is kept for what ``function`` was found by, or None."""
        return self.kept(function.id, function.qualifier)

    def take(self, reserve: Reserve, function: Function) -> Worker | None:
        """Returns a worker for a run of ``function``; None when none is free, or an alias leads elsewhere now."""
        worker = self._find_free(reserve, function)
        if worker:
            reserve.idle.remove(worker)
            reserve.busy.add(worker)
        return worker

    def has_free(self, reserve: Reserve, function: Function) -> bool:
        """Returns whether ``take`` would find one."""
        return self._find_free(reserve, function) is not None

    async def run_on(self, reserve: Reserve, worker: Worker, invocation: Invocation) -> Result | None:
        """Returns how the invocation went on the worker that was taken for it; None when it has not run there."""
        try:
            return await self._pool.run_on(worker, invocation)
        except WorkerLost:
            return None
        finally:
            self._release(reserve, worker)

    def held_by(self, function: Function) -> tuple[int, int]:
        """Returns how many provisioned workers of the function are busy, and how many executions are provisioned."""
        own = [reserve for reserve in self._reserves.values() if reserve.function.id == function.id]
        return sum(len(each.busy) for each in own), sum(each.provision.requested for each in own)

    # Inside

    def _wake(self) -> None:
        self._resting.clear()
        self._woken.set()

    async def _read(self) -> list[tuple[Function, Provision]]:
        self._stale = False
        try:
            return await self._store.read(every_provision)
        except BaseException:
            self._stale = True
            raise

    def _next_ms(self) -> int | None:
        now_ms = self._clock.now_ms()
        moments = [reserve.next_ms(now_ms) for reserve in self._reserves.values()]
        return min((moment for moment in moments if moment is not None), default=None)

    def _find_free(self, reserve: Reserve, function: Function) -> Worker | None:
        now_ms = self._clock.now_ms()
        for worker in reversed(reserve.idle):
            fits = worker.alive and worker.function.worker_key == function.worker_key
            if fits and worker.plan.renew_ms > now_ms:
                return worker
        return None

    def _release(self, reserve: Reserve, worker: Worker) -> None:
        reserve.busy.discard(worker)
        if not worker.alive:
            self._wake()
            return
        reserve.losses = 0
        has_room = len(reserve.workers) < reserve.allowed
        if self._is_kept(reserve) and reserve.fits(worker) and has_room:
            reserve.idle.append(worker)
        else:
            self._pool.dismiss(worker)

    def _is_kept(self, reserve: Reserve) -> bool:
        return self._reserves.get((reserve.function.id, reserve.provision.qualifier)) is reserve

    def _adopt(self, found: list[tuple[Function, Provision]]) -> None:
        """Goes over to what the rows say; what is the same is left as it is."""
        former, self._reserves = self._reserves, {}
        for function, provision in found:
            key = function.id, provision.qualifier
            reserve = former.pop(key, None) or Reserve(function, provision)
            self._reserves[key] = reserve
            if reserve.provision != provision or reserve.function.worker_key != function.worker_key:
                reserve.reason, reserve.retry_ms, reserve.losses = "", 0, 0
            reserve.function, reserve.provision = function, provision
        for reserve in former.values():
            for worker in (*reserve.idle, *reserve.loading):
                self._pool.dismiss(worker)
            reserve.idle.clear()

    def _share_out(self) -> None:
        if self._closed:
            return
        places = self._places
        for reserve in self._reserves.values():  # the oldest first
            reserve.allowed = min(reserve.provision.requested, places)
            places -= reserve.allowed
            self._fill(reserve)

    def _fill(self, reserve: Reserve) -> None:
        """Starts what is missing, and ends what is too much or has been replaced."""
        now_ms = self._clock.now_ms()
        if reserve.allowed < reserve.provision.requested:
            reserve.reason = f"This server keeps at most {self._places} provisioned workers."
        for worker in reserve.loading:
            if not reserve.is_meant_by(worker):
                self._pool.dismiss(worker)
        due = reserve.due(now_ms)
        for worker in list(reserve.idle):
            replaced = worker in due and len(reserve.workers) > reserve.allowed
            if not reserve.fits(worker) or replaced or reserve.missing(now_ms) < 0:
                reserve.idle.remove(worker)
                self._pool.dismiss(worker)
        if now_ms >= reserve.retry_ms:
            for _ in range(reserve.missing(now_ms)):
                reserve.starting += 1
                self._background.spawn(
                    f"lambda: provisioned worker of {reserve.function.qualified_arn}", self._start(reserve)
                )

    async def _start(self, reserve: Reserve) -> None:
        try:
            async with self._starts:
                if self._is_kept(reserve) and not self._closed and self._clock.now_ms() >= reserve.retry_ms:
                    await self._load(reserve)
        except BaseException:
            self._fail(reserve, "The worker could not be started.")
            raise
        finally:
            reserve.starting -= 1
            self._wake()

    async def _load(self, reserve: Reserve) -> None:
        try:
            worker = await self._pool.start_apart(reserve.function, self._ended)
        except StaleCode:
            self._fail(reserve, "The code is not there any more.")
            return
        except AwsError as error:
            self._fail(reserve, error.message)
            return
        reserve.loading.add(worker)
        has_loaded = await worker.loaded(max(PROVISIONED_INIT_TIMEOUT_S, worker.function.timeout_s))
        reserve.loading.discard(worker)
        if not has_loaded:
            self._pool.dismiss(worker)
            if reserve.is_meant_by(worker):
                self._fail(reserve, INIT_FAILURE)
        elif self._is_kept(reserve) and reserve.fits(worker):
            reserve.idle.append(worker)
            reserve.reason = ""
        else:
            self._pool.dismiss(worker)

    def _fail(self, reserve: Reserve, reason: str) -> None:
        reserve.reason = reason
        reserve.retry_ms = self._clock.now_ms() + _RETRY_MS

    def _ended(self, worker: Worker) -> None:
        """Called when the process of a worker has gone: its successor is started at once, unless that fails too."""
        self._wake()
        for reserve in self._reserves.values():
            if worker in reserve.idle:
                reserve.idle.remove(worker)
                reserve.losses += 1
                if reserve.losses > 1:
                    self._fail(reserve, INIT_FAILURE)
