"""Transactions over a PostgreSQL cursor; each function has its own."""

from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Cursor

from penstock.clock import Ids
from penstock.sealed import Sealer
from penstock.store.cache import FORGOTTEN, Entry, Overlay, load_over
from penstock.store.callbacks import Callback
from penstock.store.queries import Statement
from penstock.store.tx import ReadTx, Row

T = TypeVar("T")
Values = dict[Entry, Any]

_WRITE = "BEGIN ISOLATION LEVEL SERIALIZABLE"
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Uncached(BaseException):
    """What was asked for is in no cache; not an Exception, so that no function takes it for a failure of its own."""


class NotAlone(BaseException):
    """The function changes what is cached, which it may do only while no other writes."""


class CachedReadTx:
    """``ReadTx`` on the event loop, of what the caches hold; raises Uncached where they do not."""

    def __init__(self, values: Values, now_ms: int, sealer: Sealer) -> None:
        self._values = values
        self.sealer = sealer
        self.now_ms = now_ms

    def one(self, statement: Statement, *params: object) -> Row | None:
        raise Uncached

    def all(self, statement: Statement, *params: object) -> list[Row]:
        raise Uncached

    def cached(self, kind: str, key: object, load: Callable[[ReadTx, Any], T]) -> T:
        try:
            found: T = self._values[kind, key]
        except KeyError:
            raise Uncached from None
        return found


class PostgresqlReadTx:
    """``ReadTx``. The snapshot is taken at once; what it loads for the caches is in ``overlay``."""

    def __init__(
        self, cursor: "Cursor[Row]", values: Values, now_ms: int, sealer: Sealer, begin: str = _READ
    ) -> None:
        self._cursor = cursor
        self.sealer = sealer
        self._values = values
        self.overlay: Overlay = {}
        self.now_ms = now_ms
        cursor.execute(begin)

    def one(self, statement: Statement, *params: object) -> Row | None:
        return self._cursor.execute(statement.postgresql, params).fetchone()

    def all(self, statement: Statement, *params: object) -> list[Row]:
        return self._cursor.execute(statement.postgresql, params).fetchall()

    def cached(self, kind: str, key: object, load: Callable[[ReadTx, Any], T]) -> T:
        found: T = load_over(self.overlay, self._values, (kind, key), load, self)
        return found


class PostgresqlTx(PostgresqlReadTx):
    """``Tx``; ``alone`` when no other writes meanwhile."""

    def __init__(
        self,
        cursor: "Cursor[Row]",
        values: Values,
        now_ms: int,
        sealer: Sealer,
        ids: Ids,
        *,
        alone: bool,
    ) -> None:
        super().__init__(cursor, values, now_ms, sealer, _WRITE)
        self._alone = alone
        self.ids = ids
        self.changes: list[object] = []
        self.callbacks: list[Callback] = []
        self.wrote = False

    def run(self, statement: Statement, *params: object) -> int:
        self.wrote = True
        return self._cursor.execute(statement.postgresql, params).rowcount

    def insert(self, statement: Statement, *params: object) -> int:
        self.wrote = True
        row = self._cursor.execute(statement.postgresql, params).fetchone()
        assert row is not None
        return int(row[0])

    def draw(self, statement: Statement, *params: object) -> int:
        row = self.one(statement, *params)
        assert row is not None
        return int(row[0])

    def emit(self, change: object) -> None:
        self.changes.append(change)

    def forget(self, kind: str, key: object) -> None:
        if not self._alone:
            raise NotAlone
        self.overlay[kind, key] = FORGOTTEN

    def after_commit(self, callback: Callback) -> None:
        self.callbacks.append(callback)
