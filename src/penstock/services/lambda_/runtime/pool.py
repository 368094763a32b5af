"""All workers of one server: warm ones are reused, new ones started on demand, idle ones of others make room.

It promises that no more than ``function_workers`` processes live at once, besides provisioned ones, and that each
function gets its share of them. A worker that is warm goes on with its own function for a moment, even when somebody
else is next.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from penstock.services.background import Background
from penstock.services.lambda_.errors import caller_gone, not_started, stopping
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.owned_folder import OwnedFolder
from penstock.services.lambda_.functions.package import PackageStore
from penstock.services.lambda_.runtime.layout import make_runtime
from penstock.services.lambda_.runtime.line import Line, Ticket
from penstock.services.lambda_.runtime.log_stream import LogStream
from penstock.services.lambda_.runtime.planning import Planner, StaleCode
from penstock.services.lambda_.runtime.sandbox.left_behind import clean_up, end_all_of, sweep, work_folder
from penstock.services.lambda_.runtime.worker import Worker, WorkerLost, WorkerPlan
from penstock.services.service import Parts

log = logging.getLogger(__name__)

_IDLE_MS = 10 * 60_000
_TURN_NS = 250_000_000  # how long a worker goes on with its own function while others wait


class Pool:
    """Places for workers."""

    def __init__(self, parts: Parts, packages: PackageStore, background: Background) -> None:
        self._parts = parts
        self._clock = parts.clock
        self._packages = packages
        self._background = background
        self._free = list(range(parts.config.function_workers - 1, -1, -1))
        self._workers: dict[str, Worker] = {}
        self._idle: list[Worker] = []
        self._places = parts.config.function_workers
        self._line: Line[Worker | int] = Line(self._places)
        self._coming: deque[Ticket[Worker | int]] = deque()  # granted a place that is still being cleared
        self._starting: list[str] = []
        self._discarded: set[str] = set()
        self._generations: dict[tuple[int, str], int] = {}
        self._went_idle = asyncio.Event()
        self._reaper: asyncio.Task[None] | None = None
        self._root: OwnedFolder | None = None
        self.planner = Planner(parts, packages, background)
        self._closed = False

    async def start(self) -> None:
        """Makes the folder for code and temporary files, and begins to stop workers that stay idle."""
        functions = self._parts.config.data_dir() / "functions"
        await asyncio.to_thread(sweep, functions)
        self._root = await asyncio.to_thread(work_folder, functions)
        await asyncio.to_thread(make_runtime, self._root)
        self._packages.unpack_in(self._root)
        self._parts.supervisor.keep("lambda: isolation", self.planner.machine.try_soon)
        self._reaper = self._parts.supervisor.keep("lambda: idle workers", self._reap)

    async def close(self) -> None:
        """Kills every worker and returns when all have gone."""
        self._closed = True
        if self._reaper:
            self._reaper.cancel()
            await asyncio.gather(self._reaper, return_exceptions=True)
        self._line.close(stopping())
        for ticket in self._coming:
            ticket.place.set_exception(stopping())
            self._line.give_back(ticket.function.id)
        self._coming.clear()
        await asyncio.gather(*(worker.stop() for worker in list(self._workers.values())))

    def remove_folder(self) -> None:
        """Removes the folder for code and temporary files, when nothing runs in it any more. Blocking."""
        if self._root:
            self._root.close()

    @property
    def alive(self) -> int:
        """Returns how many workers there are."""
        return len(self._workers)

    @property
    def idle(self) -> int:
        """Returns how many of them run nothing."""
        return len(self._idle)

    @property
    def workers(self) -> Iterable[Worker]:
        """Returns those that live."""
        return self._workers.values()

    def worker(self, token: str) -> Worker | None:
        """Returns the worker with this token, or None."""
        return self._workers.get(token)

    async def run(self, function: Function, invocation: Invocation) -> Result:
        """Returns how the invocation went.

        AwsError when no worker can be started, StaleCode when its code has gone and a newer function is to run.
        """
        while True:
            worker = await self._acquire(function, invocation)
            try:
                return await self.run_on(worker, invocation)
            except WorkerLost:
                continue
            finally:
                self._release(worker)

    async def run_on(self, worker: Worker, invocation: Invocation) -> Result:
        """Returns how the invocation went on this worker; WorkerLost when that ended before it took it."""
        result = await worker.run(invocation)
        if self._closed and result.error_type == "Runtime.ExitError":
            raise stopping()  # it was ended by the server, not by itself
        return result

    async def start_apart(self, function: Function, ended: Callable[[Worker], object]) -> Worker:
        """Returns a new worker that takes no place, and whose end is told to ``ended``.

        AwsError when none can be started, StaleCode when its code has gone.
        """
        return await self._start(function, None, ended)

    def dismiss(self, worker: Worker) -> None:
        """Promises to end the worker."""
        if worker in self._idle:
            self._idle.remove(worker)
        self._background.spawn("lambda: end of a worker", worker.stop())

    def retire(self, worker_key: tuple[int, str], generation: int) -> None:
        """Stops a version's workers from before ``generation``: idle ones now, the others when they are done."""
        self._generations[worker_key] = generation
        for worker in [worker for worker in self._idle if self._retired(worker)]:
            self.dismiss(worker)

    def look_at(self, function: Function) -> None:
        """Promises to tell the server's log what in the function's code does not fit what runs it."""
        self._background.spawn(f"lambda: code of {function.name}", self.planner.warn(function))

    def discard(self, code: str) -> None:
        """Removes the unpacked files of a package that no function has, once no worker runs on them any more."""
        self._discarded.add(code)
        self._remove_discarded(code)

    # Places

    async def _acquire(self, function: Function, invocation: Invocation) -> Worker:
        if self._closed:
            raise stopping()
        place: Worker | int | None = None
        if not self._line and self._line.may(function.id, invocation.kind):
            place = self._find_place(function)
        if place is None:
            place = await self._wait_for_place(function, invocation)
        else:
            self._line.take(function.id)
        if not isinstance(place, int):
            return place
        try:
            return await self._start(function, place)
        except BaseException:
            self._line.give_back(function.id)
            self._serve()
            raise

    async def _wait_for_place(self, function: Function, invocation: Invocation) -> Worker | int:
        ticket = self._line.join(function, invocation.kind)
        self._serve()
        gone = asyncio.ensure_future(invocation.gone()) if invocation.gone else None
        try:
            await asyncio.wait(
                (ticket.place, gone) if gone else (ticket.place,), return_when="FIRST_COMPLETED"
            )
            if not ticket.place.done():
                raise caller_gone()
        except BaseException:
            self._leave(ticket)
            raise
        finally:
            if gone:
                gone.cancel()
        return ticket.place.result()

    def _leave(self, ticket: Ticket[Worker | int]) -> None:
        if self._line.leave(ticket):
            return
        if ticket in self._coming:
            self._coming.remove(ticket)
            self._line.give_back(ticket.function.id)
        elif isinstance(place := ticket.place.result(), int):
            self._line.give_back(ticket.function.id)
            self._vacate(place)
        else:
            self._release(place)
        self._serve()

    def _find_place(self, function: Function) -> Worker | int | None:
        return self._take_warm(function) or (self._free.pop() if self._free else None)

    def _take_warm(self, function: Function) -> Worker | None:
        for worker in reversed(self._idle):
            if self._fits(worker, function):
                if worker.plan.renew_ms > self._clock.now_ms():
                    self._idle.remove(worker)
                    return worker
                self.dismiss(worker)
        return None

    def _release(self, worker: Worker) -> None:
        self._line.give_back(worker.function.id)
        if worker.alive:  # else its place comes free when the process has gone
            if self._retired(worker) or self._closed:
                self.dismiss(worker)
            else:
                self._rest(worker)
        self._serve()

    def _rest(self, worker: Worker) -> None:
        worker.idle_since_ms = self._clock.now_ms()
        self._idle.append(worker)
        self._went_idle.set()
        for ticket in self._coming:
            if self._fits(worker, ticket.function):
                self._coming.remove(ticket)
                self._idle.remove(worker)
                self._hand_over(ticket, worker)
                return
        # To end a warm worker for another function's sake costs more than a short run.
        in_turn = self._clock.stopwatch_ns() - worker.turn_ns < _TURN_NS
        if in_turn and (next_of_its := self._line.next_of(worker.function)):
            begun_ns = worker.turn_ns
            self._place(next_of_its)
            worker.turn_ns = begun_ns

    def _serve(self) -> None:
        """Grants what places there are; where none is free at once, an idle worker has to go."""
        while ticket := self._line.next():
            self._place(ticket)

    def _hand_over(self, ticket: Ticket[Worker | int], place: Worker | int) -> None:
        if not isinstance(place, int):
            place.turn_ns = self._clock.stopwatch_ns()
        ticket.place.set_result(place)

    def _place(self, ticket: Ticket[Worker | int]) -> None:
        if (place := self._find_place(ticket.function)) is not None:
            self._hand_over(ticket, place)
            return
        self._coming.append(ticket)
        leaving = self._places - len(self._free) - len(self._idle) - self._line.granted + len(self._coming)
        if leaving < len(self._coming) and self._idle:
            self.dismiss(self._idle[0])

    def _ended(self, worker: Worker, and_then: Callable[[Worker], object] | None = None) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
        self._workers.pop(worker.plan.token, None)
        for code in worker.function.codes:
            self._remove_discarded(code)
        self._background.spawn("lambda: clean-up", self._clean(worker.plan))
        if and_then:
            and_then(worker)

    async def _clean(self, plan: WorkerPlan) -> None:
        try:
            await asyncio.to_thread(self._clean_up, plan)
        finally:
            self._vacate(plan.slot)

    def _clean_up(self, plan: WorkerPlan) -> None:
        assert self._root is not None
        if plan.group:
            plan.group.close()
        clean_up(self._root, plan.temporary)
        if plan.merged:
            self._root.remove(plan.merged.name)
        if plan.user:
            end_all_of(plan.user.uid)
            plan.user.release()

    def _remove_discarded(self, code: str) -> None:
        users = set(self._starting).union(*(worker.function.codes for worker in self._workers.values()))
        if code in self._discarded and code not in users:
            self._discarded.remove(code)
            self._background.spawn(
                "lambda: clean-up", asyncio.to_thread(self._packages.remove_unpacked, code)
            )

    def _vacate(self, slot: int | None) -> None:
        if slot is None:
            return
        if self._coming:
            self._coming.popleft().place.set_result(slot)
        else:
            self._free.append(slot)
        self._serve()

    def _fits(self, worker: Worker, function: Function) -> bool:
        other = worker.function
        return (
            worker.alive
            and other.worker_key == function.worker_key
            and other.generation == function.generation
        )

    def _retired(self, worker: Worker) -> bool:
        return worker.function.generation < self._generations.get(worker.function.worker_key, 0)

    async def _reap(self) -> None:
        while True:
            self._went_idle.clear()
            if not self._idle:
                await self._went_idle.wait()
            await self._clock.wait_until(self._idle[0].idle_since_ms + _IDLE_MS if self._idle else 0)
            now_ms = self._clock.now_ms()
            for worker in [worker for worker in self._idle if worker.idle_since_ms + _IDLE_MS <= now_ms]:
                self.dismiss(worker)

    # Starting

    async def _start(
        self, function: Function, slot: int | None, ended: Callable[[Worker], object] | None = None
    ) -> Worker:
        self._starting += function.codes
        try:
            if function.generation < self._generations.get(function.worker_key, 0):
                raise StaleCode  # it has waited for its place meanwhile
            assert self._root is not None
            plan, stream = await self.planner.plan(function, self._root.path, slot)
            return self._begin(plan, stream, ended)
        except OSError as error:  # no room on the disk, no file descriptor, no process left
            self._vacate(slot)
            log.exception("no worker could be started for %s", function.arn)
            raise not_started(str(error)) from None
        except BaseException:
            self._vacate(slot)
            raise
        finally:
            for code in function.codes:
                self._starting.remove(code)
                self._remove_discarded(code)

    def _begin(self, plan: WorkerPlan, stream: LogStream, ended: Callable[[Worker], object] | None) -> Worker:
        try:
            if self._closed:
                raise stopping()
            worker = Worker(plan, self._clock, stream, partial(self._ended, and_then=ended))
        except BaseException:
            self._background.spawn("lambda: clean-up", asyncio.to_thread(self._clean_up, plan))
            raise
        self._workers[plan.token] = worker
        return worker
