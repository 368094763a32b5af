"""Deletes the items whose time to live is over, as the service itself.

AWS takes up to days for it; here they are gone within a minute of the server's time.
"""

import asyncio
import logging

from penstock.clock import Clock
from penstock.errors import AwsError, StoreUnavailable
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.items.changes import Author
from penstock.services.dynamodb.items.steps import some_places
from penstock.services.dynamodb.items.store import find_item, remove_item
from penstock.services.dynamodb.tables.index import second_bytes
from penstock.services.dynamodb.tables.keying import Opener
from penstock.services.dynamodb.tables.table import find_table
from penstock.store import ReadTx, Row, Store, Tx, queries

log = logging.getLogger(__name__)
Q = queries(__package__)

_INTERVAL_MS = 60_000
_STEP = 50


class Expiry:
    """One task that looks for such items every minute."""

    def __init__(self, store: Store, clock: Clock, opener: Opener) -> None:
        self._opener = opener
        self._store = store
        self._clock = clock

    async def run(self) -> None:
        """Looks at once, and every minute; returns when cancelled."""
        while True:
            await self.expire()
            await self._clock.wait_until(self._clock.now_ms() + _INTERVAL_MS)

    async def expire(self) -> None:
        """Returns when no item is left whose time is over."""
        after = 0
        try:
            while index_id := await self._store.read(_next, after):
                after = index_id
                await self._empty(index_id)
        except StoreUnavailable:
            log.exception("items whose time is over are deleted later")

    async def _empty(self, index_id: int) -> None:
        more = True
        while more:
            try:
                await self._store.read(_open, self._opener, index_id)  # no commit for what is refused
                more = await self._store.write(_step, self._opener, index_id)
            except AwsError as error:
                log.warning("items whose time is over are deleted later: %s", error)
                return
            await asyncio.sleep(0)  # others have their turn


def _next(tx: ReadTx, after: int) -> int | None:
    """Returns the next index behind ``after`` that has such items; None when there is none."""
    while row := tx.one(Q.find_expiring, after):
        after = row[0]
        if _expired(tx, after, 1):
            return after
    return None


def _open(tx: ReadTx, opener: Opener, index_id: int) -> None:
    row = tx.one(Q.find_expiring, index_id - 1)
    table = find_table(tx, row[1:]) if row and row[0] == index_id else None
    if table is not None:
        opener.open(tx, table)


def _step(tx: Tx, opener: Opener, index_id: int) -> bool:
    """Deletes some items by the index; returns whether there may be more. AwsError of the table's key."""
    row = tx.one(Q.find_expiring, index_id - 1)
    table = find_table(tx, row[1:]) if row and row[0] == index_id else None
    if table is None:
        return False
    opener.open(tx, table)
    places = some_places(_expired(tx, index_id, _STEP))
    for place in places:
        stored = find_item(tx, table, place)
        assert stored is not None  # it has just been found
        remove_item(tx, table, place, stored, Author.TIME_TO_LIVE)
    return bool(places)


def _expired(tx: ReadTx, index_id: int, count: int) -> list[Row]:
    now_s = tx.now_ms // 1000
    least = second_bytes(now_s - limits.MAX_EXPIRED_MS // 1000)
    return tx.all(Q.find_expired, index_id, b"", least, second_bytes(now_s), count)
