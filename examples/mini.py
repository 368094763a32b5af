"""Penstock's whole idea on one page: an object and what must follow from it are one durable transaction.

A PUT writes three rows, the object, its event and the event's message, in one SQLite transaction, and answers only
after the commit is on disk. PUTs that arrive while a commit waits for the disk share the next one (group commit),
so many callers cost few fsyncs. A handler takes messages; what it did, or how it failed, goes into the ledger.
Kill this program anywhere: an answered PUT has its message, and a message goes away only together with its ledger row.

    python examples/mini.py
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS object (key TEXT PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS event (sequencer INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, record TEXT);
CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, sequencer INTEGER, tries INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS ledger (sequencer INTEGER, try INTEGER, outcome TEXT);
"""
MAX_TRIES = 3


class Store:
    """SQLite with one writer and group commit."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode = WAL")
        # NORMAL would lose the last commits in a power cut.
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.executescript(TABLES)
        self.waiting: list[tuple[Callable, tuple, asyncio.Future]] = []
        self.committing: asyncio.Task | None = None
        self.commits = 0

    async def write(self, function: Callable, *args):
        """Returns ``function(connection, *args)`` when its effects are on disk."""
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((function, args, done))
        if self.committing is None:
            self.committing = asyncio.create_task(self._commit_all())
        return await done

    async def _commit_all(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting, []
            self.connection.execute("BEGIN IMMEDIATE")
            results = [self._run(function, args) for function, args, _ in batch]
            # The disk is waited for in a thread; meanwhile new callers line up for the next round.
            await asyncio.to_thread(self.connection.execute, "COMMIT")
            self.commits += 1
            for (_, _, done), result in zip(batch, results, strict=True):
                done.set_exception(result) if isinstance(result, Exception) else done.set_result(result)
        self.committing = None

    def _run(self, function: Callable, args: tuple):
        """A savepoint for each function, so that one that fails does not hurt its neighbours."""
        self.connection.execute("SAVEPOINT one")
        try:
            return function(self.connection, *args)
        except Exception as error:
            self.connection.execute("ROLLBACK TO one")
            return error
        finally:
            self.connection.execute("RELEASE one")


def put(tx: sqlite3.Connection, key: str, data: bytes) -> int:
    """The object, its event and the message: all of them or none. Returns the event's sequencer."""
    tx.execute("INSERT OR REPLACE INTO object VALUES (?, ?)", (key, data))
    record = json.dumps({"eventName": "ObjectCreated:Put", "key": key, "size": len(data)})
    sequencer = tx.execute("INSERT INTO event (key, record) VALUES (?, ?)", (key, record)).lastrowid
    tx.execute("INSERT INTO message (sequencer) VALUES (?)", (sequencer,))
    return sequencer


def take(tx: sqlite3.Connection) -> tuple | None:
    """Returns the oldest message: id, sequencer, tries, record. It stays: only ``finish`` removes it."""
    return tx.execute(
        "SELECT id, message.sequencer, tries, record FROM message JOIN event USING (sequencer) ORDER BY tries, id"
    ).fetchone()


def finish(tx: sqlite3.Connection, message: tuple, outcome: str, *, again: bool) -> None:
    """Writes the ledger and removes the message, or leaves it for another try."""
    number, sequencer, tries, _ = message
    tx.execute("INSERT INTO ledger VALUES (?, ?, ?)", (sequencer, tries + 1, outcome))
    if again:
        tx.execute("UPDATE message SET tries = tries + 1 WHERE id = ?", (number,))
    else:
        tx.execute("DELETE FROM message WHERE id = ?", (number,))


async def work(store: Store, handler: Callable[[dict], object]) -> None:
    """Hands every message to ``handler`` until none is left."""
    while message := await store.write(take):
        try:
            handler(json.loads(message[3]))
        except Exception as error:
            last = message[2] + 1 == MAX_TRIES
            outcome = f"{'dead' if last else 'retry'}: {error}"
            await store.write(lambda tx, m=message, o=outcome, a=not last: finish(tx, m, o, again=a))
        else:
            await store.write(lambda tx, m=message: finish(tx, m, "delivered", again=False))


def count_lines(event: dict) -> None:
    """The handler: anything that may fail."""
    if event["size"] == 0:
        raise ValueError(f"{event['key']} is empty")


async def main(path: Path) -> None:
    """Puts a hundred objects at once, one of which the handler cannot digest, and prints the ledger."""
    store = Store(path)
    await asyncio.gather(*(store.write(put, f"file-{n:02}", b"x" * n) for n in range(100)))
    print(f"100 durable PUTs, {store.commits} commit(s)")
    await work(store, count_lines)
    rows = store.connection.execute("SELECT outcome, count(*) FROM ledger GROUP BY outcome ORDER BY outcome")
    for outcome, number in rows:
        print(f"{number:4} {outcome}")
    store.connection.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "mini.db"))
