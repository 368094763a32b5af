"""Fills new indexes with the items that were there before, a few hundred in a transaction.

Writers write into an index from the moment it is made, so an item is in it once it has been passed, whoever did it.
"""

import asyncio
import logging

from penstock.errors import AwsError, StoreUnavailable
from penstock.services.dynamodb.items.steps import some_places
from penstock.services.dynamodb.items.store import add_entry, find_item
from penstock.services.dynamodb.state import Wakes
from penstock.services.dynamodb.tables.index import IndexState
from penstock.services.dynamodb.tables.keying import Opener
from penstock.services.dynamodb.tables.table import find_table, forget_table
from penstock.store import ReadTx, Row, Store, Tx, queries

log = logging.getLogger(__name__)
Q = queries(__package__)

_STEP = 100  # items, read and entered in about five milliseconds


class Builder(Wakes):
    """One task that fills every index that is to be."""

    def __init__(self, store: Store, opener: Opener) -> None:
        self._store = store
        self._opener = opener
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
        """Returns when no index is left to be filled, but those of tables whose key is out of reach."""
        behind = 0
        try:
            while row := await self._store.read(_next, behind):
                try:
                    await self._store.read(_open, self._opener, row)  # no commit for what is refused
                    await self._store.write(_step, self._opener, behind)
                except AwsError as error:
                    log.warning("the index %s of %s is filled later: %s", row[0], row[3], error)
                    behind = row[0]
                await asyncio.sleep(0)  # others have their turn
        except StoreUnavailable:
            log.exception("an index is filled later")


def _next(tx: ReadTx, behind: int) -> Row | None:
    return tx.one(Q.find_unfinished, behind)


def _open(tx: ReadTx, opener: Opener, row: Row) -> None:
    table = find_table(tx, row[1:4])
    if table is not None:
        opener.open(tx, table)


def _step(tx: Tx, opener: Opener, behind: int) -> None:
    """Enters some items into the first index behind that one that is being filled; AwsError of the table's key."""
    row = _next(tx, behind)
    if row is None:
        return
    index_id, account, region, name, cursor_hash, cursor_range = row
    key = (account, region, name)
    table = find_table(tx, key)
    index = next((i for i in table.indexes.values() if i.id == index_id), None) if table else None
    if table is None or index is None:  # the cache knows nothing of it; it will
        forget_table(tx, key)
        return
    opener.open(tx, table)
    places = some_places(tx.all(Q.find_items_after, table.id, cursor_hash, cursor_range, _STEP))
    for place in places:
        stored = find_item(tx, table, place)
        assert stored is not None  # it has just been found
        add_entry(tx, table, index, place, stored)
    if places:
        tx.run(Q.put_cursor, *places[-1], index_id)
    else:
        tx.run(Q.put_state, IndexState.ACTIVE, index_id)
        forget_table(tx, key)
