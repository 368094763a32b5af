"""The response that a function writes while it is sent.

A runtime that describes the response, and does not only write it, begins with that as JSON and eight zero bytes.

Source: https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from penstock.services.lambda_.functions.response_stream import ResponseStream
from penstock.services.lambda_.urls.answer import bad_gateway, described_head
from penstock.wire import WireResponse

_DESCRIBED = "application/vnd.awslambda.http-integration-response"
_END_OF_HEAD = bytes(8)
_MAX_HEAD = 64 * 1024
_BINARY = "application/octet-stream"


async def streamed_answer(stream: ResponseStream, ending: Callable[[], Awaitable[None]]) -> WireResponse:
    """Returns the response, whose body goes on as it is written; ``ending`` raises when it has not come to its end."""
    pieces = stream.pieces()
    if stream.content_type.partition(";")[0].strip() != _DESCRIBED:
        headers = [(b"content-type", (stream.content_type or _BINARY).encode("latin-1", "replace"))]
        return WireResponse(200, headers, _body(b"", pieces, ending))
    head, rest = await _head(pieces)
    found = described_head(head) if head is not None else None
    if found is None:
        await pieces.aclose()
        return bad_gateway()
    return WireResponse(*found, _body(rest, pieces, ending))


async def _head(pieces: AsyncIterator[bytes]) -> tuple[bytes | None, bytes]:
    """Returns what comes before the body, None when that has no end, and what has come of the body."""
    read = b""
    async for piece in pieces:
        read += piece
        head, end, rest = read.partition(_END_OF_HEAD)
        if end:
            return head, rest
        if len(read) > _MAX_HEAD:
            break
    return None, b""


async def _body(
    first: bytes, pieces: AsyncGenerator[bytes], ending: Callable[[], Awaitable[None]]
) -> AsyncIterator[bytes]:
    async with aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece
    await ending()
