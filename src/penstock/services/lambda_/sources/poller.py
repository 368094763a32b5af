"""One event source mapping at work: it waits at a source, gathers a batch, and has the function run."""

import asyncio
import logging
from collections import Counter
from functools import partial
from typing import Any

from penstock.clock import Ids
from penstock.delivery import Attempt, Given
from penstock.delivery.trace_header import child_header, lineage, with_lineage
from penstock.errors import AwsError, StoreUnavailable
from penstock.services.lambda_.errors import function_not_found, throttled
from penstock.services.lambda_.functions.attempt import attempt_of
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.qualified import find_qualified, routed
from penstock.services.lambda_.functions.recursion import is_loop
from penstock.services.lambda_.limits import MAX_SYNC_PAYLOAD
from penstock.services.lambda_.runtime.background import Background
from penstock.services.lambda_.runtime.executions import Executions
from penstock.services.lambda_.sources.mapping import Mapping
from penstock.services.service import Parts
from penstock.services.source import Message, Source
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)
log = logging.getLogger(__name__)

_WAIT_S = 20
_RETRY_MS = 10_000
_TURNS = 10  # of the event loop: more than a message needs from its commit to the long poll's end
_REPORTED = "the function reported this message as failed"
_PAYLOAD_BYTES = MAX_SYNC_PAYLOAD - 1024  # for the records; the rest is more than what is around them


class Poller:
    """Made for an enabled mapping; ``start`` it once, ``stop`` lets batches that are running finish."""

    def __init__(
        self, parts: Parts, executions: Executions, background: Background, mapping: Mapping, source: Source
    ) -> None:
        self.mapping = mapping
        self._parts = parts
        self._store = parts.store
        self._clock = parts.clock
        self._executions = executions
        self._background = background
        self._source = source
        self._function: Function | None = None
        self._gathered: dict[str, Message] = {}  # by message id
        self._busy: Counter[str] = Counter()  # groups, by how many batches have something of them
        self._due_ms = 0
        self._rested = False
        self._result = mapping.result
        self._lookers: list[asyncio.Future[None]] = []
        self._interrupt = asyncio.Event()
        self._ask: asyncio.Task[list[Message]] | None = None
        self._task: asyncio.Task[None] | None = None
        self.batches: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to read."""
        name = f"lambda: event source mapping {self.mapping.uuid}"
        self._task = self._parts.supervisor.keep(name, self._run)

    async def stop(self, *, hand_over: bool) -> None:
        """Stops reading; what was gathered is handed over now, or else comes back by itself."""
        await _cancelled(self._task)  # first, for until then it may begin to ask
        await self._stop_asking()
        if hand_over and self._function:
            while self._ready():
                self._hand_over(self._function)
        self._answer_lookers()

    async def quiet(self) -> None:
        """Returns when the source has no message for the function right now and no batch is running."""
        while self._task and not self._task.done():
            looker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._lookers.append(looker)
            self._interrupt.set()
            await looker
            if not self.batches:
                return
            await asyncio.wait(self.batches)

    async def _run(self) -> None:
        while True:
            try:
                await self._work()
            except StoreUnavailable:
                log.exception("event source mapping %s", self.mapping.uuid)
                await self._rest()

    async def _work(self) -> None:
        try:
            await self._step()
        except AwsError as error:
            await self._report(f"PROBLEM: {_sentence(error)}")
            await self._rest()

    async def _rest(self) -> None:
        await self._stop_asking()  # what is taken now would wait, and come to somebody else meanwhile
        self._rested = True
        self._answer_lookers()
        self._interrupt.clear()
        await self._clock.wait_for(self._interrupt.wait(), self._clock.now_ms() + _RETRY_MS)

    async def _step(self) -> None:
        function = self._function = await self._store.read(_find, self.mapping)
        while len(self.batches) >= self._concurrency(function):
            await asyncio.wait(self.batches, return_when=asyncio.FIRST_COMPLETED)
        lookers, self._lookers = self._lookers, []
        self._interrupt.clear()
        try:
            # After a rest what is in hand may have become visible again: its newest turn is to run, and only that.
            found = await (self._look(function) if lookers or self._rested else self._wait(function))
        finally:
            self._lookers += lookers
        self._rested = False
        self._gather(found)
        while self._complete():
            self._hand_over(function)
        if lookers and not found:
            self._answer_lookers()

    def _concurrency(self, function: Function) -> int:
        if function.reserved == 0:
            raise throttled()  # nothing may run, so no message is taken for nothing
        most = self._source.batches_at_once
        return min(most, function.reserved or most)

    async def _wait(self, function: Function) -> list[Message]:
        """Returns what comes within a long poll, which goes on when something else is to be done meanwhile."""
        if self._ask is None:
            self._ask = asyncio.create_task(self._source.receive(function, self._room(), _WAIT_S))
        until = asyncio.create_task(self._until_due())
        try:
            await asyncio.wait((self._ask, until), return_when=asyncio.FIRST_COMPLETED)
        finally:
            until.cancel()
        return self._asked()

    async def _look(self, function: Function) -> list[Message]:
        """Returns what is there now, or was about to be handed to the long poll."""
        found = await self._source.receive(function, self._room(), 0)
        await self._store.flushed()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return found + self._asked()

    async def _stop_asking(self) -> None:
        """Ends the long poll; the source gives back what it was just about to hand out."""
        ask, self._ask = self._ask, None
        await _cancelled(ask)
        if ask and not ask.cancelled() and not ask.exception():
            self._gather(ask.result())

    def _asked(self) -> list[Message]:
        if self._ask is None or not self._ask.done():
            return []
        ask, self._ask = self._ask, None
        return ask.result()

    def _room(self) -> int:
        return max(1, self.mapping.batch_size - len(self._gathered))

    async def _until_due(self) -> None:
        if self._ready():
            await self._clock.wait_for(self._interrupt.wait(), self._due_ms)
        else:
            await self._interrupt.wait()

    def _gather(self, found: list[Message]) -> None:
        if found and not self._gathered:
            self._due_ms = self._clock.now_ms() + self._source.window_s * 1000
        for message in found:
            earlier = self._gathered.get(message.id)
            # It comes twice when its time to be processed ends before the batch is full.
            if earlier is None or message.turn > earlier.turn:
                self._gathered.pop(message.id, None)
                self._gathered[message.id] = message

    def _ready(self) -> list[Message]:
        """Returns what was gathered of groups that no batch has anything of."""
        if not self._busy:
            return list(self._gathered.values())
        return [message for message in self._gathered.values() if message.group not in self._busy]

    def _complete(self) -> bool:
        ready = self._ready()
        if not ready:
            return False
        full = (
            len(ready) >= self.mapping.batch_size or sum(message.size for message in ready) > _PAYLOAD_BYTES
        )
        return full or self._clock.now_ms() >= self._due_ms

    def _hand_over(self, function: Function) -> None:
        ready = self._ready()
        batch = ready[: min(_fitting(ready), self.mapping.batch_size)]
        for message in batch:
            del self._gathered[message.id]
        # Messages that go round fail by themselves; the others of the batch need not wait for the dead-letter queue.
        parts: tuple[list[Message], list[Message]] = ([], [])
        for message in batch:
            parts[is_loop(function, message.trace)].append(message)
        for part in parts:
            if part:
                name = f"lambda: batch of event source mapping {self.mapping.uuid}"
                task = self._background.spawn(name, self._process(function, part))
                self.batches.add(task)
                task.add_done_callback(self.batches.discard)
                self._hold({message.group for message in part if message.group}, task)

    def _hold(self, groups: set[str], task: asyncio.Task[None]) -> None:
        if not groups:
            return
        self._busy.update(groups)

        def release(_: asyncio.Task[None]) -> None:
            self._busy.subtract(groups)
            self._busy += Counter()  # which leaves out those that have none any more
            self._interrupt.set()

        task.add_done_callback(release)

    async def _process(self, function: Function, batch: list[Message]) -> None:
        ids = self._parts.ids
        causes = [message.trace for message in batch if message.trace]
        span, request_id = ids.hex(16), ids.uuid()
        started_ms = self._clock.now_ms()
        trace = child_header(causes[0] if causes else None, span, now_ms=started_ms, ids=ids)
        trace = with_lineage(trace, lineage(*causes))
        ended = False
        try:
            # Anew: the long poll may have taken long enough for another concurrency or another function.
            function = await self._background.insist(
                partial(self._store.read, _find_routed, self.mapping, ids)
            )
            invocation = Invocation(request_id, self._source.event(batch), trace, function.qualified_arn)
            result = await self._executions.run(function, invocation)
            failed = self._failed(result, batch)
            await self._finish(function, batch, failed)
            attempt = _with_failures(attempt_of(result, request_id), failed)
            problem = "PROBLEM: Function call failed" if result.error else "OK"
            ended = True
        except (AwsError, StoreUnavailable) as error:
            attempt = Attempt(ok=False, error=str(error), detail={"request_id": request_id})
            problem = f"PROBLEM: {_sentence(error)}"
        self._executions.record(function, span, _given(batch, attempt), started_ms, attempt)
        await self._background.insist(partial(self._report, problem))
        if not ended:
            await self._finish(function, batch, {message.id for message in batch})

    def _failed(self, result: Result, batch: list[Message]) -> set[str]:
        if result.error:
            return {message.id for message in batch}
        return self._source.failed(result.payload, batch)

    async def _finish(self, function: Function, batch: list[Message], failed: set[str]) -> None:
        # Insists: what has been processed must not be processed again because the store was full for a moment.
        parts: tuple[list[Message], list[Message]] = ([], [])
        for message in batch:
            parts[message.id in failed].append(message)
        await self._background.insist(partial(self._source.finish, function, *parts))

    async def _report(self, result: str) -> None:
        if result != self._result:
            await self._store.write(_set_result, self.mapping.uuid, result)
            self._result = result

    def _answer_lookers(self) -> None:
        lookers, self._lookers = self._lookers, []
        for looker in lookers:
            if not looker.done():
                looker.set_result(None)


def _fitting(messages: list[Message]) -> int:
    """Returns how many of the messages make one payload, at least one."""
    size = 0
    for count, message in enumerate(messages):
        size += message.size
        if count and size > _PAYLOAD_BYTES:
            return count
    return len(messages)


async def _cancelled(task: asyncio.Task[Any] | None) -> None:
    if task:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _sentence(error: AwsError | StoreUnavailable) -> str:
    return (error.message or error.code) if isinstance(error, AwsError) else str(error)


def _with_failures(attempt: Attempt, failed: set[str]) -> Attempt:
    if not attempt.ok or not failed:
        return attempt
    detail = {**attempt.detail, "failed_messages": sorted(failed)}
    return Attempt(
        ok=False, error=f"{len(failed)} messages of the batch were reported as failed", detail=detail
    )


def _given(batch: list[Message], attempt: Attempt) -> list[Given]:
    failed = attempt.detail.get("failed_messages")
    if not isinstance(failed, list):
        return [Given(message.trace, message.id) for message in batch]
    return [Given(message.trace, message.id, _REPORTED if message.id in failed else "") for message in batch]


def _find(tx: ReadTx, mapping: Mapping) -> Function:
    function = find_qualified(tx, mapping.function_name)
    if function is None:
        raise function_not_found(mapping.function_arn)
    return function


def _find_routed(tx: ReadTx, mapping: Mapping, ids: Ids) -> Function:
    return routed(tx, _find(tx, mapping), ids)


def _set_result(tx: Tx, uuid: str, result: str) -> None:
    tx.run(Q.put_mapping_result, result, uuid)
