"""The socket and the process: binding, the ready line, signals, an orderly end."""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import uvloop

from penstock.app.application import App
from penstock.app.tls import speaks_tls
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.errors import StartError
from penstock.server.http import Limits, Listener
from penstock.server.request_log import RequestLog

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4
_GRACE_S = 10
_GC_THRESHOLD = 50_000  # requests leave few cycles behind; looking for them after each 700 objects is wasted
_KEPT_DESCRIPTORS = 128  # of the process: for the store, bodies and functions
_BACKLOG = 2048
_EVERYWHERE = ("0.0.0.0", "::", "")
_HERE = ("127.0.0.1", "::1", "localhost")


class Server:
    """A running App behind a bound socket, run by ``run`` in an event loop.

    ``on_lost`` is called when nothing may be written any more; without it the server stops.
    """

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        on_lost: Callable[[], object] | None = None,
    ) -> None:
        tls = speaks_tls(config)
        self._socket = _bind(config.host, config.port)
        self._loopback = _bind("127.0.0.1", 0) if tls else None
        self.endpoint = _url("https" if tls else "http", _known_as(config) if tls else "", self._socket)
        runtime = self._loopback or self._socket
        try:
            self.app = App(
                config,
                _to_itself(self.endpoint),
                _to_itself(_url("http", "", runtime)).removeprefix("http://"),
                clock=clock,
                ids=ids,
            )
        except BaseException:
            self._close_sockets()
            raise
        self.app.store.on_lost = on_lost or self.stop
        handle = self.app.handle
        if config.log_level == "debug":
            handle = RequestLog(handle, self.app.clock).handle
        self.listener = Listener(handle, self.app.clock, self.app.ids, _limits())
        self._stopping = asyncio.Event()

    async def run(self, ready: Callable[["Server"], object] = lambda server: None) -> None:
        """Serves until ``stop``; ``ready`` is called when requests are answered."""
        try:
            async with self._runtime():
                await self.app.start()
                await self.listener.open(self._socket, self.app.tls.context if self.app.tls else None)
                self.app.supervisor.keep("http: time-outs", self.listener.keep_time)
                ready(self)
                await self._stopping.wait()
                await self.app.drain()  # first the work, then the connections: what waits gets its answer
                await self.listener.close(_GRACE_S)
        finally:
            await self.app.close()
            self._close_sockets()

    def stop(self) -> None:
        """Lets ``run`` finish what is under way and return."""
        self._stopping.set()

    @contextlib.asynccontextmanager
    async def _runtime(self) -> AsyncIterator[None]:
        """Answers function workers on the loopback, to the end of the last, when the front speaks TLS."""
        if self._loopback is None:
            yield
            return
        limits = self.listener.connections.limits
        listener = Listener(self.app.handle_runtime, self.app.clock, self.app.ids, limits)
        await listener.open(self._loopback)
        self.app.supervisor.keep("http: time-outs of the runtime", listener.keep_time)
        try:
            yield
        finally:
            await listener.close(_GRACE_S)

    def _close_sockets(self) -> None:
        self._socket.close()
        if self._loopback:
            self._loopback.close()


def serve(config: Config, ready: Callable[[Server], object]) -> None:
    """Runs one server in this process until SIGTERM or SIGINT; returns after an orderly end.

    Raises StartError when the address or the data directory is taken. When the outcome of a commit is unknown, the
    process ends there and then, with status 74 (EX_IOERR).
    """
    os.umask(0o077)
    _be_unreadable()
    logging.basicConfig(
        level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )

    async def main() -> None:
        server = Server(config, on_lost=_end_at_once)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, server.stop)
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD, 20, 20)
        gc.enable()
        await server.run(ready)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def _limits() -> Limits:
    """Returns the limits of connections: descriptors that the store and functions need are kept from them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    default = Limits()
    return replace(default, connections=max(1, min(default.connections, hard - _KEPT_DESCRIPTORS)))


def _be_unreadable() -> None:
    """Keeps processes of the same user, functions among them, from this one's memory and environment."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _end_at_once() -> None:
    # An orderly end would write: answers that nobody can stand for, and what closing a database writes.
    logging.shutdown()
    os._exit(os.EX_IOERR)


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
