"""What the process has open of a database, and in which order it is let go."""

import contextlib
import os
import sqlite3
from pathlib import Path

from penstock.store.migrations import migrate_sqlite
from penstock.store.sqlite.wal import Wal
from penstock.store.tx import Room

# SQLite takes both as they are, but Python looks for an adapter first: half a microsecond each to find none.
_NO_CHANGE: dict[None, None] = {}
sqlite3.register_adapter(type(None), _NO_CHANGE.get)
sqlite3.register_adapter(bytes, bytes)

_SYNCHRONOUS = {"full": "FULL", "normal": "NORMAL", "off": "OFF"}
_PATIENCE_S = 5.0  # for another process that has the database, at the start
_LOG_BYTES = (
    64 << 20
)  # what the log's file is cut to when it begins anew; growing it again costs each commit more


class Connections:
    """Three connections to one database whose tables are up to date, and its log.

    None of them waits for a lock, or writes the log back by itself. StartError, sqlite3.DatabaseError, OSError.
    """

    def __init__(self, path: Path, rooms: list[Room], durability: str) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # its log and index take the file's mode
        with contextlib.ExitStack() as opened:
            self.writer = opened.enter_context(contextlib.closing(_connect(path, durability)))
            self.writer.execute("PRAGMA journal_mode = WAL")
            self.writer.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}")
            migrate_sqlite(self.writer, rooms)
            self.checkpointer = opened.enter_context(contextlib.closing(_connect(path, durability)))
            self.reader = opened.enter_context(contextlib.closing(_connect(path, durability, "?mode=ro")))
            for connection in (self.writer, self.checkpointer, self.reader):
                connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # opens the log
                connection.execute("PRAGMA busy_timeout = 0")
            self.wal = Wal(path)
            opened.pop_all()

    def close(self) -> None:
        """Lets everything go; the last one to write brings the log into the database and removes it, if it can."""
        self._close(self.reader, self.checkpointer, self.writer)

    def abandon(self) -> None:
        """Lets everything go and leaves the log as it is: the last to close cannot write."""
        self._close(self.writer, self.checkpointer, self.reader)

    def _close(self, *connections: sqlite3.Connection) -> None:
        for connection in connections:
            connection.close()
        self.wal.close()


def _connect(path: Path, durability: str, options: str = "") -> sqlite3.Connection:
    connection = sqlite3.connect(
        path.absolute().as_uri() + options,
        uri=True,
        timeout=_PATIENCE_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    connection.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durability]}")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -16384")  # 16 MiB: the idle server must stay small
    return connection
