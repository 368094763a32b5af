"""Connections: how they are set up, who may have them, and the tables they find."""

import contextlib
from collections.abc import Iterator

from psycopg import Connection, Cursor, connect
from psycopg.errors import LockNotAvailable

from penstock.errors import StartError
from penstock.store.dialect import postgresql_schema
from penstock.store.migrations import missing
from penstock.store.postgresql.types import adapt
from penstock.store.tx import Room, Row

# Advisory locks, any two numbers: one process holds the first, each of its connections shares the second.
_OWNER, _CONNECTED = 0x70656E73746F636B, 0x70656E73746F636C

_MIGRATIONS = """CREATE TABLE IF NOT EXISTS migration (
    room TEXT NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (room, number))"""
_PATIENCE_MS = 3000
_PREPARE_AFTER = 2  # uses of a statement; the rooms have few, and use them for ever


def open_connection(url: str, durability: str) -> Connection[Row]:
    """Returns a connection on which every statement is a transaction of its own until one is begun."""
    connection: Connection[Row] = connect(
        url, autocommit=True, client_encoding="utf8", prepare_threshold=_PREPARE_AFTER
    )
    adapt(connection)
    # A scan of a whole table, which the planner likes while tables are small, conflicts with every write to it.
    connection.execute("SET enable_seqscan = off")
    if durability != "full":
        connection.execute("SET synchronous_commit = off")
    elif connection.execute("SHOW synchronous_commit").fetchone() == ("off",):
        connection.execute("SET synchronous_commit = on")
    return connection


class Ownership:
    """One process per database, until ``close`` or the end of the process; StartError when another has it.

    The lock goes with its connection. Should that break unnoticed, the process may still write through its others:
    these share a second lock, which a new owner must find free, and are made only while the first is held.
    """

    def __init__(self, url: str, durability: str) -> None:
        self._url = url
        self._durability = durability
        self.connection = open_connection(url, durability)
        with self.kept():
            self._take()

    @contextlib.contextmanager
    def kept(self) -> Iterator[Connection[Row]]:
        """Yields the owner's own connection, and gives up the database when the block fails."""
        try:
            yield self.connection
        except BaseException:
            self.connection.close()
            raise

    def session(self) -> tuple[Connection[Row], Cursor[Row]]:
        """Returns a new connection for the owner's work, and its cursor."""
        connection = open_connection(self._url, self._durability)
        try:
            connection.execute("SELECT pg_advisory_lock_shared(%s)", (_CONNECTED,))
            self.connection.execute("SELECT 1")
        except BaseException:
            connection.close()
            raise
        return connection, connection.cursor(binary=True)

    def _take(self) -> None:
        encoding = self.connection.execute("SHOW server_encoding").fetchone()
        if encoding != ("UTF8",):
            raise StartError(f"the database has the encoding {encoding and encoding[0]}; make one with UTF8")
        # A process that has just ended leaves its locks to be let go by the server, which takes a moment.
        self.connection.execute(f"SET lock_timeout = {_PATIENCE_MS}")
        try:
            for lock in (_OWNER, _CONNECTED):
                self.connection.execute("SELECT pg_advisory_lock(%s)", (lock,))
        except LockNotAvailable:
            raise StartError(
                "the database is in use by another Penstock; stop it, or use another database"
            ) from None
        self.connection.execute("SET lock_timeout = 0")
        self.connection.execute("SELECT pg_advisory_unlock(%s)", (_CONNECTED,))


def migrate_postgresql(connection: Connection[Row], rooms: list[Room]) -> None:
    """Brings every room's tables up to date; StartError when the data are of a newer release."""
    connection.execute(_MIGRATIONS)
    done = connection.execute("SELECT room, number FROM migration").fetchall()
    for room, number, name, sql, own in missing(rooms, [(room, number) for room, number in done]):
        with connection.transaction():
            connection.execute((own or postgresql_schema(sql)).encode())
            connection.execute("INSERT INTO migration VALUES (%s, %s, %s)", (room, number, name))
