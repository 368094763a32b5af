"""The changes in a stream, as records.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from penstock.services.dynamodb.items.codec import decode
from penstock.services.dynamodb.streams.stream import Stream, sequence_text
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

MAX_RECORDS = 1000
MAX_BYTES = 1024 * 1024
"""Of one answer; AWS's bounds."""

_FIRST = 16
_STEP = 200
_STEP_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in their order, and the sequence number behind the last one."""

    records: list[dict[str, Any]]
    bytes: int
    behind: int

    @property
    def step(self) -> int:
        """Returns how many rows to read next, by how large those before were."""
        if not self.records:
            return _FIRST
        return max(1, min(_STEP, _STEP_BYTES * len(self.records) // max(1, self.bytes)))


def read_step(tx: ReadTx, stream: Stream, batch: Batch, count: int) -> tuple[Batch, bool]:
    """Returns the batch with some more records, ``count`` in all at most; whether there may be more."""
    wanted = min(batch.step, count - len(batch.records))
    rows = tx.all(Q.find_changes, stream.id, batch.behind, wanted)
    records, bytes, behind = list(batch.records), batch.bytes, batch.behind
    for row in rows:
        size = len(row[2])
        if records and bytes + size > MAX_BYTES:
            return Batch(records, bytes, behind), False
        records.append(_record(stream, row))
        bytes += size
        behind = row[0] + 1
    return Batch(records, bytes, behind), len(rows) == wanted and len(records) < count


def oldest_sequence(tx: ReadTx, stream: Stream) -> int:
    """Returns the sequence number of the oldest change that can be read, or of the next one when there is none."""
    row = tx.one(Q.find_change_time, stream.id, 0)
    return int(row[0]) if row else stream.sequence + 1


def sequence_at(tx: ReadTx, stream: Stream, at_ms: int) -> int:
    """Returns the sequence number of the first change at that time or later; times grow with the numbers."""
    low, high = oldest_sequence(tx, stream), stream.sequence + 1
    while low < high:
        middle = (low + high) // 2
        row = tx.one(Q.find_change_time, stream.id, middle)
        if row is None or row[1] >= at_ms:
            high = middle
        else:
            low = row[0] + 1
    return low


def _record(stream: Stream, row: Row) -> dict[str, Any]:
    sequence, created_ms, data = row
    change = decode(data)
    seconds = datetime.fromtimestamp(created_ms // 1000, UTC)
    record: dict[str, Any] = {
        "ApproximateCreationDateTime": seconds,
        **{name: change[name] for name in ("Keys", "NewImage", "OldImage") if name in change},
        "SequenceNumber": sequence_text(sequence),
        "SizeBytes": change["SizeBytes"],
        "StreamViewType": stream.view,
    }
    shown = {
        "eventID": blake2b(f"{stream.arn}/{sequence}".encode(), digest_size=16).hexdigest(),
        "eventName": change["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": stream.table[1],
        "dynamodb": record,
    }
    if identity := change.get("userIdentity"):
        shown["userIdentity"] = identity
    return shown
