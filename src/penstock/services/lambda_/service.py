"""The service: its operations, its workers, and everything that runs in the background for it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import unquote

from penstock.delivery import Attempt, Target, record_attempt
from penstock.server import Operation, Page, Request, Resource, collect
from penstock.services.lambda_.api import (
    absent,
    concurrency,
    event_invoke_config,
    functions,
    invoke,
    mappings,
    permissions,
    recursion,
    tags,
)
from penstock.services.lambda_.errors import (
    function_not_found,
    not_started,
    recursive_loop,
    stopping,
    throttled,
)
from penstock.services.lambda_.functions.function import Function, code_refs, find_function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.package import PackageStore
from penstock.services.lambda_.names import named
from penstock.services.lambda_.runtime.pool import Pool, StaleCode
from penstock.services.lambda_.runtime.runtime_api import answer_worker
from penstock.services.lambda_.sources.sources import Sources
from penstock.services.lambda_.target import LambdaTarget
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room
from penstock.wire import WireResponse, complete

_GRACE_S = 5
_MAX_RUNTIME_BODY = 8 * 1024 * 1024


class Lambda(Service):
    """AWS Lambda, for functions in Python that come as a zip."""

    name: ClassVar[str] = "lambda"
    model: ClassVar[str] = "lambda"
    room: ClassVar[Room | None] = Room("lambda", __package__)
    operations: ClassVar[dict[str, Operation]] = collect(
        absent, functions, invoke, permissions, concurrency, event_invoke_config, mappings, recursion, tags
    )
    validation_code: ClassVar[str | None] = "ValidationException"

    def __init__(self, parts: Parts) -> None:
        self.state = self
        self.parts = parts
        self.store = parts.store
        self.delivery = parts.delivery
        self._tasks: set[asyncio.Task[None]] = set()
        fsync = not parts.config.memory and parts.config.durability == "full"
        self.packages = PackageStore(parts.config.data_dir() / "functions", parts.ids, fsync=fsync)
        self.pool = Pool(parts, self.packages, self._tasks)
        self.target = LambdaTarget(self, parts.delivery)
        self.sources = Sources(self)
        self._running: set[asyncio.Task[Result]] = set()
        self._counts: Counter[int] = Counter()
        self._ended = asyncio.Event()
        self._stopping = False

    async def start(self) -> None:
        """Removes what a former process left behind, and begins to take work."""
        refs = await self.store.read(code_refs)
        await asyncio.to_thread(self.packages.sweep, refs)
        await self.pool.start()
        await self.sources.start()

    def targets(self) -> Mapping[str, Target]:
        """Returns the way into the functions."""
        return {"lambda": self.target}

    def pages(self) -> Mapping[str, Page]:
        """Returns the Runtime API: its callers are workers, and a token that only one has says which."""
        return {"runtime": self._runtime}

    async def drain(self) -> None:
        """Lets running invocations finish for some seconds, then kills what is left."""
        await self.sources.stop_reading()
        self._stopping = True
        if running := self._under_way():
            await asyncio.wait(running, timeout=_GRACE_S)
        await self.pool.close()
        while running := self._under_way():
            await asyncio.gather(*running, return_exceptions=True)
        await asyncio.to_thread(self.packages.close)

    def busy(self) -> bool:
        """Returns whether a function runs, or a log or a record of one is still to be written."""
        return bool(self._under_way())

    async def settled(self) -> None:
        """Returns when nothing runs or is to be written, and no mapped queue has a message that is visible now."""
        while True:
            while running := self._under_way():
                await asyncio.wait(running)
            await self.sources.quiet()
            if not self.busy():
                return

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy of the function that has this ARN."""
        name = named(arn)
        function = find_function(tx, name.account, name.region, name.name) if name else None
        return Resource(function.policy if function else None)

    async def _runtime(self, request: Request, rest: str) -> WireResponse:
        token, _, path = rest.partition("/")
        body = bytearray()
        async for chunk in request.chunks():
            if (
                len(body) <= _MAX_RUNTIME_BODY
            ):  # one that is longer is too large for Lambda, which says so itself
                body += chunk
        status, headers, answer = await answer_worker(
            self.pool.worker(token), request.method, "/" + unquote(path), bytes(body)
        )
        return complete(status, [*headers], answer)

    async def run(self, function: Function, invocation: Invocation) -> Result:
        """Returns how the invocation went, which it does even when the caller goes away.

        AwsError ``TooManyRequestsException`` when no execution is free for the function,
        ``RecursiveInvocationException`` when it has caused itself to run too often.
        """
        if self._stopping:
            raise stopping()
        if recursion.is_loop(function, invocation.trace):
            raise recursive_loop(function.arn)
        invocation = replace(invocation, trace=recursion.counted(function, invocation.trace))
        if function.reserved is not None and self._counts[function.id] >= function.reserved:
            raise throttled()
        self._counts[function.id] += 1
        task = asyncio.create_task(self._run(function, invocation))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def freed(self, due_ms: int) -> bool:
        """Returns True when an invocation has ended, which may have made room for another, False at ``due_ms``."""
        return await self.parts.clock.wait_for(self._ended.wait(), due_ms)

    def record(
        self, function: Function, span: str, causes: list[str], started_ms: int, attempt: Attempt
    ) -> None:
        """Promises to enter the run into the ledger, behind the caller's back."""
        self.background(self._record(function.arn, span, causes, started_ms, attempt))

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs ``work`` so that ``settled`` and ``close`` wait for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def discard_code(self, ref: str) -> None:
        """Removes a package that no function has."""
        self.packages.forget(ref)
        await asyncio.to_thread(self.packages.remove, ref)
        self.pool.discard(ref)

    def _under_way(self) -> set[asyncio.Task[Any]]:
        return {*self._running, *self._tasks, *self.sources.batches()}

    async def _run(self, function: Function, invocation: Invocation) -> Result:
        try:
            while True:
                try:
                    return await self.pool.run(function, invocation)
                except StaleCode:
                    stale, function = function, await self.store.read(_again, function)
                    if function.generation == stale.generation:
                        raise not_started("the code is not on the disk any more") from None
        finally:
            self._counts[function.id] -= 1
            if not self._counts[function.id]:
                del self._counts[function.id]
            self._ended.set()
            self._ended = asyncio.Event()

    async def _record(
        self, arn: str, span: str, causes: list[str], started_ms: int, attempt: Attempt
    ) -> None:
        await self.store.write(
            record_attempt, arn=arn, span=span, causes=causes, started_ms=started_ms, attempt=attempt
        )


def _again(tx: ReadTx, old: Function) -> Function:
    function = find_function(tx, old.account, old.region, old.name)
    if function is None or function.id != old.id:
        raise function_not_found(old.arn)
    return function
