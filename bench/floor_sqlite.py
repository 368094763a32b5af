"""The limit of the durable part: group-committed SQLite without HTTP; three rows a write, fsynced.

``python -m bench.floor_sqlite FOLDER SECONDS WRITERS`` prints durable writes a second.
"""

import asyncio
import sqlite3
import sys
import time
from pathlib import Path

_TABLES = """
CREATE TABLE object (key TEXT PRIMARY KEY, etag TEXT, data BLOB) WITHOUT ROWID;
CREATE TABLE event (id INTEGER PRIMARY KEY, key TEXT, record TEXT);
CREATE TABLE message (id INTEGER PRIMARY KEY, queue INTEGER, visible_ms INTEGER, body TEXT);
CREATE INDEX message_visible ON message (queue, visible_ms);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Returns a connection as durable as Penstock's default."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(_TABLES)
    return connection


def write(connection: sqlite3.Connection, number: int, data: bytes, record: str) -> None:
    """Stores an object, its event and its queue message."""
    key = f"object-{number:08d}"
    connection.execute("SAVEPOINT f")
    connection.execute("INSERT INTO object VALUES (?, ?, ?)", (key, "etag", data))
    connection.execute("INSERT INTO event (key, record) VALUES (?, ?)", (key, record))
    connection.execute("INSERT INTO message (queue, visible_ms, body) VALUES (1, ?, ?)", (number, record))
    connection.execute("RELEASE f")


async def writes_per_second(folder: Path, seconds: float, writers: int) -> float:
    """Returns the rate when ``writers`` callers each wait for their commit before they write again."""
    connection = connect(folder / "floor.db")
    data, record = bytes(1024), "x" * 800
    loop = asyncio.get_running_loop()
    started, number = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(writers):
            write(connection, number, data, record)
            number += 1
        await loop.run_in_executor(None, connection.execute, "COMMIT")
    rate = number / (time.perf_counter() - started)
    connection.close()
    return rate


if __name__ == "__main__":
    print(asyncio.run(writes_per_second(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))))
