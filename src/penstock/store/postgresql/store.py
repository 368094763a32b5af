"""The store for more than one machine's worth of data: PostgreSQL, serialisable, one Penstock for each database.

Functions run in threads, several at once, and those that have met each other run again. What a function decides by a
cached value the database does not see: see ``gate``. Reads run on snapshots in the same threads, unless the caches
answer them whole, which is nearly always so for credentials and policies.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import psycopg
from psycopg import Connection, Cursor

from penstock.clock import Clock, Ids
from penstock.errors import CommitUnknown, StartError, StoreDefect, StoreUnavailable
from penstock.sealed import KEY_BYTES, Sealer
from penstock.store.cache import Cache, Overlay
from penstock.store.callbacks import Callback, run_callbacks
from penstock.store.carried import CARRIED, carrying
from penstock.store.postgresql.belonging import bind
from penstock.store.postgresql.errors import is_conflict, told
from penstock.store.postgresql.gate import Gate
from penstock.store.postgresql.session import Ownership, migrate_postgresql
from penstock.store.postgresql.tx import CachedReadTx, NotAlone, PostgresqlReadTx, PostgresqlTx, Uncached
from penstock.store.tx import ReadTx, Recorder, Room, Row, Tx, no_recorder, nobody_told

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)

_WRITERS = 4  # more meet each other more often than they save waiting
_READERS = 4
_TRIES = 10
_TRIES_TOGETHER = 5  # then alone, where nothing of this process can be in the way
_FIRST_PAUSE_S = 0.002


class PostgresqlStore:
    """A ``Store`` in a PostgreSQL database, whose large bodies are in ``folder``.

    StartError when it cannot be opened, or another process has it, or another data directory.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        rooms: list[Room],
        *,
        durability: str,
        clock: Clock,
        ids: Ids,
        sealer: Sealer | None = None,
    ) -> None:
        try:
            self._ownership = Ownership(url, durability)
            with self._ownership.kept() as connection:
                bind(connection, folder, ids)
                migrate_postgresql(connection, rooms)
        except psycopg.Error as error:
            raise StartError(f"cannot open the database: {error}") from error
        self._clock = clock
        self._ids = ids
        self._sealer = sealer or Sealer(ids.bytes(KEY_BYTES), ids)
        self._cache = Cache()
        self._generation = 0
        self._gate = Gate(_WRITERS)
        self._threads = ThreadPoolExecutor(_WRITERS + _READERS, "penstock-postgresql")
        self._sessions = Sessions(self._ownership)
        self._writing: set[asyncio.Task[Any]] = set()
        self._lost = False
        self.recorder: Recorder = no_recorder
        self.on_lost: Callback = nobody_told
        self.on_commit: Callback = nobody_told
        self.commits = 0
        self.writes = 0

    async def write(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` when its effects are durable; if it raises, nothing of it is stored."""
        if (carried := CARRIED.get()) is not None:
            fn = carrying(fn, carried)
        # A task of its own: a caller that goes away must not take with it what follows a commit.
        writing = asyncio.ensure_future(self._write(lambda tx: fn(tx, *args, **kwargs)))
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        return await asyncio.shield(writing)

    async def read(self, fn: Callable[Concatenate[ReadTx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns ``fn(tx, …)`` of a snapshot that holds every write that has returned."""
        try:
            return fn(CachedReadTx(self._cache.values, self._clock.now_ms(), self._sealer), *args, **kwargs)
        except Uncached:
            pass
        generation = self._generation
        loop = asyncio.get_running_loop()
        result, loaded = await loop.run_in_executor(
            self._threads, self._read, lambda tx: fn(tx, *args, **kwargs)
        )
        if generation == self._generation:  # else what it loaded may have been forgotten since
            self._cache.publish(loaded)
        return result

    async def flushed(self) -> None:
        """Returns when whatever was handed to ``write`` before is durable."""
        if self._writing:
            await asyncio.wait(self._writing)

    def problems(self) -> dict[str, str]:
        """Returns what is wrong with the database: nothing, for it says so at each write."""
        return {}

    async def close(self) -> None:
        """Returns when everything handed to ``write`` is durable and the connections are closed."""
        await self.flushed()
        await asyncio.to_thread(self._threads.shutdown)
        self._sessions.close()
        self._ownership.connection.close()

    async def _write(self, fn: Callable[[Tx], T]) -> T:
        alone = False
        for tries in range(1, _TRIES + 1):
            try:
                return await self._try(fn, alone)
            except _Again as again:
                alone = alone or again.alone or tries >= _TRIES_TOGETHER
                pause_s = 0.0 if again.alone else _FIRST_PAUSE_S * tries * self._ids.fraction()
            if pause_s:
                await self._clock.elapse(pause_s)
        raise StoreUnavailable("too many transactions change the same rows")

    async def _try(self, fn: Callable[[Tx], T], alone: bool) -> T:
        await self._gate.enter(alone=alone)
        try:
            if self._lost:
                raise StoreUnavailable("the store has ended")
            loop = asyncio.get_running_loop()
            done = await loop.run_in_executor(self._threads, self._run, fn, alone)
            self.commits += done.wrote
            self.writes += done.wrote
            self._generation += alone
            self._cache.publish(done.loaded)
        except StoreUnavailable as error:
            if isinstance(error, CommitUnknown) or self._ownership.connection.closed:
                self._lose(error)
            raise
        finally:
            self._gate.leave()
        run_callbacks(done.callbacks)
        if done.wrote:
            self.on_commit()
        result: T = done.result
        return result

    def _lose(self, error: StoreUnavailable) -> None:
        """Ends all writing: nobody knows how a commit ended, or another process may own the database by now."""
        if not self._lost:
            log.critical("the store has ended: %s", error)
            self._lost = True
            self.on_lost()

    # In threads

    def _run(self, fn: Callable[[Tx], Any], alone: bool) -> "_Done":
        with self._sessions.session() as (connection, cursor):
            try:
                tx = PostgresqlTx(
                    cursor, self._cache.values, self._clock.now_ms(), self._sealer, self._ids, alone=alone
                )
                result = fn(tx)
                if tx.changes:
                    self.recorder(tx, tx.changes)
                _commit(connection, cursor, tx.wrote)
            except NotAlone:
                raise _Again(alone=True) from None
            except psycopg.Error as error:
                if is_conflict(error) and not (alone and error.sqlstate == "23505"):
                    raise _Again(alone=False) from error
                raise told(error) from error
            return _Done(result, tx.overlay, tx.callbacks, tx.wrote)

    def _read(self, fn: Callable[[ReadTx], T]) -> tuple[T, Overlay]:
        with self._sessions.session() as (_, cursor):
            try:
                tx = PostgresqlReadTx(cursor, self._cache.values, self._clock.now_ms(), self._sealer)
                return fn(tx), tx.overlay
            except psycopg.Error as error:
                raise told(error) from error


class Sessions:
    """A connection for each thread, made when it first needs one, and anew when it has broken."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._of_thread = threading.local()
        self._all: list[Connection[Row]] = []

    @contextlib.contextmanager
    def session(self) -> Iterator[tuple[Connection[Row], Cursor[Row]]]:
        """Yields the thread's connection and cursor; a transaction that is still open afterwards is rolled back."""
        connection, cursor = self._current()
        try:
            yield connection, cursor
        finally:
            if not connection.closed and connection.info.transaction_status:
                try:
                    cursor.execute("ROLLBACK")
                except psycopg.Error:
                    connection.close()  # the server rolls back what nobody can commit any more

    def close(self) -> None:
        """Closes every connection; no thread may use one."""
        for connection in self._all:
            connection.close()

    def _current(self) -> tuple[Connection[Row], Cursor[Row]]:
        found = getattr(self._of_thread, "session", None)
        if found is None or found[0].closed:
            try:
                found = self._ownership.session()
            except psycopg.Error as error:
                raise told(error) from error
            self._of_thread.session = found
            self._all.append(found[0])
        connection, cursor = found
        return connection, cursor


class _Done(NamedTuple):
    """A committed function: what it returned, what it loaded, what is to be done now."""

    result: Any
    loaded: Overlay
    callbacks: list[Callback]
    wrote: bool


class _Again(Exception):
    """The function is to be run once more; ``alone`` because it changes what is cached."""

    def __init__(self, *, alone: bool) -> None:
        super().__init__()
        self.alone = alone


def _commit(connection: Connection[Row], cursor: Cursor[Row], wrote: bool) -> None:
    try:
        cursor.execute("COMMIT")
    except psycopg.Error as error:
        if wrote and (connection.closed or error.sqlstate is None):
            raise CommitUnknown(str(error)) from error
        raise
    if cursor.statusmessage != "COMMIT":
        raise StoreDefect("a function went on after one of its statements had failed")
