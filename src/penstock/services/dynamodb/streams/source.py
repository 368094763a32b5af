"""A stream as a source of a function: the part of its changes whose keys fall to one reader, in their order.

What was given is finished before anything else is given: so a key's changes are processed one after the other. A batch
that fails is given again, whole or in halves, until the mapping's bounds are reached; then it is given up.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.services.batch_response import failed_messages
from penstock.services.dynamodb.streams.event import failure, stream_event
from penstock.services.dynamodb.streams.gathering import Found, Gatherer, second_of
from penstock.services.dynamodb.streams.giving_up import send_failure
from penstock.services.dynamodb.streams.position import Position, keep_position, read_position
from penstock.services.dynamodb.streams.stream import get_stream
from penstock.services.dynamodb.streams.window import END, Window, state_of
from penstock.services.reader_role import ReaderRole
from penstock.services.service import Parts
from penstock.services.source import Fed, Message
from penstock.store import Tx


class StreamSource:
    """Reads the part ``part`` of ``parts`` of a stream for the mapping ``uuid``."""

    batches_at_once = 1
    window_s = 0  # it waits for a full batch itself, for it must know what it has given

    def __init__(self, server: Parts, uuid: str, stream_arn: str, part: int, parts: int) -> None:
        self.parts = parts
        self.forerunners: list[StreamSource] = []
        self._server = server
        self._uuid = uuid
        self._arn = stream_arn
        self._part = part
        self._role = ReaderRole(server)
        self._gatherer = Gatherer(server, self._role, stream_arn, part, parts)
        self._settings: Mapping[str, Any] = {}
        self._position: Position | None = None
        self._given: Found | None = None
        self._window: Window | None = None
        self._finished = asyncio.Event()

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Takes in what the mapping says from now on."""
        self._settings = settings
        self._gatherer.configure(settings)

    async def receive(self, function: Fed, count: int, wait_s: int) -> list[Message]:
        """Returns up to ``count`` records once there are as many, or the batching window has ended; waits ``wait_s``.

        Without a wait it returns what there is. Nothing is given while something given has not been finished.
        """
        until_ms = self._server.clock.now_ms() + wait_s * 1000
        if not await self._idle(until_ms):
            return []
        position = await self._stand()
        if not await self._rested(position, until_ms):
            return []

        def in_vain() -> bool:
            # Meanwhile another call, cancelled or not, may have given the same records.
            return self._given is not None or position is not self._position

        found = await self._gatherer.gather(function, position, count, until_ms if wait_s else None, in_vain)
        if in_vain():
            return []
        if found.messages:
            found = await self._without_expired(function, position, found)
        elif self._gatherer.is_over(position, found):
            found.messages.append(Message(END, 0, 0, None, {}))
        else:
            await self._skip(position, found.behind)
        if not found.messages or self._given is not None:
            return []
        return self._give(found)

    async def finish(self, function: Fed, done: list[Message], failed: list[Message]) -> None:
        """Moves on behind what was given, or to before the first that failed."""
        given, position = self._given, self._position
        if given is None or position is None:
            return
        names = {message.id for message in failed}
        at = next((n for n, message in enumerate(given.messages) if message.id in names), None)
        if at is None:
            await self._move(position.behind(given.behind, self._window))
        else:
            await self._retry(function, position, given, at)
        self._given = None
        self._finished.set()

    def event(self, messages: list[Message]) -> bytes:
        """Returns the event, ``{"Records": [...]}``, with its window when there are such."""
        records = [message.content for message in messages if message.id != END]
        if not (length_s := self._settings["TumblingWindowInSeconds"]):
            return stream_event(records, self._arn)
        assert self._position is not None  # something was given
        window = self._position.window or Window(self._gatherer.window_of(messages[0]))
        about = {
            **window.shown(length_s),
            "shardId": self._gatherer.shard,
            "eventSourceARN": self._arn,
            "isFinalInvokeForWindow": messages[0].id == END,
            "isWindowTerminatedEarly": False,
        }
        return stream_event(records, self._arn, about)

    def left_out(self, message: Message) -> str:
        """Returns "": what a filter leaves out is not given in the first place."""
        return ""

    def failed(self, response: bytes, messages: list[Message]) -> set[str]:
        """Returns the sequence numbers that the function could not process, by its ``batchItemFailures``.

        In a tumbling window all of them when it has returned no state that can be kept.
        """
        every = {message.id for message in messages}
        if self._window is not None:
            state = state_of(response)
            if state is None:
                return every
            self._window = replace(self._window, state=state)
        reports = "ReportBatchItemFailures" in self._settings.get("FunctionResponseTypes", ())
        return failed_messages(response, every) if reports else set()

    # --- what comes before a batch

    async def _idle(self, until_ms: int) -> bool:
        """Returns whether all that was given before has been finished."""
        for source in (self, *self.forerunners):
            while source._given is not None:
                if not await self._server.clock.wait_for(source._finished.wait(), until_ms):
                    return source._given is None
        self.forerunners = []
        return True

    async def _stand(self) -> Position:
        if self._position is None:
            begin = {"StreamArn": self._arn, **self._settings}
            position, shard = await self._server.store.write(
                _read_position, self._uuid, self._part, self.parts, begin
            )
            if self._position is None:
                self._position, self._gatherer.shard = position, shard
        return self._position

    async def _rested(self, position: Position, until_ms: int) -> bool:
        """Returns whether the batch that failed may be tried again."""
        now_ms = self._server.clock.now_ms()
        if position.due_ms > now_ms:
            await self._server.clock.wait_until(max(now_ms, min(position.due_ms, until_ms)))
        return position.due_ms <= self._server.clock.now_ms()

    async def _skip(self, position: Position, behind: int) -> None:
        """Moves on behind changes that all were other readers', or are not wanted."""
        if behind != position.sequence:
            await self._move(position.behind(behind, position.window))

    async def _without_expired(self, function: Fed, position: Position, found: Found) -> Found:
        """Returns the records that are young enough; the others are given up."""
        age_s = self._settings["MaximumRecordAgeInSeconds"]
        if age_s < 0:
            return found
        oldest_s = self._server.clock.now_ms() // 1000 - age_s
        count = sum(second_of(message) < oldest_s for message in found.messages)
        if not count:
            return found
        self._given = found  # nobody else gives them up as well
        try:
            await self._give_up(function, position, found.messages[:count], "RecordAgeExceeded")
            behind = int(found.messages[count - 1].id) + 1 if count < len(found.messages) else found.behind
            await self._move(position.behind(behind, position.window))
        finally:
            self._given = None
            self._finished.set()
        return Found(found.messages[count:], found.behind)

    def _give(self, found: Found) -> list[Message]:
        self._given = found
        self._finished.clear()
        assert self._position is not None  # it is where they were found
        if found.messages[0].id == END:
            self._window = None
        elif self._settings["TumblingWindowInSeconds"]:
            self._window = self._position.window or Window(self._gatherer.window_of(found.messages[0]))
        else:
            self._window = None
        return found.messages

    # --- what comes behind one

    async def _retry(self, function: Fed, position: Position, given: Found, at: int) -> None:
        rest = given.messages[at:]
        sequence = position.sequence if rest[0].id == END else int(rest[0].id)
        # What the function has named is where it begins again; else a batch of more than one is halved.
        if self._settings["BisectBatchOnFunctionError"] and at == 0 and len(rest) > 1:
            await self._move(position.halved(sequence, int(rest[len(rest) // 2].id)))
            return
        again = position.again(sequence, given.behind, self._server.clock.now_ms())
        if at:
            again = replace(again, window=self._window)
        most = self._settings["MaximumRetryAttempts"]
        if 0 <= most < again.tries:
            await self._give_up(function, again, rest, "RetryAttemptsExhausted")
            window = None if rest[0].id == END else again.window
            again = position.behind(given.behind, window)
        await self._move(again)

    async def _give_up(
        self, function: Fed, position: Position, messages: list[Message], condition: str
    ) -> None:
        records = [message.content for message in messages if message.id != END]
        if not records:
            return
        about = {
            "request_id": self._server.ids.uuid(),
            "function": function.arn,
            "tries": position.tries,
            "shard": self._gatherer.shard,
            "stream": self._arn,
        }
        text = failure(records, about, condition, self._server.clock.now_ms())
        destination = self._settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        await send_failure(self._role, function, destination, text)

    async def _move(self, position: Position) -> None:
        await self._server.store.write(keep_position, self._uuid, self._part, position)
        self._position = position


def _read_position(tx: Tx, uuid: str, part: int, parts: int, begin: dict[str, Any]) -> tuple[Position, str]:
    return read_position(tx, uuid, part, parts, begin), get_stream(tx, begin["StreamArn"]).shard
