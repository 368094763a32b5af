"""The socket and the process: binding, the ready line, signals, an orderly end."""

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import replace

import uvloop

from penstock.app.application import App
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.errors import StartError
from penstock.server.http import Limits, Listener

_GRACE_S = 10
_GC_THRESHOLD = 50_000  # requests leave few cycles behind; looking for them after each 700 objects is wasted
_KEPT_DESCRIPTORS = 128  # of the process: for the store, bodies and functions
_BACKLOG = 2048
_MAX_PORT = 65_535


class Server:
    """A running App behind a bound socket; made by ``bind``, run by ``run`` in an event loop."""

    def __init__(self, config: Config, *, clock: Clock | None = None, ids: Ids | None = None) -> None:
        self._socket = _bind(config.host, config.port)
        host, port = self._socket.getsockname()[:2]
        self.endpoint = f"http://{_url_host(host)}:{port}"
        try:
            self.app = App(config, self.endpoint.replace("0.0.0.0", "127.0.0.1"), clock=clock, ids=ids)
        except BaseException:
            self._socket.close()
            raise
        self.listener = Listener(self.app.handle, self.app.clock, self.app.ids, _limits())
        self._stopping = asyncio.Event()

    async def run(self, ready: Callable[["Server"], object] = lambda server: None) -> None:
        """Serves until ``stop``; ``ready`` is called when requests are answered."""
        try:
            await self.app.start()
            await self.listener.open(self._socket)
            time = asyncio.create_task(self.listener.keep_time())
            ready(self)
            await self._stopping.wait()
            await self.app.drain()  # first the work, then the connections: what waits gets its answer
            await self.listener.close(_GRACE_S)
            time.cancel()
        finally:
            await self.app.close()

    def stop(self) -> None:
        """Lets ``run`` finish what is under way and return."""
        self._stopping.set()


def serve(config: Config, ready: Callable[[Server], object]) -> None:
    """Runs one server in this process until SIGTERM or SIGINT; returns after an orderly end.

    Raises StartError when the address or the data directory is taken.
    """
    os.umask(0o077)
    logging.basicConfig(
        level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )

    async def main() -> None:
        server = Server(config)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, server.stop)
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD, 20, 20)
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


def _bind(host: str, port: int) -> socket.socket:
    if port > _MAX_PORT:  # the resolver would take the rest of it modulo 65,536
        raise StartError(f"port is {port}; it must be from 0 to {_MAX_PORT}")
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


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
