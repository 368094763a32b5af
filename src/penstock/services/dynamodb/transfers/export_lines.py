"""What an export says of a table, line by line, some at a time.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from penstock.services.dynamodb.backups.past import Past
from penstock.services.dynamodb.items.codec import decode
from penstock.services.dynamodb.items.steps import STEP_BYTES
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.transfers.transfer import Transfer
from penstock.store import ReadTx, queries

Q = queries(__package__)

_STEP = 100


class Lines(NamedTuple):
    """What becomes some lines, in a thread; the size of their items; where to go on (None: there are no more)."""

    make: list[Callable[[], bytes]]
    bytes: int
    cursor: Place | None


def some_lines(tx: ReadTx, transfer: Transfer, cursor: Place) -> Lines:
    """Returns the next lines of an export."""
    if transfer.document["from_ms"] is None:
        some = Past(transfer.table_id, transfer.document["moment_ms"]).some(tx, cursor)
        made = [_Whole(stored.data).line for _, stored in some.items]
        return Lines(made, sum(stored.bytes for _, stored in some.items), some.cursor)
    return _changes(tx, transfer, cursor)


class _Whole(NamedTuple):
    """An item of a full export, as it is stored."""

    data: bytes

    def line(self) -> bytes:
        return dump({"Item": decode(self.data)})


class _Changed(NamedTuple):
    """What an item was before the export's window and at its end, as both are stored."""

    transfer: Transfer
    old: bytes | None
    new: bytes | None
    at_ms: int

    def line(self) -> bytes:
        old, new = (decode(data) if data else None for data in (self.old, self.new))
        keys = {name: (new or old or {})[name] for name in self.transfer.document["keys"]}
        shown: dict[str, Any] = {
            "Metadata": {"WriteTimestampMicros": {"N": str(self.at_ms * 1000)}},
            "Keys": keys,
        }
        if new is not None:
            shown["NewImage"] = new
        view = self.transfer.document["shown"]["IncrementalExportSpecification"]["ExportViewType"]
        if old is not None and view == "NEW_AND_OLD_IMAGES":
            shown["OldImage"] = old
        return dump(shown)


def _changes(tx: ReadTx, transfer: Transfer, cursor: Place) -> Lines:
    """Returns what has changed from the one moment to the other, of some of the items that ever have."""
    table_id, from_ms = transfer.table_id, transfer.document["from_ms"]
    to_ms = transfer.document["moment_ms"]
    made, size = list[Callable[[], bytes]](), 0
    for _ in range(_STEP):
        row = tx.one(Q.find_changed_place, table_id, *cursor)
        if row is None:
            return Lines(made, size, None)
        cursor = Place(*row)
        first = tx.one(Q.find_first_change, table_id, *cursor, from_ms)
        if first is None or first[0] >= to_ms:
            continue
        old, new = first[2], _at(tx, table_id, cursor, to_ms)
        last = tx.one(Q.find_last_change, table_id, *cursor, to_ms)
        if (old is None and new is None) or last is None:
            continue
        made.append(_Changed(transfer, old, new, last[0]).line)
        size += len(old or b"") + len(new or b"")
        if size > STEP_BYTES:
            break
    return Lines(made, size, cursor)


def _at(tx: ReadTx, table_id: int, place: Place, moment_ms: int) -> bytes | None:
    """Returns the item that stood there just before the moment."""
    if former := tx.one(Q.find_first_change, table_id, *place, moment_ms):
        found: bytes | None = former[2]
        return found
    row = tx.one(Q.find_live_item, table_id, *place)
    return row[0] if row else None


def dump(value: dict[str, Any]) -> bytes:
    """Returns a line: binary as base64."""
    return orjson.dumps(value, default=_text) + b"\n"


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        raise TypeError
    return b64encode(value).decode()
