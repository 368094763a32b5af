"""A stream as a value. It has one shard, which is open as long as the stream is: so all changes have one order."""

from dataclasses import dataclass
from typing import Any

import orjson

from penstock.digits import whole_number
from penstock.server import Call
from penstock.services.dynamodb.arns import Key, named, stream_arn
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.streams.errors import no_such_shard, no_such_stream
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

_DIGITS = 21
"""How long sequence numbers are, as text; AWS's have as many at least."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One row of ``dynamodb_stream``. ``sequence`` is that of the last change."""

    id: int
    table: Key
    label: str
    view: str
    key_schema: list[dict[str, str]]
    created_ms: int
    ended_ms: int | None
    sequence: int

    @property
    def arn(self) -> str:
        """Returns the stream's ARN."""
        return stream_arn(self.table, self.label)

    @property
    def shard(self) -> str:
        """Returns the id of its shard."""
        return f"shardId-{self.created_ms:020d}-{self.id & 0xFFFFFFFF:08x}"

    def check_shard(self, shard: str) -> None:
        """Returns when it is the stream's; AwsError ``ResourceNotFoundException``."""
        if shard != self.shard:
            raise no_such_shard(self.arn, shard)


def get_stream(tx: ReadTx, arn: str) -> Stream:
    """Returns the stream; AwsError ``ResourceNotFoundException``, also for an ARN that is none of a stream."""
    found = named(arn)
    row = None
    if found is not None and found.kind == "stream":
        row = tx.one(Q.find_stream_row, *found.table, found.name)
    if row is None:
        raise no_such_stream(arn)
    return _stream(row)


def stream_page(
    tx: ReadTx, call: Call, table: str | None, after: tuple[str, str], limit: int
) -> list[Stream]:
    """Returns at most ``limit`` streams behind that table and label, of one table when it is named."""
    if table is None:
        rows = tx.all(Q.find_streams, call.account, call.region, *after, limit)
    else:
        rows = tx.all(Q.find_streams_of_table, call.account, call.region, table, after[1], limit)
    return [_stream(row) for row in rows]


def sequence_text(sequence: int) -> str:
    """Returns a sequence number as AWS writes it."""
    return str(sequence).zfill(_DIGITS)


def read_sequence(text: str) -> int:
    """Returns the number; ValidationException when it can be none of ours."""
    sequence = whole_number(text.lstrip("0") or "0")
    if sequence is None or not _DIGITS <= len(text) <= 40:
        raise invalid(f"Invalid SequenceNumber: {text}")
    return sequence


def _stream(row: Row) -> Stream:
    id, account, region, table, label, document, created_ms, ended_ms, sequence = row
    settings: dict[str, Any] = orjson.loads(document)
    return Stream(
        id=id,
        table=(account, region, table),
        label=label,
        view=settings["StreamViewType"],
        key_schema=settings["KeySchema"],
        created_ms=created_ms,
        ended_ms=ended_ms,
        sequence=sequence,
    )
