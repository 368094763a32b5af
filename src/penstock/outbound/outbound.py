"""One service's requests to the outside: opened when first used, ended when the server stops."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from penstock.config import Config
from penstock.errors import PenstockError
from penstock.outbound.guard import Guard
from penstock.outbound.request import Answer, OutboundRequest
from penstock.outbound.url import bare_url, shown_url

if TYPE_CHECKING:
    from penstock.outbound.client import Client


T = TypeVar("T")


class Unanswered(PenstockError):
    """The endpoint did not answer: it cannot be reached, is no HTTP server, or took too long (``timed_out``)."""

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


class Stopped(PenstockError):
    """The server was stopped meanwhile; what the endpoint has done nobody knows."""


class Outbound:
    """The way out of one service."""

    def __init__(self, config: Config, ca_bundle: Path | None) -> None:
        self.guard = Guard(config)
        self._ca_bundle = ca_bundle
        self._client: asyncio.Future[Client] | None = None
        self._closing = asyncio.Event()

    async def send(self, request: OutboundRequest) -> Answer:
        """Returns the endpoint's answer, whatever its status; ForbiddenEndpoint or Unanswered."""
        self.guard.check_url(request.url)
        shown = request.shown or shown_url(request.url)
        client = await self._opened()
        try:
            async with asyncio.timeout(request.timeout_s):
                return await client.send(request._replace(url=bare_url(request.url)))
        except TimeoutError:
            reason = f"{shown} did not answer within {request.timeout_s} seconds"
            raise Unanswered(reason, timed_out=True) from None
        except _connection_failed() as failed:
            raise Unanswered(f"{shown}: {str(failed) or type(failed).__name__}") from None

    async def unless_stopped(self, work: Coroutine[Any, Any, T]) -> T:
        """Returns what ``work`` returns; Stopped when the server ends first, and the work with it."""
        if self._closing.is_set():
            work.close()
            raise Stopped("the server was stopped")
        task = asyncio.ensure_future(work)
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait((task, closing), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise Stopped("the server was stopped")
        finally:
            for one in (task, closing):
                one.cancel()
            await asyncio.gather(task, closing, return_exceptions=True)

    async def close(self) -> None:
        """Ends what runs ``unless_stopped``, and closes all connections."""
        self._closing.set()
        if self._client is not None:
            await asyncio.wait((self._client,))
            if not _has_failed(self._client):
                await self._client.result().close()

    async def _opened(self) -> "Client":
        if self._client is None or (self._client.done() and _has_failed(self._client)):
            # Its library and the machine's authorities take a while to load.
            loading = asyncio.to_thread(_open, self.guard, self._ca_bundle)
            self._client = asyncio.ensure_future(loading)
        return await asyncio.shield(self._client)


def _has_failed(loading: "asyncio.Future[Client]") -> bool:
    return loading.cancelled() or loading.exception() is not None


def _open(guard: Guard, ca_bundle: Path | None) -> "Client":
    from penstock.outbound.client import Client

    return Client(guard, ca_bundle)


def _connection_failed() -> tuple[type[BaseException], ...]:
    from penstock.outbound.client import ConnectionFailed

    return ConnectionFailed
