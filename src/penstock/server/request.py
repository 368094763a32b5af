"""One HTTP request, as the rooms above the socket see it."""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from penstock.errors import AwsError
from penstock.wire import WireRequest

_FREE_BYTES = 64 * 1024  # of a body; as much is promised to each connection in any case


class Incoming(Protocol):
    """The connection that a request came by."""

    def whole(self) -> bytes | None:
        """Returns what is left of the body if all of that has come, else None."""

    async def next(self) -> tuple[bytes, bool] | None:
        """Returns what has come of the body, and whether more is to come; None when the client has gone."""

    def hold(self, count: int) -> None:
        """Promises memory for ``count`` more bytes, until the request is answered; AwsError ``SlowDown``."""

    async def gone(self) -> None:
        """Returns when the client has gone."""


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

    def whole(self) -> bytes | None:
        """Returns the whole body if all of it has come, else None; AwsError ``EntityTooLarge``."""

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the operation's bound."""


@dataclass(slots=True)
class Notes:
    """What is found out about a request on its way, for the log; "" for what is not."""

    request_id: str = ""
    service: str = ""
    operation: str = ""
    caller: str = ""
    resource: str = ""


@dataclass(slots=True)
class Request(WireRequest):
    """Method, undecoded path and query, headers, and a body not yet read.

    Repeated headers are joined with a comma; names and values together have ``header_bytes``. ``body`` is empty until
    the gateway has read it. ``tls_version`` is ``1.2`` or ``1.3``, None without TLS. ``notes`` are there when somebody
    logs requests.
    """

    headers: dict[str, str]
    body: bytes = field(default=b"", init=False)
    header_bytes: int
    source_ip: str
    incoming: Incoming
    secure: bool = False
    tls_version: str | None = None
    notes: Notes | None = None

    def has_body(self) -> bool:
        """Returns whether there is a body, as far as the head says."""
        if self.method != "GET":
            return True
        headers = self.headers
        return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yields the raw body as it arrives; AwsError ``RequestTimeout`` when the client goes away before its end."""
        more = True
        while more:
            chunk, more = await self._next()
            if chunk:
                yield chunk

    def whole(self, max_bytes: int) -> bytes | None:
        """Returns the whole raw body if all of it has come, else None; AwsError ``EntityTooLarge``."""
        whole = self.incoming.whole()
        if whole is not None and len(whole) > max_bytes:
            raise too_large()
        return whole

    async def read(self, max_bytes: int) -> bytes:
        """Returns the whole raw body; AwsError as ``gather``, ``RequestTimeout``."""
        whole = self.whole(max_bytes)
        return whole if whole is not None else await self.gather(self.chunks(), max_bytes)

    async def gather(self, pieces: AsyncIterable[bytes], max_bytes: int) -> bytes:
        """Returns the ``pieces`` of the body in one, for which memory is held until the request is answered.

        AwsError ``EntityTooLarge`` past ``max_bytes``, ``SlowDown`` when the server holds too much already.
        """
        found = bytearray()
        held = _FREE_BYTES
        async for piece in pieces:
            found += piece
            if len(found) > max_bytes:
                raise too_large()
            if len(found) > held:
                self.incoming.hold(len(found) - held)
                held = len(found)
        return bytes(found)

    async def _next(self) -> tuple[bytes, bool]:
        found = await self.incoming.next()
        if found is None:
            raise timed_out()
        return found

    async def disconnected(self) -> None:
        """Returns when the client has gone."""
        await self.incoming.gone()


class BodyTooLarge(AwsError):
    """The body is longer than the operation takes; services may say so in words of their own."""


def too_large() -> BodyTooLarge:
    """Returns the refusal of such a body."""
    return BodyTooLarge("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", status=413)


def timed_out() -> AwsError:
    """The client did not send the rest, or not in time."""
    text = (
        "Your socket connection to the server was not read from or written to within the timeout period. "
        "Idle connections will be closed."
    )
    return AwsError("RequestTimeout", text, status=400)


def large_headers(**fields: Any) -> AwsError:
    """The request line and the headers are more than a request may have."""
    text = "Your request header section exceeds the maximum allowed size."
    return AwsError("RequestHeaderSectionTooLarge", text, status=400, **fields)
