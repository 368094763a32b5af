"""``penstock up``: one line when ready, an orderly end."""

from penstock import __version__
from penstock.app import Server, serve
from penstock.config import Config
from penstock.errors import StartError


def run(config: Config) -> None:
    """Serves until it is told to stop."""
    if config.memory and config.data:
        raise StartError("--memory and --data exclude each other")
    serve(config, _announce)


def _announce(server: Server) -> None:
    config = server.app.config
    where = "memory" if config.memory else str(config.data)
    (config.data_dir() / "endpoint").write_text(server.endpoint)
    print(f"Penstock {__version__} ready at {server.endpoint} (data: {where})", flush=True)
