"""Request bodies, verified while they are read."""

import hashlib
from collections.abc import AsyncIterator

from penstock.access import ChunkDecoder
from penstock.access.sigv4_errors import content_sha256_mismatch
from penstock.errors import AwsError
from penstock.server.request import Request


class PlainBody:
    """A body sent as it is; its SHA-256 is compared with the signed one when there is one."""

    def __init__(self, request: Request, signed_hash: str | None, max_bytes: int) -> None:
        self._request = request
        self._signed_hash = signed_hash
        self._max_bytes = max_bytes
        self.length = content_length(request)
        self.trailers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        digest = hashlib.sha256() if self._signed_hash else None
        async for chunk in self._request.chunks():
            if digest:
                digest.update(chunk)
            yield chunk
        if digest and digest.hexdigest() != self._signed_hash:
            raise content_sha256_mismatch(self._signed_hash or "", digest.hexdigest())

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the bound."""
        return await read_bounded(self, self.length, self._max_bytes)


class ChunkedBody:
    """An ``aws-chunked`` body: decoded, its signatures and trailers verified by the decoder."""

    def __init__(self, request: Request, decoder: ChunkDecoder, max_bytes: int) -> None:
        self._request = request
        self._decoder = decoder
        self._max_bytes = max_bytes
        length = request.headers.get("x-amz-decoded-content-length", "")
        self.length = int(length) if length.isdigit() else None
        self.trailers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._request.chunks():
            if data := self._decoder.feed(chunk):
                yield data
        self.trailers = self._decoder.finish()

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the bound."""
        return await read_bounded(self, self.length, self._max_bytes)


async def read_bounded(
    chunks: AsyncIterator[bytes] | PlainBody | ChunkedBody, length: int | None, max_bytes: int
) -> bytes:
    """Returns all of ``chunks``; AwsError ``EntityTooLarge`` when they are more than ``max_bytes``."""
    if length is not None and length > max_bytes:
        raise _too_large()
    found: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise _too_large()
        found.append(chunk)
    return found[0] if len(found) == 1 else b"".join(found)


def content_length(request: Request) -> int | None:
    """Returns the announced length; None when the client announced none."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isdigit() else None


def _too_large() -> AwsError:
    return AwsError("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", status=413)
