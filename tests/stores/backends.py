"""The databases that the store runs on, each as the suite needs it: opened, closed, opened again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg

from penstock.clock import Clock, Ids
from penstock.store import Room, SqliteStore, Statement, Store, open_store

TOY = Room("toy", "tests.toyroom")
ADD = Statement.of("INSERT INTO toy (id, value) VALUES (?, ?) RETURNING id")
ADD_NEXT = Statement.of("INSERT INTO toy (value) VALUES (?) RETURNING id")
GET = Statement.of("SELECT value FROM toy WHERE id = ?")
SET = Statement.of("UPDATE toy SET value = ? WHERE id = ?")
ALL = Statement.of("SELECT id, value FROM toy ORDER BY id")


class Backend(Protocol):
    """One empty database; what one store wrote, the next that is opened finds."""

    def open(self, rooms: Sequence[Room] = (TOY,)) -> Store:
        """Returns a store on it; close it before the next is opened."""


class Sqlite:
    """A file of its own."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "toy.db"

    def open(self, rooms: Sequence[Room] = (TOY,)) -> Store:
        return SqliteStore(self._path, list(rooms), durability="full", clock=Clock(), ids=Ids())


class Postgresql:
    """A database on the tests' server, emptied."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")

    def open(self, rooms: Sequence[Room] = (TOY,)) -> Store:
        return open_store(self.url, self.folder, list(rooms), durability="full", clock=Clock(), ids=Ids())


def load(tx: Any, id: int) -> str | None:
    """Returns a row's value; for ``tx.cached``."""
    row = tx.one(GET, id)
    return row[0] if row else None


def look(tx: Any, id: int = 1) -> str | None:
    """Returns a row's value, from the cache when it is there."""
    found: str | None = tx.cached("toy", id, load)
    return found


def change(tx: Any, value: str, id: int = 1) -> None:
    """Gives a row another value."""
    tx.run(SET, value, id)
    tx.forget("toy", id)
