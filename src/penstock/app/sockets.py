"""What one server listens on, and what it is called there."""

import logging
import socket
from contextlib import ExitStack
from pathlib import Path

from penstock.app.tls import speaks_tls
from penstock.config import Config
from penstock.errors import StartError

log = logging.getLogger(__name__)

_BACKLOG = 2048
_EVERYWHERE = ("0.0.0.0", "::", "")
_HERE = ("127.0.0.1", "::1", "localhost")
_OF_THE_GROUP = 0o660


class Sockets:
    """Bound, not yet served: ``public``; ``unix`` when there is one; ``loopback``, without TLS, when ``public`` has it;
    ``extension`` for functions, at a free port when another server has the one that was set.

    StartError naming the address that is taken.
    """

    def __init__(self, config: Config) -> None:
        tls = speaks_tls(config)
        self._path = config.socket
        self.unix: socket.socket | None = None
        self.loopback: socket.socket | None = None
        self.public = _bind(config.host, config.port)
        with ExitStack() as bound:
            bound.callback(self.public.close)
            self.extension = _bind_if_free("127.0.0.1", config.extension_port)
            bound.pop_all()
            bound.callback(self.close)
            if config.socket:
                self.unix = _bind_unix(config.socket)
            if tls:
                self.loopback = _bind("127.0.0.1", 0)
            bound.pop_all()
        self.endpoint = _url("https" if tls else "http", _known_as(config) if tls else "", self.public)

    @property
    def endpoint_here(self) -> str:
        """Returns the base URL that processes on this machine reach the server at."""
        return _to_itself(self.endpoint)

    @property
    def runtime_here(self) -> str:
        """Returns the host and port where they reach it without TLS."""
        return _to_itself(_url("http", "", self.loopback or self.public)).removeprefix("http://")

    @property
    def extension_port(self) -> int:
        """Returns where functions find secrets and parameters."""
        port: int = self.extension.getsockname()[1]
        return port

    def close(self) -> None:
        """Closes them; what is closed already stays so."""
        for bound in (self.public, self.loopback, self.extension, self.unix):
            if bound:
                bound.close()
        if self.unix and self._path:
            self._path.unlink(missing_ok=True)


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        raise StartError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    bound.setblocking(False)
    return bound


def _bind_if_free(host: str, port: int) -> socket.socket:
    try:
        return _bind(host, port)
    except StartError as taken:
        log.info(
            "%s: functions find secrets and parameters at another port, which their environment names", taken
        )
        return _bind(host, 0)


def _bind_unix(path: Path) -> socket.socket:
    """Returns a socket that its group may use; what a server that has ended left at ``path`` is replaced."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and not _answers(path):
            path.unlink()
        bound.bind(str(path))
        path.chmod(_OF_THE_GROUP)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise StartError(f"cannot listen on {path}: {error.strerror or error}") from None
    bound.setblocking(False)
    return bound


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(1)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            return False
    return True


def _known_as(config: Config) -> str:
    """Returns the name that its own clients on this machine call the server by, "" for its address.

    The certificate that ``tls_cert`` names is for clients elsewhere; who asks for localhost is shown the local one.
    """
    if config.host in _EVERYWHERE or (config.tls_cert and config.host in _HERE):
        return "localhost"
    return ""


def _url(scheme: str, name: str, bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    name = name or (f"[{host}]" if ":" in host else host)
    return f"{scheme}://{name}:{port}"


def _to_itself(url: str) -> str:
    """Returns ``url`` as this machine can reach it, where it has the address that means all addresses."""
    return url.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
