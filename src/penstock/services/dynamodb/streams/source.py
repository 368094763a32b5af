"""A stream as a source of a function: the part of its changes whose keys fall to one reader, in their order.

What was given is finished before anything else is given: so a key's changes are processed one after the other. A batch
that fails is given again, whole or in halves, until the mapping's bounds are reached; then it is given up.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from penstock.errors import AwsError
from penstock.services.batch_response import failed_messages
from penstock.services.dynamodb.items.codec import encode
from penstock.services.dynamodb.streams.changes import MAX_RECORDS
from penstock.services.dynamodb.streams.event import Record, failure, record_bytes, stream_event
from penstock.services.dynamodb.streams.filters import Filters
from penstock.services.dynamodb.streams.giving_up import send_failure
from penstock.services.dynamodb.streams.iterator import Iterator
from penstock.services.dynamodb.streams.position import Position, keep_position, read_position
from penstock.services.dynamodb.streams.reader_role import ReaderRole
from penstock.services.dynamodb.streams.stream import get_stream
from penstock.services.service import Parts
from penstock.services.source import Fed, Message

log = logging.getLogger(__name__)

_LOOKS_MS = 250
"""How long between two looks at a stream that had nothing new: AWS's readers look four times a second as well."""

_MAX_BYTES = 5_000_000  # of one payload, which takes six megabytes


@dataclass(slots=True)
class _Found:
    """Records that were read, with the sequence number behind the last one that was looked at."""

    messages: list[Message]
    behind: int
    ended: bool = False


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
        self._settings: Mapping[str, Any] = {}
        self._filters = Filters(None)
        self._position: Position | None = None
        self._given: _Found | None = None
        self._finished = asyncio.Event()
        self._shard = ""
        self._turn = 0

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Takes in what the mapping says from now on."""
        self._settings = settings
        self._filters = Filters(settings.get("FilterCriteria"))

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
        found = await self._gather(function, position, count, until_ms if wait_s else None)
        # Meanwhile another call, cancelled or not, may have given the same records.
        if self._given is not None or position is not self._position:
            return []
        if not found.messages:
            await self._skip(position, found.behind)
            return []
        fresh = await self._without_expired(function, position, found)
        if not fresh.messages or self._given is not None:
            return []
        self._given = fresh
        self._finished.clear()
        return fresh.messages

    async def finish(self, function: Fed, done: list[Message], failed: list[Message]) -> None:
        """Moves on behind what was given, or to before the first that failed."""
        given, position = self._given, self._position
        if given is None or position is None:
            return
        names = {message.id for message in failed}
        at = next((n for n, message in enumerate(given.messages) if message.id in names), None)
        if at is None:
            await self._move(position.behind(given.behind))
        else:
            await self._retry(function, position, given, at)
        self._given = None
        self._finished.set()

    def event(self, messages: list[Message]) -> bytes:
        """Returns the event, ``{"Records": [...]}``."""
        return stream_event([message.content for message in messages], self._arn)

    def failed(self, response: bytes, messages: list[Message]) -> set[str]:
        """Returns the sequence numbers that the function could not process, by its ``batchItemFailures``."""
        return failed_messages(response, {message.id for message in messages})

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
                self._position, self._shard = position, shard
        return self._position

    async def _rested(self, position: Position, until_ms: int) -> bool:
        """Returns whether the batch that failed may be tried again."""
        now_ms = self._server.clock.now_ms()
        if position.due_ms > now_ms:
            await self._server.clock.wait_until(max(now_ms, min(position.due_ms, until_ms)))
        return position.due_ms <= self._server.clock.now_ms()

    async def _gather(self, function: Fed, position: Position, count: int, until_ms: int | None) -> _Found:
        """Returns records from the position on: as many as are wanted, or what came until it was time."""
        found = _Found([], position.sequence)
        window_ms = self._settings["MaximumBatchingWindowInSeconds"] * 1000
        while True:
            before = len(found.messages)
            await self._read(function, found, position, count)
            now_ms = self._server.clock.now_ms()
            if found.messages and not before and until_ms is not None:
                until_ms = now_ms + window_ms
            full = len(found.messages) >= count or sum(m.size for m in found.messages) >= _MAX_BYTES
            if full or until_ms is None or now_ms >= until_ms or _is_behind(found, position):
                return found
            due_ms = until_ms if found.ended else min(until_ms, now_ms + _LOOKS_MS)
            await self._server.clock.wait_until(due_ms)
            if self._given is not None:
                return found

    async def _read(self, function: Fed, found: _Found, position: Position, count: int) -> None:
        """Adds what there is behind what was found."""
        size = sum(message.size for message in found.messages)
        while len(found.messages) < count and size < _MAX_BYTES and not _is_behind(found, position):
            most = min(MAX_RECORDS, count)
            if position.until is not None:
                most = min(most, position.until - found.behind)
            answer = await self._records(function, found.behind, most)
            for record in answer["Records"]:
                if len(found.messages) == count or size >= _MAX_BYTES:
                    return
                found.behind = int(record["dynamodb"]["SequenceNumber"]) + 1
                if self._is_mine(record) and self._filters.passes(record, self._arn):
                    found.messages.append(self._message(record))
                    size += found.messages[-1].size
            found.ended = "NextShardIterator" not in answer
            if not answer["Records"]:
                return

    async def _records(self, function: Fed, sequence: int, count: int) -> dict[str, Any]:
        try:
            return await self._get_records(function, sequence, count)
        except AwsError as error:
            if error.code != "TrimmedDataAccessException":
                raise
            log.warning("mapping %s: changes of %s were not read within a day", self._uuid, self._arn)
            return await self._get_records(function, 0, count)

    async def _get_records(self, function: Fed, sequence: int, count: int) -> dict[str, Any]:
        iterator = Iterator(self._arn, self._shard, sequence, self._server.clock.now_ms())
        params = {"ShardIterator": str(iterator), "Limit": count}
        return await self._role.call(function, "dynamodbstreams", "GetRecords", params)

    def _is_mine(self, record: Record) -> bool:
        if self.parts == 1:
            return True
        keys = sorted(record["dynamodb"]["Keys"].items())
        digest = blake2b(encode(dict(keys)), digest_size=8).digest()
        return int.from_bytes(digest) % self.parts == self._part

    def _message(self, record: Record) -> Message:
        self._turn += 1
        return Message(
            id=record["dynamodb"]["SequenceNumber"],
            size=record_bytes(record, self._arn),
            turn=self._turn,
            trace=None,
            content=record,
        )

    async def _skip(self, position: Position, behind: int) -> None:
        """Moves on behind changes that all were other readers', or are not wanted."""
        if behind != position.sequence:
            await self._move(position.behind(behind))

    # --- what comes behind one

    async def _without_expired(self, function: Fed, position: Position, found: _Found) -> _Found:
        """Returns the records that are young enough; the others are given up."""
        age_s = self._settings["MaximumRecordAgeInSeconds"]
        if age_s < 0:
            return found
        oldest_s = self._server.clock.now_ms() // 1000 - age_s
        count = sum(_second(message) < oldest_s for message in found.messages)
        if not count:
            return found
        self._given = found  # nobody else gives them up as well
        try:
            await self._give_up(function, position, found.messages[:count], "RecordAgeExceeded")
            behind = int(found.messages[count - 1].id) + 1 if count < len(found.messages) else found.behind
            await self._move(position.behind(behind))
        finally:
            self._given = None
            self._finished.set()
        return _Found(found.messages[count:], found.behind)

    async def _retry(self, function: Fed, position: Position, given: _Found, at: int) -> None:
        rest = given.messages[at:]
        sequence = int(rest[0].id)
        # What the function has named is where it begins again; else a batch of more than one is halved.
        if self._settings["BisectBatchOnFunctionError"] and at == 0 and len(rest) > 1:
            await self._move(position.halved(sequence, int(rest[len(rest) // 2].id)))
            return
        again = position.again(sequence, given.behind, self._server.clock.now_ms())
        most = self._settings["MaximumRetryAttempts"]
        if 0 <= most < again.tries:
            await self._give_up(function, again, rest, "RetryAttemptsExhausted")
            again = position.behind(given.behind)
        await self._move(again)

    async def _give_up(
        self, function: Fed, position: Position, messages: list[Message], condition: str
    ) -> None:
        about = {
            "request_id": self._server.ids.uuid(),
            "function": f"arn:aws:lambda:{function.region}:{function.account}:function:{function.name}",
            "tries": position.tries,
            "shard": self._shard,
            "stream": self._arn,
        }
        records = [message.content for message in messages]
        text = failure(records, about, condition, self._server.clock.now_ms())
        destination = self._settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        await send_failure(self._role, function, destination, text)

    async def _move(self, position: Position) -> None:
        await self._server.store.write(keep_position, self._uuid, self._part, position)
        self._position = position


def _is_behind(found: _Found, position: Position) -> bool:
    """Returns whether the batch that is tried again has been read to its end."""
    return position.until is not None and found.behind >= position.until


def _second(message: Message) -> int:
    return int(message.content["dynamodb"]["ApproximateCreationDateTime"].timestamp())


def _read_position(tx: Any, uuid: str, part: int, parts: int, begin: dict[str, Any]) -> tuple[Position, str]:
    return read_position(tx, uuid, part, parts, begin), get_stream(tx, begin["StreamArn"]).shard
