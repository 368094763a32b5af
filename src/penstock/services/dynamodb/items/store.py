"""Items in the store: the row of an item, its rows in the indexes, the counts, and the change in the stream.

What writes items, but for those of backups, which nobody reads one by one; all of it in the transaction of who calls.
"""

from penstock.services.dynamodb.items.changes import Author, record_change
from penstock.services.dynamodb.items.codec import decode, encode
from penstock.services.dynamodb.items.undo import keep_former
from penstock.services.dynamodb.tables.index import Index
from penstock.services.dynamodb.tables.keying import Cipher, cipher_of
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.tables.table import Table, get_table
from penstock.services.dynamodb.values import Item
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_SHARDS = 16


class Stored:
    """An item as it lies in the store; ``bytes`` is the size that AWS counts. It is read when it is asked for."""

    __slots__ = ("_cipher", "_item", "bytes", "data", "id")

    def __init__(self, id: int, data: bytes, bytes: int, cipher: Cipher | None = None) -> None:
        self.id = id
        self._cipher = cipher
        self.bytes = bytes
        self.data = data
        self._item: Item | None = None

    @property
    def item(self) -> Item:
        """Returns the item."""
        if self._item is None:
            self._item = decode(self._cipher.open(self.data) if self._cipher else self.data)
        return self._item


class Image:
    """An item as it is to be: its size, and the bytes that are stored."""

    __slots__ = ("bytes", "data", "item")

    def __init__(self, item: Item, bytes: int) -> None:
        self.item = item
        self.bytes = bytes
        self.data = encode(item)


def find_item(tx: ReadTx, table: Table, place: Place) -> Stored | None:
    """Returns the item that stands there, or None."""
    row = tx.one(Q.find_item, table.id, *place)
    return Stored(row[0], row[1], row[2], cipher_of(tx, table)) if row else None


def put_item(tx: Tx, table: Table, place: Place, old: Stored | None, new: Image | Stored) -> None:
    """Puts the item where ``old`` stood, or nothing did; into every replica as well."""
    put_here(tx, table, place, old, new)
    for key in table.replicas:
        replica = get_table(tx, key)
        put_here(tx, replica, place, find_item(tx, replica, place), new)


def remove_item(tx: Tx, table: Table, place: Place, old: Stored, author: Author = Author.CLIENT) -> None:
    """Takes the item away; from every replica as well, where it is nobody but replication that does it."""
    _remove_here(tx, table, place, old, author)
    for key in table.replicas:
        replica = get_table(tx, key)
        if (there := find_item(tx, replica, place)) is not None:
            _remove_here(tx, replica, place, there, Author.CLIENT)


def put_here(tx: Tx, table: Table, place: Place, old: Stored | None, new: Image | Stored) -> None:
    """Puts the item into this table alone."""
    cipher = cipher_of(tx, table)
    data = cipher.seal(tx.ids, new.data) if cipher else new.data
    if old is None:
        id = tx.insert(Q.add_item, table.id, *place, data, new.bytes)
        _count(tx, table, 0, place, 1, new.bytes)
    else:
        id = old.id
        tx.run(Q.put_item, data, new.bytes, id)
        if new.bytes != old.bytes:
            _count(tx, table, 0, place, 0, new.bytes - old.bytes)
    if table.keeps_former:
        keep_former(tx, table, place, (old.bytes, old.data) if old else None)
    if table.indexes:
        _move_entries(tx, table, place, id, old, new)
    if table.stream:
        record_change(tx, table, old.item if old else None, new.item, Author.CLIENT)


def _remove_here(tx: Tx, table: Table, place: Place, old: Stored, author: Author) -> None:
    tx.run(Q.delete_item, old.id)
    _count(tx, table, 0, place, -1, -old.bytes)
    if table.keeps_former:
        keep_former(tx, table, place, (old.bytes, old.data))
    if table.indexes:
        _move_entries(tx, table, place, old.id, old, None)
    if table.stream:
        record_change(tx, table, old.item, None, author)


def add_entry(tx: Tx, table: Table, index: Index, place: Place, stored: Stored) -> None:
    """Puts an item into an index in which it may be missing."""
    _move_entry(tx, table, index, (place, stored.id), stored, stored)


def _move_entries(
    tx: Tx, table: Table, place: Place, id: int, old: Stored | None, new: Stored | Image | None
) -> None:
    for index in table.indexes.values():
        _move_entry(tx, table, index, (place, id), old, new)


def _move_entry(
    tx: Tx, table: Table, index: Index, row: tuple[Place, int], old: Stored | None, new: Stored | Image | None
) -> None:
    """Brings the index's entry from where the old item stands to where the new one does.

    While an index is filled an entry may be missing, so what changed is counted by the rows that did.
    """
    place, id = row
    before = index.place_of(old.item) if old else None
    after = index.place_of(new.item) if new else None
    items = bytes = 0
    if old is not None and before is not None and before != after:
        items = -tx.run(Q.delete_entry, index.id, *before, *place)
        bytes = items * index.bytes_of(old.item, old.bytes)
    if new is not None and after is not None:
        added = 0
        if before != after or not index.is_active:
            added = tx.run(Q.add_entry, index.id, *after, *place, id)
        items += added
        bytes += index.bytes_of(new.item, new.bytes)
        if not added and old is not None:
            bytes -= index.bytes_of(old.item, old.bytes)
    if index.is_counted and (items or bytes):
        _count(tx, table, index.id, place, items, bytes)


def _count(tx: Tx, table: Table, index_id: int, place: Place, items: int, bytes: int) -> None:
    tx.run(Q.add_count, table.id, index_id, place.hash[0] % _SHARDS, items, bytes)
