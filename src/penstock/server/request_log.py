"""A line for each request, for whoever asks why a client does what it does."""

import logging
import re
from typing import Any

from penstock.clock import Clock
from penstock.server.asgi import AsgiApp, Receive, Scope, Send

log = logging.getLogger(__name__)

_TOKEN = re.compile(r"(/_penstock/runtime/)[^/]+")
_NS = 1_000_000


class RequestLog:
    """An ASGI application around another. It stands in the way of every request, so only when it is asked for."""

    def __init__(self, app: AsgiApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the other does, and logs method, path, operation, status and duration.

        The query is left out, for it may hold a signature, and so is a function worker's token.
        """
        started_ns, statuses = self._clock.stopwatch_ns(), []

        async def watched(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            took_ms = (self._clock.stopwatch_ns() - started_ns) // _NS
            status = statuses[0] if statuses else "unanswered"
            log.debug("%s %s%s %s %d ms", scope["method"], _path(scope), _operation(scope), status, took_ms)


def _path(scope: Scope) -> str:
    return _TOKEN.sub(r"\1…", scope["raw_path"].decode("latin-1"))


def _operation(scope: Scope) -> str:
    targets = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-amz-target"]
    return f" {targets[0]}" if targets else ""
