"""``penstock up``: one line when ready, an orderly end."""

from pathlib import Path

from penstock import __version__
from penstock.app import Server, serve
from penstock.config import Config


def run(config: Config) -> None:
    """Serves until it is told to stop."""
    noted: list[Path] = []
    try:
        serve(config, lambda server: noted.append(_announce(server)))
    finally:
        for path in noted:
            path.unlink(missing_ok=True)  # `penstock env` and `trace` look there for a server that runs


def _announce(server: Server) -> Path:
    config = server.app.config
    where = "memory" if config.memory else str(config.data)
    noted = config.data_dir() / "endpoint"
    noted.write_text(server.app.endpoint)
    print(f"Penstock {__version__} ready at {server.endpoint} (data: {where})", flush=True)
    return noted
