"""The changes of a table, for its stream: a row in the transaction that makes them.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from penstock.services.dynamodb.items.codec import encode
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.values import Item, size
from penstock.store import Tx, queries

Q = queries(__package__)


class Author(Enum):
    """Who changed an item."""

    CLIENT = None
    TIME_TO_LIVE = "dynamodb.amazonaws.com"


class View(NamedTuple):
    """What a StreamViewType shows."""

    old: bool
    new: bool


_VIEWS: Mapping[str, View] = {
    "KEYS_ONLY": View(old=False, new=False),
    "NEW_IMAGE": View(old=False, new=True),
    "OLD_IMAGE": View(old=True, new=False),
    "NEW_AND_OLD_IMAGES": View(old=True, new=True),
}


def record_change(tx: Tx, table: Table, old: Item | None, new: Item | None, author: Author) -> None:
    """Writes the change for the table's stream, unless nothing has changed; the table has a stream."""
    assert table.stream is not None
    if old == new:
        return
    sequence = tx.insert(Q.put_next_sequence, table.stream.id)
    change = encode(_change(table, old, new, author))
    tx.run(Q.add_change, table.stream.id, sequence, tx.now_ms, change)


def _change(table: Table, old: Item | None, new: Item | None, author: Author) -> dict[str, Any]:
    assert table.stream is not None
    view = _VIEWS[table.stream.view]
    keys = table.keys.key_of(old if old is not None else new or {})
    change: dict[str, Any] = {"eventName": _name(old, new), "Keys": keys}
    bytes = size(keys)
    if view.new and new is not None:
        change["NewImage"] = new
        bytes += size(new)
    if view.old and old is not None:
        change["OldImage"] = old
        bytes += size(old)
    change["SizeBytes"] = bytes
    if author is not Author.CLIENT:
        change["userIdentity"] = {"PrincipalId": author.value, "Type": "Service"}
    return change


def _name(old: Item | None, new: Item | None) -> str:
    if old is None:
        return "INSERT"
    return "MODIFY" if new is not None else "REMOVE"
