"""Fills new indexes with the items that were there before, a few hundred in a transaction.

Writers write into an index from the moment it is made, so an item is in it once it has been passed, whoever did it.
"""

import asyncio
import logging

from penstock.errors import StoreUnavailable
from penstock.services.dynamodb.items.store import Stored, add_entry
from penstock.services.dynamodb.state import Wakes
from penstock.services.dynamodb.tables.index import IndexState
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.tables.table import find_table, forget_table
from penstock.store import ReadTx, Row, Store, Tx, queries

log = logging.getLogger(__name__)
Q = queries(__package__)

_STEP = 100  # items, read and entered in about five milliseconds
_STEP_BYTES = 500_000
_FEW = 10  # read at once: how large they are is not known before


class Builder(Wakes):
    """One task that fills every index that is to be."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Called after a commit that made an index."""
        self._woken.set()

    async def run(self) -> None:
        """Fills what is to be filled at once, and whenever woken; returns when cancelled."""
        while True:
            self._woken.clear()
            await self.settled()
            await self._woken.wait()

    async def settled(self) -> None:
        """Returns when no index is left to be filled."""
        try:
            while await self._store.read(_next):
                await self._store.write(_step)
                await asyncio.sleep(0)  # others have their turn
        except StoreUnavailable:
            log.exception("an index is filled later")


def _next(tx: ReadTx) -> Row | None:
    return tx.one(Q.find_unfinished)


def _step(tx: Tx) -> None:
    """Enters some items into the first index that is being filled."""
    row = _next(tx)
    if row is None:
        return
    index_id, account, region, name, cursor_hash, cursor_range = row
    key = (account, region, name)
    table = find_table(tx, key)
    index = next((i for i in table.indexes.values() if i.id == index_id), None) if table else None
    if table is None or index is None:  # the cache knows nothing of it; it will
        forget_table(tx, key)
        return
    rows = _items(tx, table.id, Place(cursor_hash, cursor_range))
    for id, hash_key, range_key, item, bytes in rows:
        place = Place(hash_key, range_key)
        add_entry(tx, table, index, place, Stored(id, item, bytes))
    if rows:
        tx.run(Q.put_cursor, rows[-1][1], rows[-1][2], index_id)
    else:
        tx.run(Q.put_state, IndexState.ACTIVE, index_id)
        forget_table(tx, key)


def _items(tx: Tx, table_id: int, after: Place) -> list[Row]:
    """Returns the next items of the table behind a place; fewer where they are large."""
    found: list[Row] = []
    size = 0
    while len(found) < _STEP and size < _STEP_BYTES:
        rows = tx.all(Q.find_items_after, table_id, *after, _FEW)
        found += rows
        if len(rows) < _FEW:
            break
        size += sum(row[4] for row in rows)
        after = Place(rows[-1][1], rows[-1][2])
    return found
