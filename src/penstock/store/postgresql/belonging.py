"""Which data directory a database belongs to.

Large bodies are files there, and each start removes the files that no row names: with another database that would be
all of them. So each bears the other's mark: the directory a file, the database a row.
"""

from pathlib import Path

from psycopg import Connection

from penstock.clock import Ids
from penstock.errors import StartError
from penstock.store.data_folder import DATABASE, MARK
from penstock.store.files import replace_file
from penstock.store.tx import Row


def bind(connection: Connection[Row], folder: Path, ids: Ids) -> None:
    """Returns when database and data directory belong together, from now on if both are new; else StartError.

    Call it before the tables are made: a database without them has been marked by a start that was cut off.
    """
    if (folder / DATABASE).exists():
        raise StartError(f"the data directory {folder} holds a SQLite store; start with another --data")
    known = _known(connection)
    file = folder / MARK
    mine = file.read_text().strip() if file.exists() else None
    if mine is None and (known is None or _is_unused(connection)):
        mine = known or ids.uuid()
        if known is None:
            _mark_database(connection, mine)
        replace_file(file, mine.encode())
    elif known != mine:
        raise StartError(
            f"the data directory {folder} and the database do not belong together: the bodies in the one are not "
            "those that the other names"
        )


def _known(connection: Connection[Row]) -> str | None:
    if connection.execute("SELECT to_regclass('data_directory')").fetchone() == (None,):
        return None
    row = connection.execute("SELECT id FROM data_directory").fetchone()
    return str(row[0]) if row else None


def _is_unused(connection: Connection[Row]) -> bool:
    return connection.execute("SELECT to_regclass('migration')").fetchone() == (None,)


def _mark_database(connection: Connection[Row], id: str) -> None:
    with connection.transaction():
        connection.execute("CREATE TABLE data_directory (id TEXT NOT NULL)")
        connection.execute("INSERT INTO data_directory VALUES (%s)", (id,))
