"""A worker: one process that runs one generation of one function, one invocation at a time.

The process asks for work (``next``), and answers (``respond``, ``fail``) over the Runtime API; the pool gives it work
(``run``). Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.clock import Clock
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import End, Ending, Invocation, Result, answer
from penstock.services.lambda_.functions.log_levels import Level
from penstock.services.lambda_.functions.response_stream import ResponseStream
from penstock.services.lambda_.limits import INIT_TIMEOUT_S, LOG_TAIL_BYTES
from penstock.services.lambda_.runtime.initialization import Initialization
from penstock.services.lambda_.runtime.interpreter import Interpreter
from penstock.services.lambda_.runtime.log_lines import Run, system_log
from penstock.services.lambda_.runtime.log_stream import Line, LogStream
from penstock.services.lambda_.runtime.memory import peak_mb, resident_mb
from penstock.services.lambda_.runtime.sandbox.control_group import ControlGroup
from penstock.services.lambda_.runtime.sandbox.process import ChildProcess, ProcessSpec
from penstock.services.lambda_.runtime.sandbox.users import User

# Only while a handler runs longer than this; what is missed is seen in the peak at its end.
_MEMORY_LOOK_S = 0.02
_KILLED = (End.TIMEOUT, End.MEMORY, End.INIT, End.LOST)
_LINES_HELD = 1000
_BYTES_HELD = 1_048_576
_TRUNCATED = b'{"errorType":"Runtime.TruncatedResponse","errorMessage":"The response broke off."}'
_RETURN_S = 5  # a warm worker asks for the next invocation at once, unless its last one has broken it


class WorkerLost(Exception):
    """The process ended before it took the invocation, which has not run."""


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What a worker is made of. ``merged`` has its layers when there are several.

    ``slot`` is its place, None when it is provisioned. ``renew_ms`` is when its credentials have too little time left.
    ``entrypoint_error`` says why the process cannot begin, or "".
    """

    function: Function
    interpreter: Interpreter
    spec: ProcessSpec
    temporary: Path
    merged: Path | None
    slot: int | None
    user: User | None
    group: ControlGroup | None
    token: str
    renew_ms: int
    entrypoint_error: str = ""

    @property
    def initialization(self) -> Initialization:
        """Returns why it is started."""
        return Initialization.PROVISIONED if self.slot is None else Initialization.ON_DEMAND


class Worker:
    """Made started; ``ended`` is called once, when the process has gone."""

    def __init__(
        self, plan: WorkerPlan, clock: Clock, stream: LogStream, ended: Callable[["Worker"], object]
    ) -> None:
        self.plan = plan
        self.function = plan.function
        self.stream = stream
        self.idle_since_ms = 0
        self.turn_ns = clock.stopwatch_ns()
        self.alive = True
        self._clock = clock
        self._ended = ended
        self._lines: list[Line] = []
        self._held_bytes = 0
        self._tail = bytearray()
        self._invocation: Invocation | None = None
        self._offered = False
        self._ending: asyncio.Future[Ending] | None = None
        self._wanted = asyncio.Event()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loaded = asyncio.Event()
        self._timer: asyncio.Task[None] | None = None
        self._look: asyncio.TimerHandle | None = None
        self._begun_ns = clock.stopwatch_ns()
        self._init_ms: float | None = None
        self._cold = True
        self._used_mb = 0
        self._truncated = False
        self._asks = False
        self._system = system_log(self.function, plan.initialization)
        self._least = Level.named(self.function.logging.get("ApplicationLogLevel", Level.TRACE.name))
        interpreter = plan.interpreter
        self._log_all(self._system.started(clock.now_ms(), interpreter.label, interpreter.note))
        self._process = ChildProcess(plan.spec, self._log_own, self._exited)
        stream.on_crowded = self._process.hold

    @property
    def session(self) -> str:
        """Returns the session token of the credentials that the function has."""
        return self.plan.spec.env["AWS_SESSION_TOKEN"]

    @property
    def is_initialised(self) -> bool:
        """Returns whether the function's code has been loaded."""
        return self._init_ms is not None

    @property
    def has_run(self) -> bool:
        """Returns whether it has ended a run, or what was to be one."""
        return not self._cold

    # What the pool does

    async def run(self, invocation: Invocation) -> Result:
        """Returns how the invocation went; WorkerLost when the process ended before it took it."""
        if not self.alive:
            raise WorkerLost
        self._ending = asyncio.get_running_loop().create_future()
        self._invocation = invocation
        self._offered = True
        self._arm(self._initialise() if self._init_ms is None else self._give_up())
        self._wanted.set()
        try:
            ending = await self._ending
        finally:
            self._disarm()
        if ending.kind in _KILLED:
            await self.stop()
        result = self._result(invocation, ending)
        self._invocation = None
        return result

    async def loaded(self, seconds: float) -> bool:
        """Returns whether the function's code has been loaded, which may take so many real seconds."""
        loading = asyncio.ensure_future(self._loaded.wait())
        try:
            await asyncio.wait((loading,), timeout=seconds)
        finally:
            loading.cancel()
        return self.alive and self.is_initialised

    async def stop(self) -> None:
        """Kills the process and returns when it has gone."""
        self.alive = False
        self._process.kill()  # what it leaves in its control group ends with that
        await asyncio.shield(self._gone)

    # What the process does, over the Runtime API

    async def next(self) -> tuple[Invocation, int] | None:
        """Returns the next invocation and its deadline (the machine's time), or None when the process is to end."""
        if self._init_ms is None:
            self._init_ms = self._elapsed_ms()
            self._loaded.set()
            self._process.drain_whole()
            self._log_all(self._system.initialised(self._clock.now_ms(), self._init_ms, ""))
        if self._truncated:
            self._end_truncated()
        self._asks = True
        while not self._offered:
            if not self.alive:
                return None
            self._wanted.clear()
            await self._wanted.wait()
        self._asks = False
        invocation = self._invocation
        assert invocation is not None
        self._offered = False
        self._begin(invocation)
        return invocation, self._clock.machine_ms() + self.function.timeout_s * 1000

    def stream_of(self, request_id: str) -> ResponseStream | None:
        """Returns what takes the answer while it is written; None when nobody reads along, or another runs here."""
        invocation = self._invocation
        runs = invocation is not None and not self._offered and invocation.request_id == request_id
        return invocation.stream if invocation and runs else None

    def truncate(self) -> None:
        """Notes that an answer broke off, which counts when the process does not end of it but asks for more."""
        self._truncated = True
        if self._asks:
            self._end_truncated()

    def respond(self, request_id: str, body: bytes) -> bool:
        """Takes the handler's result; returns False when ``request_id`` is not running here."""
        return self._answered(request_id, Ending(End.RESPONSE, body))

    def fail(self, request_id: str, body: bytes) -> bool:
        """Takes the handler's error; returns False when ``request_id`` is not running here."""
        return self._answered(request_id, Ending(End.ERROR, body))

    def fail_init(self, body: bytes) -> None:
        """Takes the error that keeps the function from starting."""
        self.alive = False
        self._loaded.set()
        self._process.drain_whole()
        error_type = answer(ending := Ending(End.INIT, body), "", 0)[1]
        self._log_all(self._system.initialised(self._clock.now_ms(), self._elapsed_ms(), error_type))
        self._end(ending)

    # Inside

    def _begin(self, invocation: Invocation) -> None:
        self._process.drain_whole()
        self._log_start(invocation)
        self._begun_ns = self._clock.stopwatch_ns()
        self._arm(self._expire(self.function.timeout_s))
        loop = asyncio.get_running_loop()
        self._look = loop.call_later(_MEMORY_LOOK_S, self._look_at_memory)

    def _answered(self, request_id: str, ending: Ending) -> bool:
        invocation = self._invocation
        if invocation is None or self._offered or invocation.request_id != request_id:
            return False
        self._process.drain_whole()  # written before the answer was sent, so it belongs to this invocation
        self._used_mb = max(self._used_mb, peak_mb(self._process.function_pid()))
        over = self._used_mb > self.function.memory_mb
        self._end(Ending(End.MEMORY) if over else ending)
        return True

    def _end(self, ending: Ending) -> None:
        if self._ending and not self._ending.done():
            self._ending.set_result(ending)

    def _end_truncated(self) -> None:
        self._truncated = False
        self._end(Ending(End.ERROR, _TRUNCATED))

    def _exited(self, code: int) -> None:
        self.alive = False
        if self._offered and self._init_ms is not None:
            self._end(Ending(End.LOST))
        elif self.plan.group and self.plan.group.ran_out_of_memory():
            self._used_mb = self.function.memory_mb
            self._end(Ending(End.MEMORY))
        elif self.plan.entrypoint_error:
            self._end(Ending(End.ENTRYPOINT, self.plan.entrypoint_error.encode()))
        else:
            self._end(Ending(End.EXIT, code=code))
        self._wanted.set()
        self._loaded.set()
        self._flush()
        self._gone.set_result(None)
        self._ended(self)

    def _result(self, invocation: Invocation, ending: Ending) -> Result:
        if ending.kind is End.LOST:
            raise WorkerLost
        function, request_id = self.function, invocation.request_id
        payload, error_type, message = answer(ending, request_id, function.timeout_s)
        duration_ms = self._elapsed_ms()
        cold, self._cold = self._cold, False
        if self._offered:  # it failed before it took the invocation
            self._offered = False
            self._log_start(invocation)
        run = Run(
            ending,
            request_id,
            duration_ms,
            used_mb=min(self._used_mb, function.memory_mb),
            init_ms=self._init_ms if cold else None,
            error_type=error_type,
            produced_bytes=len(payload),
            ended_ms=self._clock.now_ms(),
        )
        self._log_all(self._system.ended(run))
        self._flush()
        return Result(
            payload=payload,
            error="Unhandled" if error_type else "",
            error_type=error_type,
            error_message=message,
            duration_ms=duration_ms,
            log_group=self.stream.group,
            log_stream=self.stream.stream,
            log_tail=bytes(self._tail[-LOG_TAIL_BYTES:]),
            version=function.version,
            note=self.plan.interpreter.note,
        )

    def _log_start(self, invocation: Invocation) -> None:
        self._tail.clear()
        self._log_all(self._system.run(self._clock.now_ms(), invocation.request_id))

    def _log_all(self, lines: list[str]) -> None:
        for line in lines:
            self._log(line)

    def _log_own(self, line: str) -> None:
        if self._least.admits(line):
            self._log(line)

    def _log(self, text: str) -> None:
        self._lines.append((self._clock.now_ms(), text))
        self._tail += f"{text}\n".encode()
        if len(self._tail) > 2 * LOG_TAIL_BYTES:
            del self._tail[:-LOG_TAIL_BYTES]
        self._held_bytes += len(text)
        if len(self._lines) >= _LINES_HELD or self._held_bytes >= _BYTES_HELD:
            self._flush()

    def _flush(self) -> None:
        lines, self._lines, self._held_bytes = self._lines, [], 0
        self.stream.write(lines)

    def _elapsed_ms(self) -> float:
        return (self._clock.stopwatch_ns() - self._begun_ns) / 1_000_000

    def _arm(self, limit: Coroutine[Any, Any, None]) -> None:
        self._disarm()
        self._timer = asyncio.create_task(limit)

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._look:
            self._look.cancel()
            self._look = None

    async def _initialise(self) -> None:
        # A function that starts too slowly is given the time of an invocation besides, as AWS does.
        await self._clock.elapse(INIT_TIMEOUT_S)
        await self._expire(self.function.timeout_s)

    async def _give_up(self) -> None:
        # A handler may close its process's sockets or stop it: then it never asks again. What was offered to it
        # has not run and can run elsewhere.
        await self._clock.elapse(_RETURN_S)
        self._offered = False
        self._end(Ending(End.LOST))

    async def _expire(self, seconds: int) -> None:
        await self._clock.elapse(seconds)
        self._process.drain_whole()
        self._end(Ending(End.TIMEOUT))

    def _look_at_memory(self) -> None:
        self._used_mb = max(self._used_mb, resident_mb(self._process.function_pid()))
        if self._used_mb > self.function.memory_mb:
            self._process.drain_whole()
            self._end(Ending(End.MEMORY))
            return
        self._look = asyncio.get_running_loop().call_later(_MEMORY_LOOK_S, self._look_at_memory)
