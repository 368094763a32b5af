"""The embedded store: SQLite in WAL mode, one writer, group commit.

Transaction functions run on the event loop: a statement takes microseconds, and a hop to a thread and back, with
two threads fighting for the interpreter at every statement, costs more than the work. Only the COMMIT, which
waits for the disk, runs in a thread. Whatever arrives while it waits goes into the next commit. Another thread writes
the log back.

A failing function must not hurt its neighbours in the commit. Under a savepoint SQLite copies each page before its
first change, a tenth of a write's time, so savepoints are taken only when they are needed: a function that fails
after it has written spoils the batch, which is rolled back and run again with a savepoint around each function.
"""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from penstock.clock import Clock, Ids
from penstock.errors import CommitUnknown, StartError, StoreUnavailable
from penstock.sealed import KEY_BYTES, Sealer
from penstock.store.cache import Cache, Overlay
from penstock.store.callbacks import Callback, run_callbacks
from penstock.store.carried import CARRIED, carrying
from penstock.store.sqlite.checkpointer import Checkpointer
from penstock.store.sqlite.committer import Committer
from penstock.store.sqlite.connections import Connections
from penstock.store.sqlite.errors import has_not_committed, is_busy, told
from penstock.store.sqlite.pending import Pending
from penstock.store.sqlite.tx import SqliteReadTx, SqliteTx
from penstock.store.tx import ReadTx, Recorder, Room, Tx, no_recorder, nobody_told

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)

_BATCH = 256  # functions in one commit; bounds how long the event loop is held
_BUSY_PAUSE_S = 0.005
_BUSY_TRIES = 1000  # five seconds, in which another process that writes the database should have ended


class SqliteStore:
    """A ``Store`` in one SQLite file; StartError when the file cannot be opened, or is no database.

    Without a ``sealer`` what is sealed can be opened by this process alone.
    """

    def __init__(
        self,
        path: Path,
        rooms: list[Room],
        *,
        durability: str,
        clock: Clock,
        ids: Ids,
        sealer: Sealer | None = None,
    ) -> None:
        try:
            self._connections = Connections(path, rooms, durability)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StartError(f"cannot open the database {path}: {error}{_way_back(error, path)}") from error
        self._writer = self._connections.writer
        self._cache = Cache()
        sealer = sealer or Sealer(ids.bytes(KEY_BYTES), ids)
        self._tx = SqliteTx(self._writer, self._cache, clock, sealer, ids)
        self._snapshot = SqliteReadTx(self._connections.reader, self._cache, clock, sealer)
        self._committer = Committer(self._writer)
        self._checkpointer = Checkpointer(
            self._connections.checkpointer, self._connections.wal, durability, self._lose_written_back
        )
        self._queue: deque[Pending] = deque()
        self._batch: list[Pending] = []
        self._busy = False
        self._refused = 0
        self._lost = False
        self.recorder: Recorder = no_recorder
        self.on_lost: Callback = nobody_told
        self.on_commit: Callback = nobody_told
        self.commits = 0
        self.writes = 0

    async def write(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` when its effects are durable; if it raises, nothing of it is stored."""
        if self._lost:
            raise _ended()
        if (carried := CARRIED.get()) is not None:
            fn = carrying(fn, carried)
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._queue.append(Pending(fn, args, kwargs, done))
        if not self._busy:
            # Not at once: whoever else is ready in this turn of the loop shares the commit.
            self._busy = True
            loop.call_soon(self._begin, loop)
        return await done

    async def read(self, fn: Callable[Concatenate[ReadTx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` of a snapshot that holds every write that has returned."""
        try:
            return fn(self._snapshot.begin(), *args, **kwargs)
        except sqlite3.Error as error:
            self._snapshot.let_go()
            raise told(error) from error

    async def flushed(self) -> None:
        """Returns when whatever was handed to ``write`` before is durable."""
        if self._busy:
            await self.write(_nothing)

    async def close(self) -> None:
        """Returns when everything handed to ``write`` is durable and the file is closed."""
        try:
            if not self._lost:
                await self.flushed()
        finally:
            self._committer.close()
            self._checkpointer.close()
            if self._lost:
                self._connections.abandon()
            else:
                self._connections.close()

    def problems(self) -> dict[str, str]:
        """Returns what is wrong with the database, for health."""
        found = self._checkpointer.problems()
        if self._refused:
            found["database"] = (
                "another process writes to the database: nothing can be written until it has ended"
            )
        return found

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._lost:
            return
        self._snapshot.let_go()  # SQLite cannot begin its log anew while somebody reads in it
        if self._checkpointer.behind:
            self._checkpointer.finish(loop, partial(self._begin, loop))
            return
        count = min(len(self._queue), _BATCH)
        self._batch = [self._queue.popleft() for _ in range(count)]
        try:
            self._tx.begin_batch()
            callbacks = self._run(self._batch)
            self._refused = 0
            self._committer.commit(loop, partial(self._end, loop, callbacks))
        except Exception as error:
            if is_busy(error):
                self._begin_later(loop, error)
                return
            log.exception("a batch of %d writes", count)
            self._abandon(error)
            self._go_on(loop)

    def _begin_later(self, loop: asyncio.AbstractEventLoop, busy: Exception) -> None:
        """Takes the batch back, of which nothing is written; refuses all that waits when it has waited too long."""
        self._tx.overlay.clear()
        self._queue.extendleft(reversed(self._batch))
        self._batch = []
        if self._refused < _BUSY_TRIES:
            self._refused += 1
            loop.call_later(_BUSY_PAUSE_S, self._begin, loop)
            return
        log.error("another process writes to the database: %d writes are refused", len(self._queue))
        self._refused = 0
        self._batch, self._queue = list(self._queue), deque()
        self._abandon(busy)
        self._go_on(loop)

    def _end(
        self, loop: asyncio.AbstractEventLoop, callbacks: list[Callback], error: sqlite3.Error | None
    ) -> None:
        if self._lost:
            return
        if error is None:
            self._finish(callbacks)
            self._checkpointer.committed(loop)
        elif has_not_committed(error):
            self._abandon(error)
        else:
            self._lose(error)
        self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._lost:
            return
        if self._queue:
            # Not at once: the callers of this commit answer first, and whoever asks meanwhile shares the next one.
            loop.call_soon(self._begin, loop)
        else:
            self._busy = False

    def _run(self, batch: list[Pending]) -> list[Callback]:
        try:
            return self._run_plainly(batch)
        except _Spoiled:
            self._tx.overlay.clear()
            self._writer.execute("ROLLBACK")
            self._tx.begin_batch()
            return self._run_with_savepoints(batch)

    def _run_plainly(self, batch: list[Pending]) -> list[Callback]:
        callbacks: list[Callback] = []
        for pending in batch:
            tx = self._tx.begin()
            self._run_one(pending, tx)
            if pending.error is None:
                callbacks += tx.callbacks
            elif tx.wrote:
                raise _Spoiled
        return callbacks

    def _run_with_savepoints(self, batch: list[Pending]) -> list[Callback]:
        callbacks: list[Callback] = []
        for pending in batch:
            tx = self._tx.begin()
            before: Overlay = dict(tx.overlay)
            self._writer.execute("SAVEPOINT f")
            self._run_one(pending, tx)
            if pending.error is None:
                callbacks += tx.callbacks
            else:
                self._writer.execute("ROLLBACK TO f")
                tx.overlay.clear()
                tx.overlay.update(before)
            self._writer.execute("RELEASE f")
        return callbacks

    def _run_one(self, pending: Pending, tx: SqliteTx) -> None:
        pending.error = None
        if pending.done.cancelled():
            return
        try:
            pending.result = pending.fn(tx, *pending.args, **pending.kwargs)
            if tx.changes:
                self.recorder(tx, tx.changes)
        except sqlite3.Error as error:
            if not self._writer.in_transaction:
                raise  # SQLite has taken the whole batch back: on its own, each statement would commit at once
            pending.error = told(error)
        except Exception as error:  # noqa: BLE001 - handed to the caller whose function it was
            pending.error = error

    def _finish(self, callbacks: list[Callback]) -> None:
        self._snapshot.let_go()
        self.commits += 1
        self.writes += len(self._batch)
        if self._tx.overlay:
            self._cache.publish(self._tx.overlay)
            self._tx.overlay.clear()
        for pending in self._batch:
            pending.resolve()
        self._batch = []
        run_callbacks(callbacks)
        self.on_commit()

    def _abandon(self, error: Exception) -> None:
        """Takes back a batch that has certainly not been committed."""
        try:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
        except sqlite3.Error as refused:
            self._lose(refused)
            return
        self._tx.overlay.clear()
        batch, self._batch = self._batch, []
        for pending in batch:
            pending.fail(_told(error))

    def _lose_written_back(self, error: Exception) -> None:
        log.critical(
            "what was written back into the database may not be on the disk; its log has it: %s", error
        )
        self._end_writing(error)

    def _lose(self, error: Exception) -> None:
        log.critical("the outcome of a commit is unknown: %s", error)
        self._end_writing(error)

    def _end_writing(self, error: Exception) -> None:
        """Ends it for good: what is on the disk only the next start can tell."""
        self._lost = True
        batch, self._batch = self._batch, []
        for pending in batch:
            pending.fail(CommitUnknown(str(error)))
        for pending in self._queue:
            pending.fail(_ended())
        self._queue.clear()
        self.on_lost()


class _Spoiled(Exception):
    """A function failed after it had written, and no savepoint marks where it began."""


def _told(error: Exception) -> Exception:
    return told(error) if isinstance(error, sqlite3.Error) else StoreUnavailable(str(error))


def _ended() -> StoreUnavailable:
    return StoreUnavailable("the store has ended: the disk has failed")


def _nothing(tx: Tx) -> None:
    """Rides along with whatever is to be committed before it."""


def _way_back(error: Exception, path: Path) -> str:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return ""
    return (
        ". Keep a copy of the data directory as it is, with its -wal file; then restore a backup, or recover what can "
        f"be read: sqlite3 {path} .recover | sqlite3 recovered.db"
    )
