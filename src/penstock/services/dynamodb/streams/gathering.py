"""Gathers the records of a batch: those of one part of a stream that pass the filters, up to where the batch ends."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from penstock.errors import AwsError
from penstock.services.dynamodb.items.codec import encode
from penstock.services.dynamodb.streams.changes import MAX_RECORDS
from penstock.services.dynamodb.streams.event import Record, record_bytes, stream_event
from penstock.services.dynamodb.streams.iterator import Iterator
from penstock.services.dynamodb.streams.position import Position
from penstock.services.filter_criteria import FilterCriteria
from penstock.services.reader_role import ReaderRole
from penstock.services.service import Parts
from penstock.services.source import Fed, Message

log = logging.getLogger(__name__)

_LOOKS_MS = 250
"""How long between two looks at a stream that had nothing new: AWS's readers look four times a second as well."""

_MAX_BYTES = 5_000_000  # of one payload, which takes six megabytes


@dataclass(slots=True)
class Found:
    """Records that were read, with the sequence number behind the last one that was looked at.

    ``ended``: nothing will follow. ``crossed``: what follows belongs to a later window.
    """

    messages: list[Message]
    behind: int
    bytes: int = 0
    ended: bool = False
    crossed: bool = False


class Gatherer:
    """Reads the part ``part`` of ``parts`` of a stream."""

    def __init__(self, server: Parts, role: ReaderRole, stream_arn: str, part: int, parts: int) -> None:
        self._server = server
        self._role = role
        self._arn = stream_arn
        self._part = part
        self._parts = parts
        self._settings: Mapping[str, Any] = {}
        self._filters = FilterCriteria(None)
        self._turn = 0
        self.shard = ""

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Takes in what the mapping says from now on."""
        self._settings = settings
        self._filters = FilterCriteria(settings.get("FilterCriteria"))

    async def gather(
        self,
        function: Fed,
        position: Position,
        count: int,
        until_ms: int | None,
        in_vain: Callable[[], bool],
    ) -> Found:
        """Returns records from the position on: as many as are wanted, or what came until it was time.

        It waits until ``until_ms`` for the first, not at all for None, and no longer once it is ``in_vain``.
        """
        found = Found([], position.sequence)
        batching_ms = self._settings["MaximumBatchingWindowInSeconds"] * 1000
        while True:
            before = len(found.messages)
            await self._read(function, found, position, count)
            now_ms = self._server.clock.now_ms()
            if found.messages and not before and until_ms is not None:
                until_ms = now_ms + batching_ms
            if until_ms is None or now_ms >= until_ms or self._is_whole(found, position, count):
                return found
            if self.is_over(position, found):
                return found
            due_ms = until_ms if found.ended else min(until_ms, now_ms + _LOOKS_MS)
            await self._server.clock.wait_until(due_ms)
            if in_vain():
                return found

    def is_over(self, position: Position, found: Found) -> bool:
        """Returns whether the position's window has ended, and nothing of it is left."""
        length_s: int = self._settings["TumblingWindowInSeconds"]
        if position.window is None or not length_s or found.messages:
            return False
        return found.crossed or self._server.clock.now_ms() >= (position.window.start_s + length_s) * 1000

    def window_of(self, message: Message) -> int:
        """Returns when the tumbling window began that the record is in, in seconds; 0 when there are no windows."""
        length_s = self._settings["TumblingWindowInSeconds"]
        return second_of(message) // length_s * length_s if length_s else 0

    async def _read(self, function: Fed, found: Found, position: Position, count: int) -> None:
        """Adds what there is behind what was found."""
        while not self._is_whole(found, position, count):
            most = min(MAX_RECORDS, count)
            if position.until is not None:
                most = min(most, position.until - found.behind)
            answer = await self._records(function, found.behind, most)
            for record in answer["Records"]:
                if self._is_whole(found, position, count):
                    return
                self._take(found, position, record)
            found.ended = "NextShardIterator" not in answer
            if not answer["Records"]:
                return

    def _take(self, found: Found, position: Position, record: Record) -> None:
        sequence = int(record["dynamodb"]["SequenceNumber"])
        if self._is_mine(record) and self._passes(record):
            message = self._message(record)
            open_s = position.window.start_s if position.window else None
            if found.messages:
                open_s = self.window_of(found.messages[0])
            if open_s is not None and self.window_of(message) > open_s:
                found.crossed = True
                return
            found.messages.append(message)
            found.bytes += message.size
        found.behind = sequence + 1

    def _is_whole(self, found: Found, position: Position, count: int) -> bool:
        full = len(found.messages) >= count or found.bytes >= _MAX_BYTES
        return full or found.crossed or (position.until is not None and found.behind >= position.until)

    async def _records(self, function: Fed, sequence: int, count: int) -> dict[str, Any]:
        try:
            return await self._get_records(function, sequence, count)
        except AwsError as error:
            if error.code != "TrimmedDataAccessException":
                raise
            log.warning("function %s: changes of %s were not read within a day", function.name, self._arn)
            return await self._get_records(function, 0, count)

    async def _get_records(self, function: Fed, sequence: int, count: int) -> dict[str, Any]:
        iterator = Iterator(self._arn, self.shard, sequence, self._server.clock.now_ms())
        params = {"ShardIterator": str(iterator), "Limit": count}
        return await self._role.call(function, "dynamodbstreams", "GetRecords", params)

    def _passes(self, record: Record) -> bool:
        if not self._filters:
            return True
        [shown] = orjson.loads(stream_event([record], self._arn))["Records"]
        return self._filters.passes(shown)

    def _is_mine(self, record: Record) -> bool:
        if self._parts == 1:
            return True
        keys = sorted(record["dynamodb"]["Keys"].items())
        digest = blake2b(encode(dict(keys)), digest_size=8).digest()
        return int.from_bytes(digest) % self._parts == self._part

    def _message(self, record: Record) -> Message:
        self._turn += 1
        return Message(
            id=record["dynamodb"]["SequenceNumber"],
            size=record_bytes(record, self._arn),
            turn=self._turn,
            trace=None,
            content=record,
        )


def second_of(message: Message) -> int:
    """Returns when the record was made."""
    return int(message.content["dynamodb"]["ApproximateCreationDateTime"].timestamp())
