"""All workers of one server: warm ones are reused, new ones started on demand, idle ones of others make room.

It promises that no more than ``limit`` processes live at once, and that whoever waits for one is served in order;
only a worker that is warm for somebody further back may serve that one first, and not without bound.
"""

import asyncio
import logging
import os
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from penstock.errors import AwsError
from penstock.services.lambda_.errors import not_started, role_not_assumable, stopping
from penstock.services.lambda_.functions.credentials import assume_role
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.owned_folder import OwnedFolder
from penstock.services.lambda_.functions.package import PackageStore
from penstock.services.lambda_.runtime.background import Background
from penstock.services.lambda_.runtime.environment import worker_environment
from penstock.services.lambda_.runtime.interpreter import Interpreter, find_interpreter
from penstock.services.lambda_.runtime.left_behind import clean_up, sweep, work_folder
from penstock.services.lambda_.runtime.log_stream import LogStream
from penstock.services.lambda_.runtime.process import ProcessSpec
from penstock.services.lambda_.runtime.worker import Worker, WorkerLost, WorkerPlan
from penstock.services.service import Parts

log = logging.getLogger(__name__)

_ENTRY = Path(__file__).with_name("entry.py").read_text("utf-8")
_IDLE_MS = 10 * 60_000
_RENEW_BEFORE_MS = 20 * 60_000  # more than the longest time-out
_OVERTAKES = 32
_FIRST_UID = 60_706
"""Each place has a user of its own, so that workers cannot look at each other; systemd leaves these unused."""


class StaleCode(Exception):
    """The function was changed or removed before its worker was started."""


@dataclass(slots=True, eq=False)
class _Ticket:
    function: Function
    place: asyncio.Future["Worker | int"]
    overtaken: int = 0


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
        self._waiting: deque[_Ticket] = deque()
        self._leaving: set[Worker] = set()
        self._starting: list[str] = []
        self._discarded: set[str] = set()
        self._generations: dict[int, int] = {}
        self._interpreters: dict[str, Interpreter] = {}
        self._went_idle = asyncio.Event()
        self._reaper: asyncio.Task[None] | None = None
        self._root: OwnedFolder | None = None
        self._closed = False

    async def start(self) -> None:
        """Makes the folder for code and temporary files, and begins to stop workers that stay idle."""
        functions = self._parts.config.data_dir() / "functions"
        await asyncio.to_thread(sweep, functions)
        self._root = await asyncio.to_thread(work_folder, functions)
        self._packages.unpack_in(self._root)
        self._reaper = self._parts.supervisor.keep("lambda: idle workers", self._reap)

    async def close(self) -> None:
        """Kills every worker and returns when all have gone."""
        self._closed = True
        if self._reaper:
            self._reaper.cancel()
            await asyncio.gather(self._reaper, return_exceptions=True)
        for ticket in self._waiting:
            if not ticket.place.done():
                ticket.place.set_exception(stopping())
        await asyncio.gather(*(worker.stop() for worker in list(self._workers.values())))

    def remove_folder(self) -> None:
        """Removes the folder for code and temporary files, when nothing runs in it any more. Blocking."""
        if self._root:
            self._root.close()

    def worker(self, token: str) -> Worker | None:
        """Returns the worker with this token, or None."""
        return self._workers.get(token)

    async def run(self, function: Function, invocation: Invocation) -> Result:
        """Returns how the invocation went.

        AwsError when no worker can be started, StaleCode when its code has gone and a newer function is to run.
        """
        while True:
            worker = await self._acquire(function)
            try:
                result = await worker.run(invocation)
            except WorkerLost:
                continue
            finally:
                self._release(worker)
            if self._closed and result.error_type == "Runtime.ExitError":
                raise stopping()  # it was ended by the server, not by itself
            return result

    def retire(self, function_id: int, generation: int) -> None:
        """Stops the function's workers from before ``generation``: idle ones now, the others when they are done."""
        self._generations[function_id] = generation
        for worker in [worker for worker in self._idle if self._retired(worker)]:
            self._dismiss(worker)

    def discard(self, code: str) -> None:
        """Removes the unpacked files of a package that no function has, once no worker runs on them any more."""
        self._discarded.add(code)
        self._remove_discarded(code)

    # Places

    async def _acquire(self, function: Function) -> Worker:
        if self._closed:
            raise stopping()
        if not self._waiting:
            if worker := self._take_warm(function):
                return worker
            if self._free:
                return await self._start(function, self._free.pop())
        ticket = _Ticket(function, asyncio.get_running_loop().create_future())
        self._waiting.append(ticket)
        self._make_room()
        place = await ticket.place
        return place if isinstance(place, Worker) else await self._start(function, place)

    def _take_warm(self, function: Function) -> Worker | None:
        for worker in reversed(self._idle):
            if self._fits(worker, function):
                if worker.plan.renew_ms > self._clock.now_ms():
                    self._idle.remove(worker)
                    return worker
                self._dismiss(worker)
        return None

    def _release(self, worker: Worker) -> None:
        if not worker.alive:
            return  # its place comes free when the process has gone
        if self._retired(worker) or self._closed:
            self._dismiss(worker)
            return
        if ticket := self._next_for(worker):
            ticket.place.set_result(worker)
            return
        worker.idle_since_ms = self._clock.now_ms()
        self._idle.append(worker)
        self._went_idle.set()
        self._make_room()

    def _next_for(self, worker: Worker) -> _Ticket | None:
        for ticket in list(self._waiting):
            if ticket.place.done():
                self._waiting.remove(ticket)
            elif self._fits(worker, ticket.function):
                self._waiting.remove(ticket)
                return ticket
            elif ticket.overtaken >= _OVERTAKES:
                return None
            else:
                ticket.overtaken += 1
        return None

    def _make_room(self) -> None:
        waiting = sum(not ticket.place.done() for ticket in self._waiting)
        while self._idle and len(self._leaving) + len(self._free) < waiting:
            self._dismiss(self._idle[0])
        while self._free and self._waiting:
            ticket = self._waiting.popleft()
            if not ticket.place.done():
                ticket.place.set_result(self._free.pop())

    def _dismiss(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
        self._leaving.add(worker)
        self._background.spawn("lambda: end of a worker", worker.stop())

    def _ended(self, worker: Worker) -> None:
        self._leaving.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        self._workers.pop(worker.plan.token, None)
        self._remove_discarded(worker.function.code)
        self._background.spawn("lambda: clean-up", self._clean(worker.plan))

    async def _clean(self, plan: WorkerPlan) -> None:
        try:
            await asyncio.to_thread(self._clean_up, plan)
        finally:
            self._vacate(plan.slot)

    def _clean_up(self, plan: WorkerPlan) -> None:
        assert self._root is not None
        clean_up(self._root, plan.temporary)

    def _remove_discarded(self, code: str) -> None:
        users = [*self._starting, *(worker.function.code for worker in self._workers.values())]
        if code in self._discarded and code not in users:
            self._discarded.remove(code)
            self._background.spawn(
                "lambda: clean-up", asyncio.to_thread(self._packages.remove_unpacked, code)
            )

    def _vacate(self, slot: int) -> None:
        self._free.append(slot)
        self._make_room()

    def _fits(self, worker: Worker, function: Function) -> bool:
        other = worker.function
        return worker.alive and other.id == function.id and other.generation == function.generation

    def _retired(self, worker: Worker) -> bool:
        return worker.function.generation < self._generations.get(worker.function.id, 0)

    async def _reap(self) -> None:
        while True:
            self._went_idle.clear()
            if not self._idle:
                await self._went_idle.wait()
            await self._clock.wait_until(self._idle[0].idle_since_ms + _IDLE_MS if self._idle else 0)
            now_ms = self._clock.now_ms()
            for worker in [worker for worker in self._idle if worker.idle_since_ms + _IDLE_MS <= now_ms]:
                self._dismiss(worker)

    # Starting

    async def _start(self, function: Function, slot: int) -> Worker:
        self._starting.append(function.code)
        try:
            plan, stream = await self._plan(function, slot)
            return self._begin(plan, stream)
        except OSError as error:  # no room on the disk, no file descriptor, no process left
            self._vacate(slot)
            log.exception("no worker could be started for %s", function.arn)
            raise not_started(str(error)) from None
        except BaseException:
            self._vacate(slot)
            raise
        finally:
            self._starting.remove(function.code)
            self._remove_discarded(function.code)

    def _begin(self, plan: WorkerPlan, stream: LogStream) -> Worker:
        try:
            if self._closed:
                raise stopping()
            worker = Worker(plan, self._clock, stream, self._ended)
        except BaseException:
            self._background.spawn("lambda: clean-up", asyncio.to_thread(self._clean_up, plan))
            raise
        self._workers[plan.token] = worker
        return worker

    async def _plan(self, function: Function, slot: int) -> tuple[WorkerPlan, LogStream]:
        if function.generation < self._generations.get(function.id, 0):
            raise StaleCode  # it has waited for its place meanwhile
        try:
            code = await self._packages.unpacked(function.code)
        except FileNotFoundError:
            self._packages.forget(function.code)
            raise StaleCode from None
        interpreter = await self._interpreter(function.settings["Runtime"])
        uid = _FIRST_UID + slot if interpreter.unprivileged else None
        credentials = await self._credentials(function)
        stream = self._stream(function, credentials)
        token = self._parts.ids.hex(32)
        assert self._root is not None
        temporary = self._root.path / f"tmp-{self._parts.ids.hex(16)}"
        await asyncio.to_thread(_make_temporary, temporary, uid)
        env = worker_environment(
            function,
            interpreter,
            credentials,
            code=code,
            temporary=temporary,
            log_stream=stream.stream,
            endpoint=self._parts.endpoint,
            token=token,
        )
        argv = [interpreter.path, "-c", _ENTRY, function.settings["Handler"]]
        expires: datetime = credentials["Expiration"]
        renew_ms = int(expires.timestamp() * 1000) - _RENEW_BEFORE_MS
        keep = _below_tmp(str(code), str(temporary), *interpreter.folders)
        spec = ProcessSpec(argv, env, str(code), uid, str(temporary), keep)
        return WorkerPlan(function, interpreter, spec, temporary, slot, token, renew_ms), stream

    async def _interpreter(self, runtime: str) -> Interpreter:
        found = self._interpreters.get(runtime)
        if found is None:
            uid = _FIRST_UID if os.geteuid() == 0 else None
            found = self._interpreters[runtime] = await asyncio.to_thread(find_interpreter, runtime, uid)
        return found

    async def _credentials(self, function: Function) -> dict[str, Any]:
        try:
            return await assume_role(
                self._parts, function.account, function.region, function.name, function.role
            )
        except AwsError:
            raise role_not_assumable() from None

    def _stream(self, function: Function, credentials: dict[str, Any]) -> LogStream:
        day = self._clock.now().strftime("%Y/%m/%d")
        return LogStream(
            self._parts,
            account=function.account,
            region=function.region,
            group=function.log_group,
            stream=f"{day}/[$LATEST]{self._parts.ids.hex(32)}",
            identity=lambda: self._parts.call.identify(
                credentials["AccessKeyId"], credentials["SessionToken"]
            ),
            background=self._background,
        )


def _below_tmp(*folders: str) -> tuple[str, ...]:
    """Returns those of ``folders`` that are in the machine's /tmp, without those within another."""
    found = {folder for folder in folders if folder.startswith("/tmp/")}
    return tuple(sorted(f for f in found if not any(f.startswith(other + "/") for other in found)))


def _make_temporary(folder: Path, uid: int | None) -> None:
    folder.mkdir(mode=0o700)
    if uid is not None:
        os.chown(folder, uid, uid)
