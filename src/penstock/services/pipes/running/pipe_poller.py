"""One running pipe: each batch that its source has gathered goes its way."""

from functools import partial

from penstock.delivery import Attempt, Given, record_attempt
from penstock.delivery.trace_header import child_header, lineage, with_lineage
from penstock.errors import AwsError, StoreUnavailable
from penstock.services.background import Background
from penstock.services.pipes.errors import no_pipe
from penstock.services.pipes.limits import MAX_PAYLOAD_BYTES
from penstock.services.pipes.pipe.pipe import Pipe, find_pipe_by_uid, put_reason
from penstock.services.pipes.running.flow import Flow, Outcome
from penstock.services.pipes.running.record import Unfit
from penstock.services.pipes.running.target import Sender
from penstock.services.poller import Batching, Poller, sentence
from penstock.services.reader_role import ReaderRole
from penstock.services.service import Parts
from penstock.services.source import Message, Source

_OK = "OK"
_LEFT_OUT = "the pipe's filter left this message out"
_MAX_REASON = 512


class PipePoller(Poller[Pipe]):
    """Made for a running pipe."""

    def __init__(self, parts: Parts, background: Background, pipe: Pipe, source: Source, size: int) -> None:
        super().__init__(f"pipes: {pipe.arn}", parts, background, source, Batching(size, MAX_PAYLOAD_BYTES))
        self._pipe = pipe
        self._flow = Flow(pipe)
        self._role = ReaderRole(parts)
        self._result = f"PROBLEM: {pipe.reason}" if pipe.reason else _OK

    async def _find(self) -> Pipe:
        pipe = await self._store.read(find_pipe_by_uid, self._pipe.uid)
        if pipe is None:
            raise no_pipe(self._pipe.name)
        return pipe

    def _concurrency(self, fed: Pipe) -> int:
        return self._source.batches_at_once

    async def _process(self, fed: Pipe, batch: list[Message]) -> None:
        span, started_ms = self._parts.ids.hex(16), self._clock.now_ms()
        causes = [message.trace for message in batch if message.trace]
        trace = child_header(causes[0] if causes else None, span, now_ms=started_ms, ids=self._parts.ids)
        sender = Sender(
            self._role, fed, self._parts.delivery, with_lineage(trace, lineage(*causes)), started_ms
        )
        outcome = await self._outcome(sender, batch)
        problem = next(iter(outcome.failed.values()), "")
        try:
            await self._finish(fed, batch, set(outcome.failed))
        except (AwsError, StoreUnavailable) as error:
            problem = problem or sentence(error)
        self._record(fed, span, batch, outcome, started_ms)
        await self._background.insist(partial(self._report, f"PROBLEM: {problem}" if problem else _OK))

    async def _outcome(self, sender: Sender, batch: list[Message]) -> Outcome:
        """Returns what became of the batch; when it went wrong as a whole, all of it has failed."""
        ids = [message.id for message in batch]
        try:
            return await self._flow.run(sender, ids, self._source.event(batch))
        except Unfit as unfit:
            why = str(unfit)
        except (AwsError, StoreUnavailable) as error:
            why = sentence(error)
        return Outcome(frozenset(), dict.fromkeys(ids, why))

    def _record(self, fed: Pipe, span: str, batch: list[Message], outcome: Outcome, started_ms: int) -> None:
        """Promises to enter the batch into the ledger."""
        said = dict.fromkeys(outcome.filtered, _LEFT_OUT) | outcome.failed
        given = [Given(message.trace, message.id, said.get(message.id, "")) for message in batch]
        error = next(iter(outcome.failed.values()), "")
        attempt = Attempt(
            ok=not outcome.failed,
            error=error,
            detail={"target": fed.target, "filtered": sorted(outcome.filtered)},
        )
        entered = partial(
            self._store.write,
            record_attempt,
            arn=fed.arn,
            span=span,
            given=given,
            started_ms=started_ms,
            attempt=attempt,
        )
        self._background.spawn(f"{self._name}: record", self._background.insist(entered))

    async def _report(self, result: str) -> None:
        if result != self._result:
            reason = "" if result == _OK else result.removeprefix("PROBLEM: ")[:_MAX_REASON]
            await self._store.write(put_reason, self._pipe.uid, " ".join(reason.split()))
            self._result = result
