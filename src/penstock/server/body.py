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

    def whole(self) -> bytes | None:
        """Returns the whole body if all of it has come, else None; AwsError ``EntityTooLarge``."""
        if self.length is not None and self.length > self._max_bytes:
            raise too_large()
        data = self._request.whole(self._max_bytes)
        return None if data is None else self._verified(data)

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the bound."""
        data = self.whole()
        return self._verified(await self._request.read(self._max_bytes)) if data is None else data

    def _verified(self, data: bytes) -> bytes:
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

    def whole(self) -> bytes | None:
        """Returns the whole body if all of it has come, else None; AwsError."""
        coded = self._request.incoming.whole()
        if coded is None:
            return None
        data = self._decoder.feed(coded)
        self.trailers = self._decoder.finish()
        if len(data) > self._max_bytes:
            raise too_large()
        return data

    async def read(self) -> bytes:
        """Returns the whole body; AwsError ``EntityTooLarge`` past the bound."""
        if (self.length or 0) > self._max_bytes:
            raise too_large()
        return await self._request.gather(self, self._max_bytes)


def content_length(request: Request) -> int | None:
    """Returns the announced length; None when the client announced none."""
    return whole_number(request.headers.get("content-length", ""))
