"""A line for each request, for whoever asks why a client does what it does."""

import logging
import re

from penstock.clock import Clock
from penstock.server.request import Request
from penstock.server.service import Handler
from penstock.wire import WireResponse

log = logging.getLogger(__name__)

_TOKEN = re.compile(r"(/_penstock/runtime/)[^/]+")
_NS = 1_000_000


class RequestLog:
    """A handler around another. It stands in the way of every request, so only when it is asked for."""

    def __init__(self, handle: Handler, clock: Clock) -> None:
        self._handle = handle
        self._clock = clock

    async def handle(self, request: Request) -> WireResponse:
        """Answers as the other does, and logs method, path, operation, status and duration.

        The query is left out, for it may hold a signature, and so is a function worker's token.
        """
        started_ns = self._clock.stopwatch_ns()
        status: int | str = "unanswered"
        try:
            response = await self._handle(request)
            status = response.status
        finally:
            took_ms = (self._clock.stopwatch_ns() - started_ns) // _NS
            path = _TOKEN.sub(r"\1…", request.path)
            target = request.headers.get("x-amz-target")
            operation = f" {target}" if target else ""
            log.debug("%s %s%s %s %d ms", request.method, path, operation, status, took_ms)
        return response
