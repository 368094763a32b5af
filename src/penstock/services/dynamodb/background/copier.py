"""Makes the copies of tables that have begun: into backups, and out of them, a hundred items in a transaction.

A step and how far it has come are one commit, so a process that is killed leaves nothing half: the next goes on.
"""

import asyncio
import logging
from collections.abc import Callable

from penstock.clock import Clock
from penstock.errors import StoreUnavailable
from penstock.services.dynamodb.backups.past import Past, Some
from penstock.services.dynamodb.items.store import find_item, put_here
from penstock.services.dynamodb.state import Wakes
from penstock.services.dynamodb.tables.copies import Copy, end_copy, find_live
from penstock.services.dynamodb.tables.replicas import with_stream
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.tables.table import store_settings
from penstock.store import ReadTx, Store, Sweeper, Tx, queries

log = logging.getLogger(__name__)
Q = queries(__package__)

_PAUSE_S = 1.0
_TOGETHER = 20  # copies that go on in turns


class Copier(Wakes):
    """One task that makes every copy."""

    def __init__(self, store: Store, clock: Clock, sweeper: Sweeper) -> None:
        self._store = store
        self._clock = clock
        self._sweeper = sweeper
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Called after a commit that began a copy."""
        self._woken.set()

    async def run(self) -> None:
        """Makes what has begun at once, and whenever woken; returns when cancelled."""
        while True:
            self._woken.clear()
            if await self.settled():
                await self._woken.wait()
            else:
                await self._clock.elapse(_PAUSE_S)

    async def settled(self) -> bool:
        """Returns when no copy is left to be made; False when the database could not do it."""
        try:
            while running := await self._store.read(_running):
                for copy_id in running:
                    await self._store.write(_step, copy_id, self._sweeper.wake)
                    await asyncio.sleep(0)  # others have their turn
        except StoreUnavailable:
            log.exception("a table is copied later")
            return False
        return True


def _running(tx: ReadTx) -> list[int]:
    return [id for (id,) in tx.all(Q.find_copies, _TOGETHER)]


def _step(tx: Tx, copy_id: int, swept: Callable[[], None]) -> None:
    """Copies some items; with the last ones the copy is whole, and ``swept`` is called for what was kept for it."""
    row = tx.one(Q.find_copy, copy_id)
    if row is None:  # another step was the last
        return
    source_id, moment_ms, target_id, cursor_hash, cursor_range = row
    copy = Copy(copy_id, source_id, moment_ms, target_id, Place(cursor_hash, cursor_range))
    some = Past(copy.source_id, copy.moment_ms).some(tx, copy.cursor)
    _put(tx, copy, some)
    if some.cursor is not None:
        tx.run(Q.put_copy_cursor, *some.cursor, copy_id)
    else:
        _finish(tx, copy)
        tx.after_commit(swept)


def _put(tx: Tx, copy: Copy, some: Some) -> None:
    target = find_live(tx, copy.target_id)
    for place, stored in some.items:
        if target is not None:
            put_here(tx, target, place, find_item(tx, target, place), stored)
        else:  # a backup, whose items nobody asks for by key
            tx.insert(Q.add_copied, copy.target_id, *place, stored.data, stored.bytes)


def _finish(tx: Tx, copy: Copy) -> None:
    target = find_live(tx, copy.target_id)
    if target is not None:
        settings = {name: value for name, value in target.settings.items() if name != "status"}
        store_settings(tx, target, with_stream(tx, target, settings) if target.replicas else settings)
    else:
        tx.run(Q.put_whole, copy.target_id)
    end_copy(tx, copy.id, copy.source_id)
