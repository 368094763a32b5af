"""What runs: every invocation on its way through the pool, and what is still to be written of it."""

import asyncio
from dataclasses import replace
from functools import partial

from penstock.clock import Clock
from penstock.delivery import Attempt, Given, TraceKey, record_attempt
from penstock.services.background import Background
from penstock.services.lambda_.errors import (
    function_not_found,
    not_started,
    recursive_loop,
    stopping,
    throttled,
)
from penstock.services.lambda_.functions.function import Function, find_function, make_ready
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.phase import Phase
from penstock.services.lambda_.functions.recursion import counted, is_loop
from penstock.services.lambda_.functions.version import find_version
from penstock.services.lambda_.names import LATEST
from penstock.services.lambda_.runtime.planning import StaleCode
from penstock.services.lambda_.runtime.pool import Pool
from penstock.services.lambda_.runtime.provisions import Provisions
from penstock.services.lambda_.runtime.reserve import Reserve
from penstock.services.lambda_.runtime.worker import Worker
from penstock.services.lambda_.usage import Usage
from penstock.store import ReadTx, Store, Tx


class Executions:
    """The runs of one server's functions. ``running`` has those that are under way or wait for their place."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        pool: Pool,
        provisions: Provisions,
        background: Background,
        trace_key: TraceKey,
        usage: Usage,
    ) -> None:
        self._store = store
        self._clock = clock
        self._pool = pool
        self._provisions = provisions
        self._background = background
        self._trace_key = trace_key
        self.usage = usage
        self.running: set[asyncio.Task[Result]] = set()
        self._ended = asyncio.Event()
        self._stopping = False

    async def run(self, function: Function, invocation: Invocation) -> Result:
        """Returns how the invocation went, which it does even when the caller goes away.

        AwsError ``TooManyRequestsException`` when no execution is free for the function,
        ``RecursiveInvocationException`` when it has caused itself to run too often.
        """
        if self._stopping:
            raise stopping()
        if function.phase is Phase.CREATING:  # an event; callers on the line have been refused before
            function = await self._store.write(_activated, function)
        if is_loop(function, invocation.trace):
            raise recursive_loop(function.arn)
        trace = self._trace_key.proven(counted(function, invocation.trace), function.account)
        invocation = replace(invocation, trace=trace)
        reserve = self._provisions.of(function) if function.qualifier else None
        worker = self._provisions.take(reserve, function) if reserve else None
        if worker is None and self.is_full(function):
            self.usage.throttled(function)
            raise throttled()
        run = self._run(function, invocation, reserve, worker, self.usage.begin(function))
        task = asyncio.create_task(run)
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return await asyncio.shield(task)

    def is_full(self, function: Function) -> bool:
        """Returns whether all executions run that are reserved for the function, as far as it may use them.

        What is provisioned for a version or alias of it is for nobody else.
        """
        if function.reserved is None:
            return False
        busy, provisioned = self._provisions.held_by(function)
        if self.usage.running(function) - busy < function.reserved - provisioned:
            return False
        reserve = self._provisions.of(function)
        return not (reserve and self._provisions.has_free(reserve, function))

    async def freed(self, due_ms: int) -> bool:
        """Returns True when an invocation has ended, which may have made room for another, False at ``due_ms``."""
        return await self._clock.wait_for(self._ended.wait(), due_ms)

    def record(
        self, function: Function, span: str, given: list[Given], started_ms: int, attempt: Attempt
    ) -> None:
        """Promises to enter the run into the ledger, behind the caller's back."""
        self._background.spawn(
            f"lambda: record of {function.name}",
            self._background.insist(partial(self._record, function.arn, span, given, started_ms, attempt)),
        )

    def refuse(self) -> None:
        """Lets nothing begin any more."""
        self._stopping = True

    async def _run(
        self,
        function: Function,
        invocation: Invocation,
        reserve: Reserve | None,
        worker: Worker | None,
        began_ms: int,
    ) -> Result:
        try:
            result = await self._run_provisioned(function, invocation, reserve, worker) if reserve else None
            if reserve:
                self.usage.ran_of_reserve(function, began_ms, is_provisioned=result is not None)
            if result is None:
                result = await self._run_on_demand(function, invocation)
            self.usage.ran(function, began_ms, result)
            return result
        finally:
            self.usage.end(function)
            self._ended.set()
            self._ended = asyncio.Event()

    async def _run_provisioned(
        self, function: Function, invocation: Invocation, reserve: Reserve, worker: Worker | None
    ) -> Result | None:
        """Returns how it went; None when no worker of the reserve was free, or it ended before it took it."""
        self.usage.held(function, len(reserve.busy), reserve.provision.requested)
        if worker is None:
            return None
        try:
            return await self._provisions.run_on(reserve, worker, invocation)
        finally:
            self.usage.let_go(function, len(reserve.busy), reserve.provision.requested)

    async def _run_on_demand(self, function: Function, invocation: Invocation) -> Result:
        while True:
            try:
                return await self._pool.run(function, invocation)
            except StaleCode:
                stale, function = function, await self._store.read(_again, function)
                if function.generation == stale.generation:
                    raise not_started("the code is not on the disk any more, or damaged there") from None

    async def _record(
        self, arn: str, span: str, given: list[Given], started_ms: int, attempt: Attempt
    ) -> None:
        await self._store.write(
            record_attempt, arn=arn, span=span, given=given, started_ms=started_ms, attempt=attempt
        )


def _activated(tx: Tx, old: Function) -> Function:
    """Returns the function active: its first event waits for that, and it for nothing else."""
    function = _again(tx, old)
    if function.phase is Phase.CREATING:
        make_ready(tx, function)
    return _again(tx, old)


def _again(tx: ReadTx, old: Function) -> Function:
    function = find_function(tx, old.account, old.region, old.name)
    if function and function.id == old.id and old.version != LATEST:
        function = find_version(tx, function, old.version)
    if function is None or function.id != old.id:
        raise function_not_found(old.qualified_arn)
    return function
