"""Numbered migrations per room: ``migrations/0001_what.sql``, each run once, in order; all that are due or none.

They are written for SQLite and translated for PostgreSQL; where translation cannot do, ``0001_what.postgresql.sql``
stands in for that one.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import NamedTuple

from penstock.errors import StartError
from penstock.store.tx import Room

_TABLE = """CREATE TABLE IF NOT EXISTS migration (
    room TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (room, number))"""
_DONE = "SELECT room, number FROM migration"

_POSTGRESQL = ".postgresql"


class Migration(NamedTuple):
    """One step of one room; ``postgresql`` is what that database gets instead, if translation cannot do."""

    room: str
    number: int
    name: str
    sql: str
    postgresql: str | None


def migrate_sqlite(connection: sqlite3.Connection, rooms: list[Room]) -> None:
    """Brings every room's tables up to date; StartError when the data are of a newer release."""
    connection.execute(_TABLE)
    due = [
        f"{sql}\n; INSERT INTO migration VALUES ('{room}', {number}, '{name}');"
        for room, number, name, sql, _ in missing(rooms, connection.execute(_DONE).fetchall())
    ]
    if due:
        connection.executescript(f"BEGIN IMMEDIATE; {' '.join(due)} COMMIT;")


def missing(rooms: list[Room], done: Iterable[tuple[str, int]]) -> Iterator[Migration]:
    """Yields the migrations that are not ``done``, in their order; StartError when one is done that is not known."""
    known = {(step.room, step.number): step for room in rooms for step in _steps(room)}
    done = set(done)
    if unknown := done - known.keys():
        room, number = max(unknown)
        raise StartError(
            f"the data were written by a newer Penstock (migration {room} {number}); "
            "start that version, or with other data"
        )
    yield from (step for key, step in known.items() if key not in done)


def _steps(room: Room) -> list[Migration]:
    files = {
        file.name.removesuffix(".sql"): file.read_text("utf-8")
        for file in resources.files(room.package).joinpath("migrations").iterdir()
        if file.name.endswith(".sql")
    }
    return [
        Migration(room.name, int(name[:4]), name, files[name], files.get(name + _POSTGRESQL))
        for name in sorted(files)
        if not name.endswith(_POSTGRESQL)
    ]
