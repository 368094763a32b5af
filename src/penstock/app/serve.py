"""The process: its life from the bound sockets to an orderly end, signals, limits."""

import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from socket import socket

import uvloop

from penstock.app.application import App
from penstock.app.log_format import begin_log
from penstock.app.sockets import Sockets
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.server import Handler
from penstock.server.http import Limits, Listener, Proxies
from penstock.server.request_log import RequestLog

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4
_GRACE_S = 10
_GC_THRESHOLD = 50_000  # requests leave few cycles behind; looking for them after each 700 objects is wasted
_KEPT_DESCRIPTORS = 128  # of the process: for the store, bodies and functions


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
        proxies = Proxies(config.proxies)
        self._sockets = Sockets(config)
        self.endpoint = self._sockets.endpoint
        with contextlib.ExitStack() as bound:
            bound.callback(self._sockets.close)
            self.app = App(
                config,
                self._sockets.endpoint_here,
                self._sockets.runtime_here,
                self._sockets.extension_port,
                clock=clock,
                ids=ids,
            )
            bound.pop_all()
        self.app.store.on_lost = on_lost or self.stop
        handle = self.app.handle
        if config.log_level in ("debug", "info"):
            handle = RequestLog(handle, self.app.clock).handle
        self.listener = Listener(handle, self.app.clock, self.app.ids, _limits(), proxies)
        self._stopping = asyncio.Event()

    async def run(self, ready: Callable[["Server"], object] = lambda server: None) -> None:
        """Serves until ``stop``; ``ready`` is called when requests are answered."""
        try:
            async with self._runtime():
                await self.app.start()
                await self.listener.open(self._sockets.public, self.app.tls.context if self.app.tls else None)
                if self._sockets.unix:
                    await self.listener.open(self._sockets.unix)
                self.app.supervisor.keep("http: time-outs", self.listener.keep_time)
                ready(self)
                await self._stopping.wait()
                await self.app.drain()  # first the work, then the connections: what waits gets its answer
                await self.listener.close(_GRACE_S)
        finally:
            await self.app.close()
            self._sockets.close()

    def stop(self) -> None:
        """Lets ``run`` finish what is under way and return."""
        self._stopping.set()

    @contextlib.asynccontextmanager
    async def _runtime(self) -> AsyncIterator[None]:
        """Answers function workers on the loopback to the end of the last: the extension, and the Runtime API when the
        front speaks TLS.
        """
        listeners = [await self._listen("extension", self.app.handle_extension, self._sockets.extension)]
        if self._sockets.loopback:
            listeners.append(await self._listen("runtime", self.app.handle_runtime, self._sockets.loopback))
        try:
            yield
        finally:
            for listener in listeners:
                await listener.close(_GRACE_S)

    async def _listen(self, name: str, handle: Handler, bound: socket) -> Listener:
        limits = self.listener.connections.limits
        listener = Listener(handle, self.app.clock, self.app.ids, limits)
        await listener.open(bound)
        self.app.supervisor.keep(f"http: time-outs of the {name}", listener.keep_time)
        return listener


def serve(config: Config, ready: Callable[[Server], object]) -> None:
    """Runs one server in this process until SIGTERM or SIGINT; returns after an orderly end.

    Raises StartError when the address or the data directory is taken. When the outcome of a commit is unknown, the
    process ends there and then, with status 74 (EX_IOERR).
    """
    os.umask(0o077)
    _be_unreadable()
    begin_log(config)

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
    connections = max(2, min(default.connections, hard - _KEPT_DESCRIPTORS))
    each = min(default.connections_per_address, connections // 2)  # nobody alone can take all
    return replace(default, connections=connections, connections_per_address=each)


def _be_unreadable() -> None:
    """Keeps processes of the same user, functions among them, from this one's memory and environment."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _end_at_once() -> None:
    # An orderly end would write: answers that nobody can stand for, and what closing a database writes.
    logging.shutdown()
    os._exit(os.EX_IOERR)
