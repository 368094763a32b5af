"""A SQLite database as it was at one moment: copied from under a server that writes, and looked into afterwards."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from penstock.clock import Clock, Ids
from penstock.errors import BodyDamaged
from penstock.sealed import KEY_BYTES, Sealer
from penstock.store.cache import Cache
from penstock.store.folders import sync_folder
from penstock.store.sqlite.errors import told
from penstock.store.sqlite.tx import SqliteReadTx
from penstock.store.tx import ReadTx

T = TypeVar("T")

_PAGES = 4096  # 16 MiB between two looks at how far it is

Report = Callable[[int, int], object]
"""Is told how much is done, and of how much; what it raises ends the work."""


def write_snapshot(source: Path, target: Path, report: Report) -> None:
    """Promises that ``target`` durably holds the database ``source`` as it was at one moment of the call. Blocking.

    Writers go on meanwhile; SQLite keeps what they write in its log until the end. StoreUnavailable, NoRoom.
    """
    try:
        _copy(source, target, report)
    except sqlite3.Error as error:
        raise told(error) from error
    _sync(target)


def _copy(source: Path, target: Path, report: Report) -> None:
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(_connect(source)) as read, closing(sqlite3.connect(target)) as written:
        # Within a transaction of its own: else each commit of the server would make it begin anew.
        read.execute("BEGIN")
        read.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        read.backup(written, pages=_PAGES, progress=lambda _, left, total: report(total - left, total))
        # One file, which can be read where nothing can be written.
        written.execute("PRAGMA journal_mode = DELETE")


def read_snapshot(path: Path, fn: Callable[[ReadTx], T]) -> T:
    """Returns ``fn(tx)`` of a database that nobody writes; it is not changed. Blocking."""
    ids = Ids()
    sealer = Sealer(ids.bytes(KEY_BYTES), ids)  # opens nothing: what is asked of a snapshot is not sealed
    with closing(_connect(path, "?mode=ro&immutable=1")) as connection:
        snapshot = SqliteReadTx(connection, Cache(), Clock(), sealer).begin()
        try:
            return fn(snapshot)
        except sqlite3.Error as error:
            raise told(error) from error
        finally:
            snapshot.let_go()


def check_snapshot(path: Path) -> None:
    """Returns when the database, which nobody writes, is whole; else raises BodyDamaged. Blocking."""
    try:
        with closing(_connect(path, "?mode=ro&immutable=1")) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise BodyDamaged(f"the database {path}: {error}") from None
    if found != "ok":
        raise BodyDamaged(f"the database {path}: {found}")


def _connect(path: Path, options: str = "?mode=ro") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}{options}", uri=True, isolation_level=None)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)
