"""What a Query or Scan reads: a table or one of its indexes, in one direction, a few rows at a time.

Rows stand in the order of their places, and a read goes from one bound to another of half-open ranges: so a page begins
where the one before ended, whatever was written meanwhile.
"""

from dataclasses import dataclass
from typing import NamedTuple

from penstock.errors import AwsError
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.codec import decode
from penstock.services.dynamodb.tables.index import Index
from penstock.services.dynamodb.tables.keying import cipher_of
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.values import Item
from penstock.store import ReadTx, Row, Statement, queries

Q = queries(__package__)

Bound = tuple[bytes, ...]
"""A place in the table, or in an index with the item's own place behind."""

_LAST = b"\xff" * 1025  # behind every sort key
_JUST_BEHIND = b"\x00"  # what is appended to bytes to give the next ones


class Range(NamedTuple):
    """From ``low`` to before ``high``."""

    low: Bound
    high: Bound


class Found(NamedTuple):
    """An item that was read."""

    item: Item
    bytes: int


@dataclass(frozen=True, slots=True)
class Source:
    """A table, or an index of it."""

    table: Table
    index: Index | None

    def partition(self, hash: bytes, low: bytes, high: bytes | None) -> Range:
        """Returns the range of one partition, of sort keys from ``low`` to before ``high`` (None: to the end)."""
        return Range(self._padded(hash, low), self._padded(hash, _LAST if high is None else high))

    def segment(self, number: int, total: int) -> Range:
        """Returns the part ``number`` of ``total`` about equal parts of everything."""
        return Range(self._padded(_share(number, total)), self._padded(_share(number + 1, total)))

    def behind(self, range: Range, key: Item, forward: bool) -> Range:
        """Returns the rest of the range behind the item with this key; ValidationException when it is no such key."""
        place = self._place_of(key)
        if forward:
            after = (*place[:-1], place[-1] + _JUST_BEHIND)
            return Range(max(range.low, after), range.high)
        return Range(range.low, min(range.high, place))

    def read(self, tx: ReadTx, range: Range, forward: bool, count: int) -> list[Row]:
        """Returns at most ``count`` rows, the item's bytes and its size."""
        if self.index is not None:
            statement = Q.find_entries if forward else Q.find_entries_backward
        else:
            statement = Q.find_items if forward else Q.find_items_backward
        rows = self._rows(tx, statement, range, count)
        cipher = cipher_of(tx, self.table)
        return [(cipher.open(data), size) for data, size in rows] if cipher else rows

    def measure(self, tx: ReadTx, range: Range, forward: bool, count: int) -> list[int]:
        """Returns the sizes of the items that ``read`` would return, which are not read for it."""
        if self.index is not None:
            statement = Q.find_entry_sizes if forward else Q.find_entry_sizes_backward
        else:
            statement = Q.find_item_sizes if forward else Q.find_item_sizes_backward
        return [bytes for (bytes,) in self._rows(tx, statement, range, count)]

    def found(self, row: Row) -> Found:
        """Returns what a row holds: of an index, the whole item, with the size of what the index shows."""
        item = decode(row[0])
        return Found(item, self.index.bytes_of(item, row[1]) if self.index else row[1])

    def key_of(self, item: Item) -> Item:
        """Returns what LastEvaluatedKey says of the item."""
        key = self.table.keys.key_of(item)
        return {**key, **self.index.keys.key_of(item)} if self.index else key

    def _rows(self, tx: ReadTx, statement: Statement, range: Range, count: int) -> list[Row]:
        if range.low >= range.high:
            return []
        return tx.all(statement, (self.index or self.table).id, *range.low, *range.high, count)

    def _padded(self, hash: bytes, range: bytes = b"") -> Bound:
        return (hash, range, b"", b"") if self.index else (hash, range)

    def _place_of(self, key: Item) -> Bound:
        names = self.table.keys.names | (self.index.keys.names if self.index else frozenset())
        if key.keys() != names:
            raise invalid("The provided starting key is invalid")
        try:
            own = self.table.keys.place_of_key({name: key[name] for name in self.table.keys.names})
        except AwsError as error:
            raise invalid("The provided starting key is invalid") from error
        if self.index is None:
            return own
        place = self.index.place_of(key)
        if place is None:
            raise invalid("The provided starting key is invalid")
        return (*place, *own)


def _share(number: int, total: int) -> bytes:
    """Returns the first digest of a share of all digests; behind the last there is none."""
    return _LAST if number == total else (number * (1 << 64) // total).to_bytes(8)
