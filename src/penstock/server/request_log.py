"""A line for each request, for whoever asks why a client does what it does."""

import logging
import re
from collections.abc import AsyncIterator
from typing import Any

from penstock.clock import Clock
from penstock.server.request import Notes, Request
from penstock.server.service import Handler
from penstock.wire import WireResponse

log = logging.getLogger(__name__)

_TOKEN = re.compile(r"(/_penstock/runtime/)[^/]+")
_ROOT = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_NS = 1_000_000


class RequestLog:
    """A handler around another. It stands in the way of every request, so only when it is asked for."""

    def __init__(self, handle: Handler, clock: Clock) -> None:
        self._handle = handle
        self._clock = clock

    async def handle(self, request: Request) -> WireResponse:
        """Answers as the other does, and logs the request when its answer has been sent.

        The query is left out, for it may hold a signature, and so is a function worker's token.
        """
        request.notes = Notes()
        line = _Line(request, self._clock)
        try:
            response = await self._handle(request)
        except BaseException:
            line.write("unanswered", 0)
            raise
        if isinstance(response.body, bytes):
            line.write(response.status, 0 if request.method == "HEAD" else len(response.body))
        else:
            response.body = line.passed_on(response.status, response.body)
        return response


class _Line:
    """What is to be said of one request."""

    def __init__(self, request: Request, clock: Clock) -> None:
        self._request = request
        self._clock = clock
        self._started_ns = clock.stopwatch_ns()
        self._time = clock.now()

    async def passed_on(self, status: int, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yields the body; the request has ended when it has."""
        sent = 0
        try:
            async for piece in body:
                yield piece
                sent += len(piece)
        finally:
            self.write(status, sent)

    def write(self, status: int | str, sent: int) -> None:
        request = self._request
        took_ms = (self._clock.stopwatch_ns() - self._started_ns) / _NS
        path = _TOKEN.sub(r"\1…", request.path)
        notes = request.notes or Notes()
        operation = f"{notes.service}:{notes.operation}" if notes.operation else ""
        fields: dict[str, Any] = {
            "time": self._time.isoformat(timespec="milliseconds"),
            "request_id": notes.request_id,
            "caller": notes.caller,
            "operation": operation,
            "resource": notes.resource,
            "method": request.method,
            "path": path,
            "source_ip": request.source_ip,
            "status": status,
            "received_bytes": _length(request),
            "sent_bytes": sent,
            "milliseconds": round(took_ms, 3),
            "trace_id": _trace_id(request),
        }
        text = f"{request.method} {path}{' ' + operation if operation else ''} {status} {took_ms:.0f} ms"
        log.info("%s", text, extra={"fields": fields})


def _trace_id(request: Request) -> str:
    found = _ROOT.search(request.headers.get("x-amzn-trace-id", ""))
    return found[1] if found else ""


def _length(request: Request) -> int:
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
