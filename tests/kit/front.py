"""The HTTP front by itself, with a handler of the test's, and clients that write their requests by hand."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from penstock.clock import Clock, Ids
from penstock.server.http import Limits, Listener, Proxies
from penstock.server.request import Request
from penstock.wire import WireResponse

SOME = 16 * 1024

Handler = Callable[[Request], Awaitable[WireResponse]]


class Client:
    """One connection, by hand, in the server's own loop."""

    def __init__(self, bound: socket.socket) -> None:
        self.socket = bound

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def some(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.socket, SOME)

    async def rest(self) -> bytes:
        found = b""
        try:
            while data := await self.some():
                found += data
        except ConnectionResetError:
            pass
        return found


class Front:
    """A listener with a handler of the test's, and its clients."""

    def __init__(self, handle: Handler, limits: Limits, proxies: str) -> None:
        self.bound = socket.create_server(("127.0.0.1", 0))
        self.bound.setblocking(False)
        self.listener = Listener(handle, Clock(), Ids(), limits, Proxies(proxies))
        self.clients: list[Client] = []

    async def connect(self, *, room: int | None = None) -> Client:
        """Returns a client that has been taken in."""
        client = await self.dial(room=room)
        await until(lambda: len(self.listener.connections) >= len(self.clients))
        return client

    async def dial(self, *, room: int | None = None, source: str = "") -> Client:
        """Returns a client, taken in or not; ``room`` bounds what the machine takes of an answer before it reads."""
        client = socket.socket()
        client.setblocking(False)
        if source:
            client.bind((source, 0))
        if room:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        await asyncio.get_running_loop().sock_connect(client, self.bound.getsockname())
        self.clients.append(Client(client))
        return self.clients[-1]

    @property
    def one(self) -> Any:
        """The server's end of the only connection."""
        (connection,) = self.listener.connections._open
        return connection

    def elapse(self, seconds: int) -> None:
        self.listener.connections.elapse(seconds)


@asynccontextmanager
async def serving(handle: Handler, limits: Limits, *, proxies: str = "") -> AsyncIterator[Front]:
    front = Front(handle, limits, proxies)
    await front.listener.open(front.bound)
    try:
        yield front
    finally:
        for client in front.clients:
            client.socket.close()
        await front.listener.close(5)


async def until(seen: Callable[[], object]) -> None:
    """Returns when the loop has come to what is looked for."""
    while not seen():  # noqa: ASYNC110 - the loop itself is waited for
        await asyncio.sleep(0)


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs it in a loop of the server's kind."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())
