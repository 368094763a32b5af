"""Bound sockets, served from their opening to their end."""

import asyncio
import ssl
from socket import AF_UNIX, socket

from penstock.clock import Clock, Ids
from penstock.server.http.connection import Connection
from penstock.server.http.connections import Connections
from penstock.server.http.limits import Limits
from penstock.server.http.proxies import Proxies
from penstock.server.service import Handler

_BACKLOG = 2048


class Listener:
    """Serves ``handle`` from ``open`` to ``close``; time-outs pass while ``keep_time`` runs."""

    def __init__(
        self, handle: Handler, clock: Clock, ids: Ids, limits: Limits, proxies: Proxies | None = None
    ) -> None:
        self.connections = Connections(handle, clock, ids, limits, proxies or Proxies())
        self._clock = clock
        self._servers: list[asyncio.Server] = []

    async def open(self, bound: socket, tls: ssl.SSLContext | None = None) -> None:
        """Returns when connections to ``bound`` are taken."""
        self.connections.begin()
        loop = asyncio.get_running_loop()
        if bound.family is AF_UNIX:
            server = await loop.create_unix_server(self._made, sock=bound, backlog=_BACKLOG)
        else:
            server = await loop.create_server(self._made, sock=bound, backlog=_BACKLOG, ssl=tls)
        self._servers.append(server)

    def _made(self) -> Connection:
        return Connection(self.connections)

    async def keep_time(self) -> None:
        """Ends, once a second, what has taken too long; returns when cancelled."""
        while True:
            await self._clock.elapse(1)
            self.connections.elapse(1)

    async def close(self, grace_s: float) -> None:
        """Takes no more connections; returns when answers under way have been sent, or after ``grace_s``."""
        for server in self._servers:
            server.close()
        await self.connections.end(grace_s)
