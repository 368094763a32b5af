"""One connection: its bytes parsed, its requests answered one after the other, its time and its room watched."""

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, cast

import httptools

from penstock.errors import AwsError
from penstock.server.http import refusals
from penstock.server.http.exchange import Exchange
from penstock.server.http.head import Head

if TYPE_CHECKING:
    from penstock.server.http.listener import Listener

log = logging.getLogger(__name__)

_NEVER = 1 << 62


class Connection(asyncio.Protocol):
    """Made for each client by the listener, which looks at ``due`` (its ticks are seconds) once a second."""

    def __init__(self, listener: "Listener") -> None:
        self._listener = listener
        self._limits = listener.limits
        self._transport: asyncio.Transport
        self._head = Head(listener.limits)
        # The parser calls them for each header: a method in between would cost as much as they do.
        self.on_url, self.on_header = self._head.target, self._head.add
        self._parser = httptools.HttpRequestParser(self)
        self._silent = 0  # bytes since something was understood: of a head, a trailer or a chunk's extension
        self._reading: Exchange | None = None  # whose body is coming in
        self._waiting: deque[Exchange] = deque()  # understood, not yet begun
        self._running: Exchange | None = None
        self._paused = False
        self._drained: asyncio.Future[None] | None = None
        self._closing = False
        self._half_closed = False
        self._lingered = -1  # bytes read of a body that nobody wanted; -1: not lingering
        self.address = ""
        self.tls_version: str | None = None
        self.due = _NEVER

    @property
    def idle(self) -> bool:
        """Returns whether nothing of a request is here."""
        return self._running is None and self._reading is None and not self._head.begun

    def close(self) -> None:
        """Ends the connection, as soon as the answer that is under way has been sent."""
        self._closing = True
        if self._running is not None:
            return
        if self.tls_version:
            self._transport.abort()  # its client would be waited for, half a minute, to agree to the end
        else:
            self._transport.close()

    def abort(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()

    def expire(self) -> None:
        """Called when ``due`` has passed: says so to whoever may read it, and ends."""
        if self._running is None and self._head.begun:
            self._refuse(refusals.slow())
        elif self._running is not None and self._lingered < 0 and not self._drained:
            self._running.lose()  # a body without progress: its reader answers RequestTimeout
            self._closing = True
            self.due = self._listener.tick + self._limits.linger_s
            self._lingered = 0
        else:
            self._transport.abort()

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not say that they are
        peer = transport.get_extra_info("peername")
        self.address = peer[0] if isinstance(peer, tuple) else "127.0.0.1"
        if tls := transport.get_extra_info("ssl_object"):
            self.tls_version = str(tls.version() or "").removeprefix("TLSv")
        self.due = self._listener.tick + self._limits.head_s
        if not self._listener.admit(self):
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._listener.forget(self)
        self.due = _NEVER
        for exchange in (self._running, self._reading, *self._waiting):
            if exchange is not None:
                exchange.lose()
        self._waiting.clear()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._lingered >= 0:
            self._lingered += len(data)
            if self._lingered > self._limits.linger_bytes:
                self._transport.abort()
            return
        try:
            self._silent += len(data)
            self._parser.feed_data(data)
            if self._silent > self._limits.head_bytes:
                raise refusals.large_head()
        except AwsError as error:
            self._refuse(error)
            return
        except httptools.HttpParserUpgrade:
            self._stop_reading()  # it is answered as if it had not asked; what follows it is not HTTP
            return
        except httptools.HttpParserError as error:
            self._refuse(_refusal_of(error))
            return
        if self._reading is not None:
            self.due = self._listener.tick + self._limits.body_s
            if self._reading.buffered > self._limits.buffer_bytes:
                self._pause()

    def eof_received(self) -> bool:
        if self._running is None or not self._running.complete:
            return False
        self._half_closed = True  # it sends no more, but may wait for its answers
        for exchange in (self._running, *self._waiting):
            exchange.hang_up()
        return True

    def pause_writing(self) -> None:
        if self._drained is None:
            self._drained = asyncio.get_running_loop().create_future()
            self.due = self._listener.tick + self._limits.answer_s

    def resume_writing(self) -> None:
        if self._drained is not None:
            if not self._drained.done():
                self._drained.set_result(None)
            self._drained = None
            self.due = _NEVER

    # What the parser tells

    def on_message_begin(self) -> None:
        self._head.begun = True
        if self._running is None:
            self.due = self._listener.tick + self._limits.head_s

    def on_headers_complete(self) -> None:
        self._silent = 0
        head, parser = self._head, self._parser
        headers = head.finish(parser.get_http_version())
        exchange = Exchange(self, keep_alive=parser.should_keep_alive(), expects="expect" in headers)
        exchange.request = head.request(
            parser.get_method().decode("ascii"), headers, exchange, self.address, self.tls_version
        )
        self._reading = exchange
        if self._running is None:
            self._begin(exchange)
        else:
            self._waiting.append(exchange)
            if len(self._waiting) >= self._limits.pipelined:
                self._pause()

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
            if self._running is not None:
                self.due = _NEVER  # it is the server's turn

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

    def taken(self, exchange: Exchange) -> None:
        """Called when some of the body has been taken: more of it may be read."""
        self.due = self._listener.tick + self._limits.body_s
        self._resume()

    # One request after the other

    def _begin(self, exchange: Exchange) -> None:
        self._running = exchange
        task = self._listener.loop.create_task(self._serve(exchange))
        self._listener.tasks.add(task)
        task.add_done_callback(self._listener.tasks.discard)

    async def _serve(self, exchange: Exchange) -> None:
        try:
            response = await self._listener.handle(exchange.request)
            if self._closing or self._listener.draining or (self._half_closed and not self._waiting):
                exchange.keep_alive = False
            await exchange.answer(response, self._listener.date)
        except ConnectionError:
            self._transport.abort()
        except Exception:
            log.exception("an answer broke off: %s %s", exchange.request.method, exchange.request.path)
            self._transport.abort()
        finally:
            self._ended(exchange)

    def _ended(self, exchange: Exchange) -> None:
        self._running = None
        if self._transport.is_closing():
            return
        if not exchange.keep_alive:
            self._leave(exchange)
        elif self._waiting:
            self._begin(self._waiting.popleft())
            self._resume()
        else:
            self.due = self._listener.tick + self._limits.idle_s

    def _leave(self, exchange: Exchange) -> None:
        """Ends the connection; a body that still comes is read for a moment, or its sender would not see the answer."""
        if exchange.complete or exchange.expects or self._lingered >= 0:
            self._transport.close()
            return
        self._linger()

    def _linger(self) -> None:
        self._lingered = 0
        self.due = self._listener.tick + self._limits.linger_s
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._resume()

    def _refuse(self, error: AwsError) -> None:
        if self._running is not None:
            self._running.lose()
            self._waiting.clear()
            self._stop_reading()
            return
        self._transport.write(
            refusals.document(error, self._listener.ids.hex(16).upper(), self._listener.date)
        )
        self._linger()

    def _stop_reading(self) -> None:
        self._closing = True
        self._pause()
        if self._running is not None:
            self._running.keep_alive = False
        else:
            self._transport.close()

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
