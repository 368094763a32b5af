"""One request on its way in and its answer on its way out."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Protocol

from penstock.server.http.allowance import Allowance
from penstock.server.http.answer import answer_head
from penstock.server.request import Request
from penstock.wire import WireResponse

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_BODILESS = frozenset((204, 304))


class Link(Protocol):
    """The connection, as an exchange uses it."""

    @property
    def allowance(self) -> Allowance:
        """Returns what large bodies may hold."""

    def write(self, data: bytes) -> None:
        """Sends ``data``, or keeps it until it can be sent."""

    async def writable(self) -> None:
        """Returns when the client takes more; ConnectionError when it has gone."""

    def wanted(self) -> None:
        """Called when the request waits for its body, or has taken some: more of it may be read."""


class Exchange:
    """The body is fed by the connection and taken by the request; the answer goes out through the connection."""

    __slots__ = (
        "_arrived",
        "_chunks",
        "_gone",
        "_hung_up",
        "_link",
        "buffered",
        "complete",
        "expects",
        "held",
        "keep_alive",
        "lost",
        "request",
    )

    request: Request

    def __init__(self, link: Link, keep_alive: bool, expects: bool) -> None:
        self._link = link
        self._chunks: list[bytes] = []
        self._arrived: asyncio.Future[None] | None = None
        self._gone: asyncio.Event | None = None
        self._hung_up = False
        self.keep_alive = keep_alive
        self.expects = expects
        self.buffered = 0
        self.held = 0
        self.complete = False
        self.lost = False

    # Fed by the connection

    def feed(self, data: bytes) -> None:
        """Takes a piece of the body."""
        self._chunks.append(data)
        self.buffered += len(data)
        if self._arrived:
            self._stir()

    def finish(self) -> None:
        """Notes that the body is whole."""
        self.complete = True
        if self._arrived:
            self._stir()

    def lose(self) -> None:
        """Notes that the client has gone."""
        self.lost = True
        self._stir()
        self.hang_up()

    def hang_up(self) -> None:
        """Notes that the client sends no more: it may have gone, or wait for the answer; who can, answers at once."""
        self._hung_up = True
        if self._gone:
            self._gone.set()

    def _stir(self) -> None:
        if self._arrived and not self._arrived.done():
            self._arrived.set_result(None)

    # Taken by the request

    def whole(self) -> bytes | None:
        """Returns what is left of the body if all of that has come, else None."""
        return self._taken() if self.complete else None

    async def next(self) -> tuple[bytes, bool] | None:
        """Returns what has come of the body, and whether more is to come; None when the client has gone."""
        while not self._chunks and not self.complete:
            if self.lost:
                return None
            if self.expects:
                self.expects = False
                self._link.write(_CONTINUE)
                self._link.wanted()
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        data = self._taken()
        if data and not self.complete:
            self._link.wanted()
        return data, not self.complete

    def _taken(self) -> bytes:
        chunks = self._chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self.buffered = 0
        return data

    def hold(self, count: int) -> None:
        """Promises memory for ``count`` more bytes, until the request is answered; AwsError ``SlowDown``."""
        self._link.allowance.take(self.request.source_ip, count)
        self.held += count

    def let_go(self) -> None:
        """Gives back what is held."""
        self._link.allowance.give_back(self.request.source_ip, self.held)
        self.held = 0

    async def gone(self) -> None:
        """Returns when the client has gone, or will send no more."""
        if not self._hung_up:
            self._gone = asyncio.Event()
            await self._gone.wait()

    # The answer

    def answer(self, response: WireResponse, date: bytes) -> Awaitable[None] | None:
        """Sends ``response``; returns what sends the rest of one that is streamed: ConnectionError without a client."""
        if not self.complete:
            self.keep_alive = False  # what it sends next would be taken for the next request
        body = response.body
        if not isinstance(body, bytes):
            return self._stream(response, body, date)
        head = answer_head(response, date, keep_alive=self.keep_alive)
        self._link.write(head if self._is_bare(response) else head + body)
        return None

    def _is_bare(self, response: WireResponse) -> bool:
        return self.request.method == "HEAD" or response.status in _BODILESS

    async def _stream(self, response: WireResponse, body: AsyncIterator[bytes], date: bytes) -> None:
        bare = self._is_bare(response)
        chunked = not any(name == b"content-length" for name, _ in response.headers)
        self._link.write(
            answer_head(response, date, keep_alive=self.keep_alive, chunked=chunked and not bare)
        )
        if bare:
            return
        async for piece in body:
            if piece:
                self._link.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await self._link.writable()
        if chunked:
            self._link.write(_LAST_CHUNK)
