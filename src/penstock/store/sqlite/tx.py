"""Transactions over one SQLite connection; one object serves every call, so it is set anew by ``begin``."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from penstock.clock import Clock, Ids
from penstock.sealed import Sealer
from penstock.store.cache import FORGOTTEN, Cache, Overlay, load_over
from penstock.store.callbacks import Callback
from penstock.store.queries import Statement
from penstock.store.tx import ReadTx, Row

T = TypeVar("T")


class SqliteReadTx:
    """``ReadTx``. The snapshot is taken at the first statement, for what the cache answers needs none.

    It is kept until ``let_go``: to take one costs as much as to read a row.
    """

    def __init__(self, connection: sqlite3.Connection, cache: Cache, clock: Clock, sealer: Sealer) -> None:
        self.sealer = sealer
        self._connection = connection
        self._execute = connection.execute
        self._cache = cache
        self._values = cache.values
        self._clock = clock
        self._open = False
        self._now_ms = 0

    def begin(self) -> "SqliteReadTx":
        """Returns it, ready for the next function."""
        self._now_ms = 0
        return self

    @property
    def now_ms(self) -> int:
        """Returns the server's time when it was first asked for; few functions do."""
        self._now_ms = self._now_ms or self._clock.now_ms()
        return self._now_ms

    def let_go(self) -> None:
        """Lets the snapshot go: the next function sees what has been committed since."""
        if self._open:
            self._open = False
            if self._connection.in_transaction:  # a failure may have ended it
                self._execute("ROLLBACK")

    def one(self, statement: Statement, *params: object) -> Row | None:
        if not self._open:
            self._take()
        row: Row | None = self._execute(statement.sqlite, params).fetchone()
        return row

    def all(self, statement: Statement, *params: object) -> list[Row]:
        if not self._open:
            self._take()
        return self._execute(statement.sqlite, params).fetchall()

    def cached(self, kind: str, key: object, load: Callable[[ReadTx, Any], T]) -> T:
        try:
            found: T = self._values[kind, key]
        except KeyError:
            found = load(self, key)
            self._cache.remember((kind, key), found)
        return found

    def _take(self) -> None:
        self._execute("BEGIN")
        self._open = True


class SqliteTx:
    """``Tx``; lives from ``begin`` to the end of the function it is given to, within the batch's transaction."""

    def __init__(
        self, connection: sqlite3.Connection, cache: Cache, clock: Clock, sealer: Sealer, ids: Ids
    ) -> None:
        self.sealer = sealer
        self._execute = connection.execute
        self._insert = (
            connection.cursor().execute
        )  # a cursor that is kept: what gives back no row leaves it free
        self._values = cache.values
        self._clock = clock
        self.ids = ids
        self.overlay: Overlay = {}
        self.drawn: dict[Statement, int] = {}
        """The last numbers drawn in this batch: nobody else draws before it ends."""
        self.now_ms = 0
        self.changes: list[object] = []
        self.callbacks: list[Callback] = []
        self.wrote = False

    def begin_batch(self) -> None:
        """Begins the transaction that functions share, and its moment."""
        self.drawn.clear()
        self.now_ms = self._clock.now_ms()
        self._execute("BEGIN IMMEDIATE")

    def begin(self) -> "SqliteTx":
        """Returns it, ready for the next function; the overlay is the batch's and stays."""
        self.changes = []
        self.callbacks = []
        self.wrote = False
        return self

    def one(self, statement: Statement, *params: object) -> Row | None:
        row: Row | None = self._execute(statement.sqlite, params).fetchone()
        return row

    def all(self, statement: Statement, *params: object) -> list[Row]:
        return self._execute(statement.sqlite, params).fetchall()

    def cached(self, kind: str, key: object, load: Callable[[ReadTx, Any], T]) -> T:
        found: T
        if not self.overlay:  # nearly always: configurations change rarely
            try:
                found = self._values[kind, key]
                return found
            except KeyError:
                pass
        found = load_over(self.overlay, self._values, (kind, key), load, self)
        return found

    def run(self, statement: Statement, *params: object) -> int:
        self.wrote = True
        return self._execute(statement.sqlite, params).rowcount

    def insert(self, statement: Statement, *params: object) -> int:
        self.wrote = True
        if statement.inserting is not None:
            return self._insert(statement.inserting, params).lastrowid or 0
        (key,) = self._execute(statement.sqlite, params).fetchone()
        return int(key)

    def draw(self, statement: Statement, *params: object) -> int:
        last = self.drawn.get(statement)
        if last is None:
            ((number,),) = self._execute(statement.sqlite, params).fetchall()
        else:
            number = last + 1
        self.drawn[statement] = number
        return int(number)

    def emit(self, change: object) -> None:
        self.changes.append(change)

    def forget(self, kind: str, key: object) -> None:
        self.overlay[kind, key] = FORGOTTEN

    def after_commit(self, callback: Callback) -> None:
        self.callbacks.append(callback)
