"""One connection: its bytes parsed, its requests answered one after the other, its time and its room watched."""

import asyncio
import logging
from collections import deque
from typing import cast

import httptools

from penstock.errors import AwsError
from penstock.server.http import proxy_header, refusals
from penstock.server.http.connections import NEVER, Connections
from penstock.server.http.exchange import Exchange
from penstock.server.http.head import Head
from penstock.server.http.proxies import UNIX, Client
from penstock.server.request import large_headers, timed_out

log = logging.getLogger(__name__)

_HERE = "127.0.0.1"  # whoever uses a Unix socket is on this machine


class Connection(asyncio.Protocol):
    """Made for each client. ``due`` is when it loses patience: with whoever's turn it is, never with the server."""

    def __init__(self, all_: Connections) -> None:
        self._all = all_
        self.allowance = all_.allowance
        self._limits = all_.limits
        self._transport: asyncio.Transport
        self._head = Head(all_.limits)
        # The parser calls them for each header: a method in between would cost as much as they do.
        self.on_url, self.on_header = self._head.target, self._head.add
        self._parser = httptools.HttpRequestParser(self)
        self._silent = 0  # bytes since something was understood: of a head, a trailer or a chunk's extension
        self._reading: Exchange | None = None  # whose body is coming in
        self._waiting: deque[Exchange] = deque()  # understood, not yet begun
        self._running: Exchange | None = None
        self._task: asyncio.Task[None]
        self._paused = False
        self._drained: asyncio.Future[None] | None = None
        self._unsent = 0  # when ``due`` was set for the reader
        self._closing = False
        self._half_closed = False
        self._lingered = -1  # bytes read of a body that nobody wanted; -1: not lingering
        self._opening: bytes | None = (
            None  # the first bytes of a proxy's connection, until it is known whose it is
        )
        self._client = Client("")
        self.address = ""
        self.passes_on = False
        self.due = NEVER

    def close(self) -> None:
        """Ends the connection, as soon as the answer that is under way has been sent."""
        self._closing = True
        if self._running is not None:
            return
        if self._client.tls_version and not self._transport.get_write_buffer_size():
            self._transport.abort()  # its client would be waited for, half a minute, to agree to the end
        else:
            self._end()

    def abort(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    def expire(self) -> None:
        """Called when ``due`` has come: says so to whoever may read it, and ends."""
        if self._lingered >= 0:
            self._transport.abort()
        elif self._drained is not None or self._transport.is_closing():
            self._expire_reader()
        elif self._running is not None:
            self._running.lose()  # whoever reads the body answers RequestTimeout
            self._closing = True
            self._lingered = 0
            self._allow(self._limits.linger_s)
        elif self._head.begun:
            self._refuse(timed_out())
        else:
            self.close()

    def _expire_reader(self) -> None:
        if self._transport.get_write_buffer_size() < self._unsent:
            self._await_reader()
        else:
            self._transport.abort()

    # Whose turn it is

    def _allow(self, seconds: int) -> None:
        self.due = self._all.tick + seconds

    def _await_reader(self) -> None:
        """Gives the client time to read some of what has been written."""
        self._unsent = self._transport.get_write_buffer_size()
        self._allow(self._limits.answer_s)

    def _await_body(self, exchange: Exchange) -> None:
        """Gives the client time to send some of the body that the running request reads."""
        if self._drained is not None:
            return
        if exchange.complete or exchange.expects or self._paused:
            self.due = NEVER
        else:
            self._allow(self._limits.body_s)

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not say that they are
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else UNIX
        self._client = Client(self.address if isinstance(peer, tuple) else _HERE)
        if tls := transport.get_extra_info("ssl_object"):
            version = str(tls.version() or "").removeprefix("TLSv")
            self._client = Client(self.address, True, version)
        if self._all.proxies.trusts(self.address):
            self.passes_on = True
            self._opening = b""
        self._allow(self._limits.head_s)
        if not self._all.admit(self):
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._all.forget(self)
        self.due = NEVER
        for exchange in (self._running, self._reading, *self._waiting):
            if exchange is not None:
                exchange.lose()
        self._waiting.clear()
        self._running = self._reading = None
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._lingered >= 0:
            self._lingered += len(data)
            if self._lingered > self._limits.linger_bytes:
                self._transport.abort()
            return
        try:
            if self._opening is not None:
                data = self._without_proxy_header(self._opening + data)
            self._silent += len(data)
            self._parser.feed_data(data)
            if self._silent > self._limits.head_bytes:
                raise large_headers()
        except AwsError as error:
            self._refuse(error)
            return
        except httptools.HttpParserUpgrade:
            self._stop_reading()  # it is answered as if it had not asked; what follows it is not HTTP
            return
        except httptools.HttpParserError as error:
            self._refuse(_refusal_of(error))
            return
        if self._full():
            self._pause()
        if self._running is not None:
            self._await_body(self._running)

    def _without_proxy_header(self, data: bytes) -> bytes:
        """Returns ``data`` without what a balancer says before it, nothing as long as that is not whole."""
        self._opening = None
        if not proxy_header.begins(data):
            return data
        found = proxy_header.read(data)
        if found is None:
            self._opening = data
            return b""
        length, address = found
        if address is not None:
            self._client = self._client._replace(address=address)
        return data[length:]

    def eof_received(self) -> bool:
        if self._running is None or not self._running.complete:
            return False
        self._half_closed = True  # it sends no more, but may wait for its answers
        for exchange in (self._running, *self._waiting):
            exchange.hang_up()
        return True

    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = self._all.loop.create_future()
            self._await_reader()

    def resume_writing(self) -> None:
        if self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
            self._drained = None
            if self._running is not None:
                self._await_body(self._running)

    # What the parser tells

    def on_message_begin(self) -> None:
        self._head.begun = True
        if self._running is None:
            self._all.busy(self)
            self._allow(self._limits.head_s)

    def on_headers_complete(self) -> None:
        self._silent = 0
        head, parser = self._head, self._parser
        headers = head.finish(parser.get_http_version())
        exchange = Exchange(self, parser.should_keep_alive(), "expect" in headers)
        client = self._all.proxies.client(headers, self._client) if self.passes_on else self._client
        exchange.request = head.request(parser.get_method().decode("ascii"), headers, exchange, client)
        self._reading = exchange
        if self._running is None:
            self._begin(exchange)
        else:
            self._waiting.append(exchange)
            if len(self._waiting) > self._limits.pipelined_at_once:
                raise refusals.too_many()

    def on_body(self, data: bytes) -> None:
        self._silent = 0
        if self._reading is not None:
            self._reading.feed(data)

    def on_message_complete(self) -> None:
        self._silent = 0
        self._head.reset()
        if self._reading is not None:
            self._reading.finish()
            self._reading = None

    # What an exchange asks

    def write(self, data: bytes) -> None:
        """Sends ``data``, or keeps it until it can be sent; drops it when the client has gone."""
        if not self._transport.is_closing():
            self._transport.write(data)

    async def writable(self) -> None:
        """Returns when the client takes more; ConnectionError when it has gone."""
        if self._drained is not None:
            await self._drained
        if self._transport.is_closing():
            raise ConnectionResetError

    def wanted(self) -> None:
        """Called when the request waits for its body, or has taken some: more of it may be read."""
        self._resume()
        if self._running is not None:
            self._await_body(self._running)

    # One request after the other

    def _begin(self, exchange: Exchange) -> None:
        self._running = exchange
        self._await_body(exchange)
        self._task = self._all.loop.create_task(self._serve(exchange))
        self._all.tasks.add(self._task)

    async def _serve(self, exchange: Exchange) -> None:
        try:
            response = await self._all.handle(exchange.request)
            if self._closing or self._all.draining or (self._half_closed and not self._waiting):
                exchange.keep_alive = False
            if (rest := exchange.answer(response, self._all.date)) is not None:
                await rest
            if self._drained is not None:
                await self.writable()
        except ConnectionError:
            self._transport.abort()
        except Exception:
            log.exception("an answer broke off: %s %s", exchange.request.method, exchange.request.path)
            self._transport.abort()
        finally:
            if exchange.held:
                exchange.let_go()
            self._all.tasks.discard(self._task)
            self._ended(exchange)

    def _ended(self, exchange: Exchange) -> None:
        self._running = None
        if self._transport.is_closing():
            return
        if not exchange.keep_alive:
            self._leave(exchange)
        elif self._waiting:
            self._begin(self._waiting.popleft())
            self._read_on()
        elif self._head.begun:
            self._allow(self._limits.head_s)
        else:
            self._all.idle(self)
            self._allow(self._limits.idle_s)

    def _leave(self, exchange: Exchange) -> None:
        """Ends the connection; a body that still comes is read for a moment, or its sender would not see the answer."""
        if exchange.complete or exchange.expects or self._lingered >= 0:
            self._end()
        else:
            self._linger()

    def _end(self) -> None:
        self._await_reader()
        self._transport.close()

    def _linger(self) -> None:
        self._lingered = 0
        self._allow(self._limits.linger_s)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._resume()

    def _refuse(self, error: AwsError) -> None:
        if self._running is not None:
            self._running.lose()
            self._waiting.clear()
            self._stop_reading()
            return
        self._all.busy(self)
        self._transport.write(refusals.refusal(error, self._all.ids.hex(16).upper(), self._all.date))
        self._linger()

    def _stop_reading(self) -> None:
        self._closing = True
        self._pause()
        if self._running is not None:
            self._running.keep_alive = False
        else:
            self._end()

    def _full(self) -> bool:
        """Returns whether enough waits to be served."""
        reading, limits = self._reading, self._limits
        return len(self._waiting) >= limits.pipelined or (
            reading is not None and reading.buffered > limits.buffer_bytes
        )

    def _read_on(self) -> None:
        if not self._full():
            self._resume()

    def _pause(self) -> None:
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()


def _refusal_of(error: httptools.HttpParserError) -> AwsError:
    """Returns what the parser refused, or what one of our callbacks did while it parsed."""
    if isinstance(error.__context__, AwsError):
        return error.__context__
    if isinstance(error, httptools.HttpParserCallbackError):
        log.error("a request could not be taken in", exc_info=error)
    return (
        refusals.bad_target()
        if isinstance(error, httptools.HttpParserInvalidURLError)
        else refusals.malformed()
    )
