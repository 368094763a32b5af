"""A bound socket, served from its opening to its end."""

import asyncio
import ssl
from socket import socket

from penstock.clock import Clock, Ids
from penstock.server.http.connection import Connection
from penstock.server.http.connections import Connections
from penstock.server.http.limits import Limits
from penstock.server.service import Handler

_BACKLOG = 2048


class Listener:
    """Serves ``handle`` from ``open`` to ``close``; time-outs pass while ``keep_time`` runs."""

    def __init__(self, handle: Handler, clock: Clock, ids: Ids, limits: Limits) -> None:
        self.connections = Connections(handle, clock, ids, limits)
        self._clock = clock
        self._server: asyncio.Server | None = None

    async def open(self, bound: socket, tls: ssl.SSLContext | None = None) -> None:
        """Returns when connections are taken."""
        self.connections.begin()
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self.connections), sock=bound, backlog=_BACKLOG, ssl=tls
        )

    async def keep_time(self) -> None:
        """Ends, once a second, what has taken too long; returns when cancelled."""
        while True:
            await self._clock.elapse(1)
            self.connections.elapse(1)

    async def close(self, grace_s: float) -> None:
        """Takes no more connections; returns when answers under way have been sent, or after ``grace_s``."""
        if self._server:
            self._server.close()
        await self.connections.end(grace_s)
