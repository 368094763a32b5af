"""The embedded store: SQLite in WAL mode, one writer, group commit.

Transaction functions run on the event loop: a statement takes microseconds, and a hop to a thread and back, with
two threads fighting for the interpreter at every statement, costs more than the work. Only the COMMIT, which
waits for the disk, runs in a thread. Whatever arrives while it waits goes into the next commit.

A failing function must not hurt its neighbours in the commit. Under a savepoint SQLite copies each page before its
first change, a tenth of a write's time, so savepoints are taken only when they are needed: a function that fails
after it has written spoils the batch, which is rolled back and run again with a savepoint around each function.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from penstock.clock import Clock, Ids
from penstock.errors import StartError, StoreUnavailable
from penstock.sealed import KEY_BYTES, Sealer
from penstock.store.cache import Cache
from penstock.store.committer import Committer
from penstock.store.migrations import migrate
from penstock.store.tx import ReadTx, Room, Row, Tx

P = ParamSpec("P")
T = TypeVar("T")
Recorder = Callable[[Tx, list[Any]], None]

_BATCH = 256  # functions in one commit; bounds how long the event loop is held
_CHECKPOINT_PAGES = 2000  # 8 MiB of log; with more, the commit that writes it back takes longer
_SYNCHRONOUS = {"full": "FULL", "normal": "NORMAL", "off": "OFF"}


class SqliteStore:
    """A ``Store`` in one SQLite file.

    ``recorder`` is run at the end of each function that emitted changes, in its transaction.
    Without a ``sealer`` what is sealed can be opened by this process alone.
    StartError when the file cannot be opened, or is no database.
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
            self._writer, self._reader = _open(path, rooms, durability)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StartError(f"cannot open the database {path}: {error}") from error
        self._cache = Cache()
        sealer = sealer or Sealer(ids.bytes(KEY_BYTES), ids)
        self._tx = _SqliteTx(self._writer, self._cache, clock, sealer, ids)
        self._snapshot = _SqliteReadTx(self._reader, self._cache, clock, sealer)
        self._committer = Committer(self._writer)
        self._queue: deque[_Pending] = deque()
        self._batch: list[_Pending] = []
        self._busy = False
        self.recorder: Recorder = _no_recorder
        self.commits = 0

    async def write(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` when its effects are durable; if it raises, nothing of it is stored."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._queue.append(_Pending(fn, args, kwargs, done))
        if not self._busy:
            # Not at once: whoever else is ready in this turn of the loop shares the commit.
            self._busy = True
            loop.call_soon(self._begin, loop)
        return await done

    async def read(self, fn: Callable[Concatenate[ReadTx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` of a snapshot that holds every write that has returned."""
        snapshot = self._snapshot.begin()
        try:
            return fn(snapshot, *args, **kwargs)
        finally:
            snapshot.end()

    async def flushed(self) -> None:
        """Returns when whatever was handed to ``write`` before is durable."""
        if self._busy:
            await self.write(_nothing)

    async def close(self) -> None:
        """Returns when everything handed to ``write`` is durable and the file is closed."""
        await self.flushed()
        self._committer.close()
        self._reader.close()
        self._writer.close()

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        count = min(len(self._queue), _BATCH)
        self._batch = [self._queue.popleft() for _ in range(count)]
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            callbacks = self._run(self._batch)
        except sqlite3.Error as error:
            self._end(loop, [], error)
        else:
            self._committer.commit(loop, partial(self._end, loop, callbacks))

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        callbacks: list[Callable[[], object]],
        error: sqlite3.Error | None,
    ) -> None:
        batch, self._batch = self._batch, []
        if error is None:
            self._finish(batch, callbacks)
        else:
            self._abandon(batch, error)
        if self._queue:
            # Not at once: the callers of this commit answer first, and whoever asks meanwhile shares the next one.
            loop.call_soon(self._begin, loop)
        else:
            self._busy = False

    def _run(self, batch: list["_Pending"]) -> list[Callable[[], object]]:
        try:
            return self._run_plainly(batch)
        except _Spoiled:
            self._cache.clear()
            self._writer.execute("ROLLBACK")
            self._writer.execute("BEGIN IMMEDIATE")
            return self._run_with_savepoints(batch)

    def _run_plainly(self, batch: list["_Pending"]) -> list[Callable[[], object]]:
        callbacks: list[Callable[[], object]] = []
        for pending in batch:
            tx = self._tx.begin()
            self._run_one(pending, tx)
            if pending.error is None:
                callbacks += tx.callbacks
            elif tx.wrote:
                raise _Spoiled
        return callbacks

    def _run_with_savepoints(self, batch: list["_Pending"]) -> list[Callable[[], object]]:
        callbacks: list[Callable[[], object]] = []
        for pending in batch:
            tx = self._tx.begin()
            self._writer.execute("SAVEPOINT f")
            self._run_one(pending, tx)
            if pending.error is None:
                callbacks += tx.callbacks
            else:
                self._writer.execute("ROLLBACK TO f")
                self._cache.clear()
            self._writer.execute("RELEASE f")
        return callbacks

    def _run_one(self, pending: "_Pending", tx: "_SqliteTx") -> None:
        pending.error = None
        if pending.done.cancelled():
            return
        try:
            pending.result = pending.fn(tx, *pending.args, **pending.kwargs)
            if tx.changes:
                self.recorder(tx, tx.changes)
        except Exception as error:  # noqa: BLE001 - handed to the caller whose function it was
            pending.error = error

    def _finish(self, batch: list["_Pending"], callbacks: list[Callable[[], object]]) -> None:
        self.commits += 1
        self._cache.settle()
        for pending in batch:
            pending.resolve()
        for callback in callbacks:
            callback()

    def _abandon(self, batch: list["_Pending"], error: sqlite3.Error) -> None:
        with contextlib.suppress(sqlite3.Error):  # SQLite rolls some failures back by itself
            self._writer.execute("ROLLBACK")
        self._cache.clear()
        for pending in batch:
            pending.error = pending.error or StoreUnavailable(str(error))
            pending.resolve()


class _Spoiled(Exception):
    """A function failed after it had written, and no savepoint marks where it began."""


class _Pending:
    """A function waiting for its commit, and the caller waiting for the function."""

    __slots__ = ("args", "done", "error", "fn", "kwargs", "result")

    def __init__(self, fn: Callable[..., Any], args: Any, kwargs: Any, done: asyncio.Future[Any]) -> None:
        self.fn, self.args, self.kwargs, self.done = fn, args, kwargs, done
        self.result: Any = None
        self.error: Exception | None = None

    def resolve(self) -> None:
        if self.done.done():  # the caller went away; what it asked for is durable all the same
            return
        if self.error:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)


class _SqliteReadTx:
    """``ReadTx`` over one connection; one object serves every call, so it is set anew by ``begin``.

    The snapshot is taken at the first statement: what the cache answers needs none.
    """

    def __init__(self, connection: sqlite3.Connection, cache: Cache, clock: Clock, sealer: Sealer) -> None:
        self.sealer = sealer
        self._execute = connection.execute
        self._cache = cache
        self._values = cache.values
        self._clock = clock
        self._open = False
        self.now_ms = 0

    def begin(self) -> "_SqliteReadTx":
        self.now_ms = self._clock.now_ms()
        return self

    def end(self) -> None:
        if self._open:
            self._open = False
            self._execute("COMMIT")

    def one(self, sql: str, *params: object) -> Row | None:
        if not self._open:
            self._take()
        row: Row | None = self._execute(sql, params).fetchone()
        return row

    def all(self, sql: str, *params: object) -> list[Row]:
        if not self._open:
            self._take()
        return self._execute(sql, params).fetchall()

    def cached(self, kind: str, key: object, load: Callable[[ReadTx, Any], T]) -> T:
        try:
            found: T = self._values[kind, key]
        except KeyError:
            found = self._cache.load(kind, key, load, self)
        return found

    def _take(self) -> None:
        self._open = True
        self._execute("BEGIN")


class _SqliteTx(_SqliteReadTx):
    """``Tx``; lives from ``begin`` to the end of the function it is given to."""

    def __init__(
        self, connection: sqlite3.Connection, cache: Cache, clock: Clock, sealer: Sealer, ids: Ids
    ) -> None:
        super().__init__(connection, cache, clock, sealer)
        self._open = True  # the batch's transaction, which the store begins and commits
        self.ids = ids
        self.changes: list[object] = []
        self.callbacks: list[Callable[[], object]] = []
        self.wrote = False

    def begin(self) -> "_SqliteTx":
        self.now_ms = self._clock.now_ms()
        self.changes = []
        self.callbacks = []
        self.wrote = False
        return self

    def run(self, sql: str, *params: object) -> int:
        self.wrote = True
        return self._execute(sql, params).rowcount

    def insert(self, sql: str, *params: object) -> int:
        self.wrote = True
        (key,) = self._execute(sql, params).fetchone()
        return int(key)

    def emit(self, change: object) -> None:
        self.changes.append(change)

    def forget(self, kind: str, key: object) -> None:
        self._cache.forget(kind, key)

    def after_commit(self, callback: Callable[[], object]) -> None:
        self.callbacks.append(callback)


def _nothing(tx: Tx) -> None:
    """Rides along with whatever is to be committed before it."""


def _no_recorder(tx: Tx, changes: list[Any]) -> None:
    raise RuntimeError("a change was emitted, but nothing records changes in this store")


def _open(path: Path, rooms: list[Room], durability: str) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # its log and index take the file's mode
    with contextlib.ExitStack() as opened:
        writer = opened.enter_context(contextlib.closing(_connect(path, durability)))
        migrate(writer, rooms)
        reader = opened.enter_context(contextlib.closing(_connect(path, durability)))
        opened.pop_all()
    return writer, reader


def _connect(path: Path, durability: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -16384")  # 16 MiB: the idle server must stay small
    return connection
