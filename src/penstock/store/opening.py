"""Which store a server has: its settings say."""

from pathlib import Path

from penstock.clock import Clock, Ids
from penstock.errors import StartError
from penstock.sealed import Sealer
from penstock.store.data_folder import DATABASE, MARK
from penstock.store.sqlite.store import SqliteStore
from penstock.store.tx import Room, Store

_SCHEMES = ("postgresql://", "postgres://")


def open_store(
    url: str,
    folder: Path,
    rooms: list[Room],
    *,
    durability: str,
    clock: Clock,
    ids: Ids,
    sealer: Sealer | None = None,
) -> Store:
    """Returns the store at ``url``, or SQLite in the data directory ``folder`` when it is empty.

    StartError when it cannot be opened, or is in use.
    """
    if not url:
        if (folder / MARK).exists():
            raise StartError(
                f"the data directory {folder} belongs to a PostgreSQL database; start with --store"
            )
        return SqliteStore(
            folder / DATABASE, rooms, durability=durability, clock=clock, ids=ids, sealer=sealer
        )
    if not url.startswith(_SCHEMES):
        raise StartError("store must be empty (SQLite in the data directory) or postgresql://…")
    try:
        from penstock.store.postgresql.store import PostgresqlStore  # a heavy driver that few need
    except ImportError as error:
        raise StartError(
            f"store wants PostgreSQL, but {error.name} is not installed: pip install 'penstock[postgresql]'"
        ) from None
    return PostgresqlStore(url, folder, rooms, durability=durability, clock=clock, ids=ids, sealer=sealer)
