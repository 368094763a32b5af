"""One HTTP request, as the rooms above the socket see it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from penstock.errors import AwsError

Receive = Callable[[], Awaitable[dict[str, object]]]


class Body(Protocol):
    """A request body that is verified while it is read.

    Signatures, the announced length and checksum trailers are checked by the end of the iteration, which raises
    AwsError when one does not hold: store nothing for good before it has ended.
    """

    length: int | None
    """Decoded bytes to come, or None when the client did not say."""

    trailers: dict[str, str]
    """Trailing headers (``x-amz-checksum-…``), lower-case; complete when the iteration has ended."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yields the decoded bytes; may be iterated once."""

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the operation's bound."""


@dataclass(slots=True)
class Request:
    """Method, undecoded path and query, headers, and a body not yet read.

    ``path`` and ``query`` are as sent (percent-encoded). ``headers`` has lower-case names; repeated headers are
    joined with a comma. ``host`` is the Host header without a port. ``asked`` tells whether the body was asked for.
    ``tls_version`` is ``1.2`` or ``1.3``; None without TLS, or when the front does not say.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    source_ip: str
    receive: Receive
    secure: bool = False
    tls_version: str | None = None
    asked: bool = False

    @property
    def host(self) -> str:
        """Returns the Host header, lower-case, without the port."""
        host = self.headers.get("host", "").lower()
        return host.rsplit(":", 1)[0] if not host.endswith("]") else host

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the raw body as it arrives; AwsError ``RequestTimeout`` when the client goes away before its end."""
        more = True
        while more:
            chunk, more = await self._next()
            if chunk:
                yield chunk

    async def read(self, max_bytes: int) -> bytes:
        """Returns the whole raw body; AwsError ``EntityTooLarge`` past ``max_bytes``, ``RequestTimeout``."""
        chunk, more = await self._next()
        if not more and len(chunk) <= max_bytes:
            return chunk
        found = [chunk]
        size = len(chunk)
        while more and size <= max_bytes:
            chunk, more = await self._next()
            found.append(chunk)
            size += len(chunk)
        if size > max_bytes:
            raise too_large()
        return b"".join(found)

    async def _next(self) -> tuple[bytes, bool]:
        self.asked = True
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise AwsError(
                "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the timeout period.",
                status=400,
            )
        return message.get("body", b""), message.get("more_body", False)  # type: ignore[return-value]

    async def disconnected(self) -> None:
        """Returns when the client has gone; call it only after the body has been read."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def too_large() -> AwsError:
    """The body is longer than the operation takes."""
    return AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", status=413)
