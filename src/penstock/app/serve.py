"""The socket and the process: binding, the ready line, signals, an orderly end."""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import uvicorn
import uvloop

from penstock.app.application import App
from penstock.app.tls import Tls, speaks_tls
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.errors import StartError
from penstock.server.asgi import AsgiApp
from penstock.server.request_log import RequestLog

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4
_GRACE_S = 10
_TICK_S = 1.0  # how old the Date header may be
_CLOSING_S = 0.002  # between looks at connections that are closing
_GC_THRESHOLD = 50_000  # requests leave few cycles behind; looking for them after each 700 objects is wasted
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
        asgi = self.app.asgi
        front = _front(
            RequestLog(asgi, self.app.clock) if config.log_level == "debug" else asgi, self.app.tls
        )
        self._uvicorn = _Uvicorn(front, self.app.drain)

    async def run(self, ready: Callable[["Server"], object] = lambda server: None) -> None:
        """Serves until ``stop``; ``ready`` is called when requests are answered."""
        try:
            async with self._runtime():
                await self.app.start()
                self._uvicorn.ready = lambda: ready(self)
                await self._uvicorn.serve(sockets=[self._socket])
        finally:
            await self.app.close()
            self._close_sockets()

    def stop(self) -> None:
        """Lets ``run`` finish what is under way and return."""
        self._uvicorn.end()

    @contextlib.asynccontextmanager
    async def _runtime(self) -> AsyncIterator[None]:
        """Answers function workers on the loopback, to the end of the last, when the front speaks TLS."""
        if self._loopback is None:
            yield
            return
        listener = _Uvicorn(_front(self.app.runtime_asgi, None), _at_once)
        serving = asyncio.create_task(listener.serve(sockets=[self._loopback]))
        try:
            yield
        finally:
            listener.end()
            await serving

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
        await server.run(ready)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def _be_unreadable() -> None:
    """Keeps processes of the same user, functions among them, from this one's memory and environment."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _end_at_once() -> None:
    # An orderly end would write: answers that nobody can stand for, and what closing a database writes.
    logging.shutdown()
    os._exit(os.EX_IOERR)


class _Uvicorn(uvicorn.Server):
    """uvicorn, with our signals and our order of ending: first the work, then the connections."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._drain = drain
        self._over = asyncio.Event()
        self.ready: Callable[[], object] = lambda: None

    def end(self) -> None:
        self.should_exit = True
        self._over.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()

    async def main_loop(self) -> None:
        # uvicorn looks every tenth of a second whether it is to end.
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), _TICK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # As uvicorn's, which sleeps a tenth of a second even when nobody is connected.
        await self._drain()
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        state = self.server_state
        for connection in list(state.connections):
            _hang_up(connection)
        try:
            async with asyncio.timeout(_GRACE_S):
                while state.connections or state.tasks:  # noqa: ASYNC110 - uvicorn tells nobody
                    await asyncio.sleep(_CLOSING_S)
        except TimeoutError:
            log.error("%d requests are cut off", len(state.tasks))
            for task in state.tasks:
                task.cancel()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[Any]:
        yield  # uvicorn would raise the signal again after its end, and the exit status would not be 0


def _hang_up(connection: Any) -> None:
    idle = connection.cycle is None or connection.cycle.response_complete
    if idle and connection.transport.get_extra_info("sslcontext"):
        connection.transport.abort()  # its client would be waited for, half a minute, to agree to the end
    else:
        connection.shutdown()


def _front(asgi: AsgiApp | RequestLog, tls: Tls | None) -> uvicorn.Config:
    return uvicorn.Config(
        asgi,
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=65,
        ssl_context_factory=(lambda *_: tls.context) if tls else None,
    )


async def _at_once() -> None:
    """Nothing is to be ended first."""


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
