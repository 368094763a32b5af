"""The connections of one server: who is let in, who has taken too long, and how all of them end."""

import asyncio
import ssl
from collections import Counter
from email.utils import formatdate
from socket import socket

from penstock.clock import Clock, Ids
from penstock.server.http.connection import Connection
from penstock.server.http.limits import Limits
from penstock.server.service import Handler

_BACKLOG = 2048


class Listener:
    """Serves ``handle`` on a bound socket from ``open`` to ``close``. ``tick`` counts seconds."""

    def __init__(self, handle: Handler, clock: Clock, ids: Ids, limits: Limits) -> None:
        self.handle = handle
        self.limits = limits
        self.ids = ids
        self.tick = 0
        self.date = b""
        self.draining = False
        self.loop: asyncio.AbstractEventLoop
        self.tasks: set[asyncio.Task[None]] = set()
        self._clock = clock
        self._connections: set[Connection] = set()
        self._by_address: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._empty = asyncio.Event()

    async def open(self, bound: socket, tls: ssl.SSLContext | None = None) -> None:
        """Returns when connections are taken."""
        self.loop = asyncio.get_running_loop()
        self._tell_date()
        self._server = await self.loop.create_server(
            lambda: Connection(self), sock=bound, backlog=_BACKLOG, ssl=tls
        )

    async def keep_time(self) -> None:
        """Ends, once a second, what has taken too long; returns when cancelled."""
        while True:
            await self._clock.elapse(1)
            self.elapse(1)

    def elapse(self, seconds: int) -> None:
        """Lets ``seconds`` pass: connections whose time is up end."""
        self.tick += seconds
        self._tell_date()
        for connection in [other for other in self._connections if other.due <= self.tick]:
            connection.expire()

    async def close(self, grace_s: float) -> None:
        """Takes no more connections; returns when answers under way have been sent, or after ``grace_s``."""
        self.draining = True
        self._empty.clear()
        if self._server:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        if self._connections:
            try:
                await asyncio.wait_for(self._empty.wait(), grace_s)
            except TimeoutError:
                for connection in list(self._connections):
                    connection.abort()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=grace_s)

    def admit(self, connection: Connection) -> bool:
        """Returns whether the connection may stay; when there are too many, the one that has been idle goes for it."""
        self._connections.add(connection)
        self._by_address[connection.address] += 1
        if self.draining or self._by_address[connection.address] > self.limits.connections_per_address:
            return False
        if len(self._connections) <= self.limits.connections:
            return True
        idle = min(
            (other for other in self._connections if other.idle), key=lambda other: other.due, default=None
        )
        if idle is None or idle is connection:
            return False
        idle.abort()
        return True

    def forget(self, connection: Connection) -> None:
        """Called when a connection has ended."""
        if connection in self._connections:
            self._connections.discard(connection)
            self._by_address[connection.address] -= 1
            if not self._by_address[connection.address]:
                del self._by_address[connection.address]
        if not self._connections:
            self._empty.set()

    def _tell_date(self) -> None:
        self.date = b"date: %b\r\n" % formatdate(self._clock.machine_ms() / 1000, usegmt=True).encode()
