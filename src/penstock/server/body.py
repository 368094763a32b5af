"""Request bodies, verified while they are read."""

import hashlib
from collections.abc import AsyncIterator

from penstock.access import REST_XML, ChunkDecoder
from penstock.digits import whole_number
from penstock.server.request import Request, too_large


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
            raise REST_XML.content_sha256_mismatch(self._signed_hash or "", digest.hexdigest())

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the bound."""
        if self.length is not None and self.length > self._max_bytes:
            raise too_large()
        data = await self._request.read(self._max_bytes)
        if self._signed_hash and (computed := hashlib.sha256(data).hexdigest()) != self._signed_hash:
            raise REST_XML.content_sha256_mismatch(self._signed_hash, computed)
        return data


class ChunkedBody:
    """An ``aws-chunked`` body: decoded, its signatures and trailers verified by the decoder."""

    def __init__(self, request: Request, decoder: ChunkDecoder, max_bytes: int) -> None:
        self._request = request
        self._decoder = decoder
        self._max_bytes = max_bytes
        self.length = whole_number(request.headers.get("x-amz-decoded-content-length", ""))
        self.trailers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._request.chunks():
            if data := self._decoder.feed(chunk):
                yield data
        self.trailers = self._decoder.finish()

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the bound."""
        if (self.length or 0) > self._max_bytes:
            raise too_large()
        return await self._request.gather(self, self._max_bytes)


def content_length(request: Request) -> int | None:
    """Returns the announced length; None when the client announced none."""
    return whole_number(request.headers.get("content-length", ""))
