"""One event source mapping at work: the function runs with each batch that its source has gathered."""

from dataclasses import replace
from functools import partial

from penstock.clock import Ids
from penstock.delivery import Attempt, Given, Priority
from penstock.delivery.priority import LOOK_AGAIN_MS, PUT_OFF_MS
from penstock.delivery.trace_header import child_header, lineage, with_lineage
from penstock.delivery.turn import group_of
from penstock.errors import AwsError, StoreUnavailable
from penstock.services.background import Background
from penstock.services.lambda_.errors import function_not_found, throttled
from penstock.services.lambda_.functions.attempt import attempt_of
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.functions.invocation import Invocation, Result
from penstock.services.lambda_.functions.qualified import find_qualified, routed
from penstock.services.lambda_.functions.recursion import is_loop
from penstock.services.lambda_.limits import MAX_SYNC_PAYLOAD
from penstock.services.lambda_.runtime.executions import Executions
from penstock.services.lambda_.sources.mapping import Mapping
from penstock.services.poller import Batching, Poller, sentence
from penstock.services.service import Parts
from penstock.services.source import Message, Source
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_LEFT_OUT = "the mapping's filter left this message out"
_REPORTED = "the function reported this message as failed"
_PAYLOAD_BYTES = MAX_SYNC_PAYLOAD - 1024  # for the records; the rest is more than what is around them


class MappingPoller(Poller[Function]):
    """Made for an enabled mapping."""

    def __init__(
        self, parts: Parts, executions: Executions, background: Background, mapping: Mapping, source: Source
    ) -> None:
        name = f"lambda: event source mapping {mapping.uuid}"
        super().__init__(name, parts, background, source, Batching(mapping.batch_size, _PAYLOAD_BYTES))
        self.mapping = mapping
        self._executions = executions
        self._result = mapping.result
        self._precedence = mapping.precedence

    async def _wait_for_others(self) -> None:
        """Returns when nothing is more urgent, or the source has waited for as long as anything of low priority may."""
        lanes, now_ms = self._parts.delivery.lanes, self._clock.now_ms()
        until_ms = now_ms + PUT_OFF_MS
        while lanes.puts_off(Priority.LOW) and now_ms < until_ms:
            await self._clock.wait_until(min(now_ms + LOOK_AGAIN_MS, until_ms))
            now_ms = self._clock.now_ms()

    def _gather(self, found: list[Message]) -> None:
        super()._gather([self._grouped(message) for message in found])

    def _grouped(self, message: Message) -> Message:
        """Returns the message with the group that the mapping's group key says; a FIFO queue has groups of its own."""
        group_key, body = self._precedence.group_key, message.content.get("Body")
        if group_key is None or message.group is not None or not isinstance(body, str):
            return message
        return replace(message, group=group_of(group_key, body.encode()))

    async def _find(self) -> Function:
        if self._precedence.priority is Priority.LOW:
            await self._wait_for_others()
        return await self._store.read(_find, self.mapping)

    def _concurrency(self, fed: Function) -> int:
        if fed.reserved == 0:
            raise throttled()  # nothing may run, so no message is taken for nothing
        most = self._source.batches_at_once
        return min(most, fed.reserved or most)

    def _sift(self, found: list[Message]) -> list[Message]:
        left_out = {message.id: why for message in found if (why := self._source.left_out(message))}
        if left_out and self._fed:
            dropped = [message for message in found if message.id in left_out]
            self._begin(self._drop(self._fed, dropped, left_out))
        return [message for message in found if message.id not in left_out]

    async def _drop(self, function: Function, messages: list[Message], reasons: dict[str, str]) -> None:
        """Takes messages that the filters leave out from the source, as AWS does, and lets the ledger tell why."""
        started_ms = self._clock.now_ms()
        try:
            await self._finish(function, messages, set())
        except (AwsError, StoreUnavailable) as error:
            await self._background.insist(partial(self._report, f"PROBLEM: {sentence(error)}"))
            return
        given = [Given(one.trace, one.id, f"{_LEFT_OUT}: {reasons[one.id]}") for one in messages if one.trace]
        if given:
            detail: dict[str, object] = {"mapping": self.mapping.uuid, "filtered": sorted(reasons)}
            attempt = Attempt(ok=True, detail=detail)
            self._executions.record(function, self._parts.ids.hex(16), given, started_ms, attempt)

    def _parts_of(self, fed: Function, batch: list[Message]) -> list[list[Message]]:
        # Messages that go round fail by themselves; the others of the batch need not wait for the dead-letter queue.
        parts: tuple[list[Message], list[Message]] = ([], [])
        for message in batch:
            parts[is_loop(fed, message.trace)].append(message)
        return [part for part in parts if part]

    async def _process(self, fed: Function, batch: list[Message]) -> None:
        if self._precedence.priority is not Priority.HIGH:
            await self._run_with(fed, batch)
            return
        lanes, pressing = self._parts.delivery.lanes, object()
        lanes.press(pressing)
        try:
            await self._run_with(fed, batch)
        finally:
            lanes.relax(pressing)

    async def _run_with(self, fed: Function, batch: list[Message]) -> None:
        function, ids = fed, self._parts.ids
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
            problem = f"PROBLEM: {sentence(error)}"
        self._executions.record(function, span, _given(batch, attempt), started_ms, attempt)
        await self._background.insist(partial(self._report, problem))
        if not ended:
            await self._finish(function, batch, {message.id for message in batch})

    def _failed(self, result: Result, batch: list[Message]) -> set[str]:
        if result.error:
            return {message.id for message in batch}
        return self._source.failed(result.payload, batch)

    async def _report(self, result: str) -> None:
        if result != self._result:
            await self._store.write(_set_result, self.mapping.uuid, result)
            self._result = result


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
