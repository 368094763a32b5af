"""Numbered migrations per room: ``migrations/0001_what.sql``, each run once, in order, in one transaction."""

import sqlite3
from importlib import resources

from penstock.errors import StartError
from penstock.store.tx import Room

_TABLE = """CREATE TABLE IF NOT EXISTS migration (
    room TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (room, number))"""


def migrate(connection: sqlite3.Connection, rooms: list[Room]) -> None:
    """Brings every room's tables up to date; StartError when the data are of a newer release."""
    connection.execute(_TABLE)
    for room in rooms:
        done = {
            number
            for (number,) in connection.execute("SELECT number FROM migration WHERE room = ?", (room.name,))
        }
        scripts = _scripts(room)
        if unknown := done - scripts.keys():
            raise StartError(
                f"the data directory was written by a newer Penstock (migration {room.name} {max(unknown)}); "
                "start that version, or another data directory"
            )
        for number in sorted(scripts.keys() - done):
            name, sql = scripts[number]
            connection.executescript(
                f"BEGIN; {sql}; INSERT INTO migration VALUES ('{room.name}', {number}, '{name}'); COMMIT;"
            )


def _scripts(room: Room) -> dict[int, tuple[str, str]]:
    folder = resources.files(room.package).joinpath("migrations")
    files = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return {int(file.name[:4]): (file.name[:-4], file.read_text("utf-8")) for file in files}
