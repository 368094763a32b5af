"""A body on its way in: hashed while it arrives, small ones kept in memory, large ones staged as a file.

Nothing here is seen by anybody until the transaction that names it has been committed.
"""

import asyncio
import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Concatenate, ParamSpec, TypeVar

from penstock.errors import CommitUnknown
from penstock.server import Call, Params
from penstock.services.s3 import limits
from penstock.services.s3.errors import (
    bad_md5,
    entity_too_large,
    invalid_digest,
    missing_content_length,
    not_implemented,
)
from penstock.services.s3.files import Files
from penstock.services.s3.objects.checksums import ALGORITHMS, Algorithm, Announced, Checksum, announced
from penstock.services.s3.objects.encryption import BodyKey
from penstock.services.s3.sealed_bodies import SealedBodies
from penstock.services.s3.state import S3State
from penstock.store import BodyStore, StagedBody, Tx

P = ParamSpec("P")
T = TypeVar("T")

FindKey = Callable[[], Awaitable[BodyKey | None]]
"""Returns the key that a body on its way in is encrypted with; None when there is none of its own."""


async def no_key() -> BodyKey | None:
    """The ``FindKey`` of what is not encrypted."""
    return None


@dataclass(slots=True)
class Received:
    """A body that is here whole and verified: ``data``, or ``ref``, a sealed file that no row names yet.

    ``etag`` is the body's MD5 in hexadecimal, or what an encrypted file has instead; ``key`` is what encrypts that.
    ``checksum`` is the one to store, ``announced`` the one that the client sent.
    Hand a ``ref`` to ``commit`` at once: that is what removes the file in the end.
    """

    size: int
    etag: str
    checksum: Checksum
    data: bytes | None
    ref: str | None
    announced: Checksum | None = None
    key: BodyKey | None = None


async def receive(
    s3: S3State,
    call: Call,
    params: Params,
    *,
    store: Algorithm | None = None,
    inline_bytes: int = limits.INLINE_BYTES,
    find_key: FindKey = no_key,
) -> Received:
    """Returns the request's body, verified against its length, Content-MD5 and checksum.

    The checksum to store is that of ``store``; None takes the algorithm that the client chose, or S3's default.
    A body above ``inline_bytes`` is staged as a file; -1 stages even an empty one. ``find_key`` is asked for what
    encrypts that.

    AwsError ``MissingContentLength`` (``NotImplemented`` when it comes in HTTP's own chunks instead),
    ``EntityTooLarge``, ``InvalidDigest``, ``BadDigest``, ``InvalidRequest``.
    """
    body = call.body or WholeBody(params.get("Body", b""))
    if body.length is None and "transfer-encoding" in call.headers:
        raise not_implemented("Transfer-Encoding")
    check_length(body.length)
    content_md5 = parse_content_md5(params.get("ContentMD5"))
    digests = Digests(announced(params, call.headers), store)
    if body.length is not None and body.length <= inline_bytes:
        data = body.whole()
        if data is None:
            data = await body.read()
        digests.update(data)
        md5, checksum, given = digests.verify(content_md5, body.trailers)
        return Received(digests.size, md5, checksum, data, None, given)
    buffer = bytearray()
    key = None
    staging = None
    if inline_bytes < 0:
        key = await find_key()
        staging = Staging(bodies_under(s3.bodies, key), digests)
    try:
        async for chunk in body:
            buffer += chunk
            if staging is None and len(buffer) > inline_bytes:
                key = await find_key()
                staging = Staging(bodies_under(s3.bodies, key), digests)
            if staging is not None and len(buffer) >= limits.BUFFER_BYTES:
                await staging.feed(buffer)
                buffer = bytearray()
        if staging is None:
            digests.update(buffer)
        else:
            await staging.feed(buffer)
            await staging.settle()
        md5, checksum, given = digests.verify(content_md5, body.trailers)
        ref = await staging.seal() if staging else None
    except BaseException:  # cancellation too: the client went away, the file must go
        if staging is not None:
            await staging.discard()
        raise
    etag = md5 if key is None else key.etag(md5)
    return Received(digests.size, etag, checksum, None if ref else bytes(buffer), ref, given, key)


def bodies_under(bodies: BodyStore, key: BodyKey | None) -> BodyStore:
    """Returns what keeps bodies that are encrypted with ``key``, if there is one."""
    return bodies if key is None else SealedBodies(bodies, key.secret)


def commit(
    s3: S3State,
    received: Received,
    fn: Callable[Concatenate[Tx, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Awaitable[T]:
    """Returns ``fn(tx, …)`` as ``Store.write`` does; the received file goes if it was not committed.

    A caller that goes away meanwhile cannot know how the commit ends, so the file waits for that end.
    """
    if received.ref is None:
        return s3.store.write(fn, *args, **kwargs)
    write = asyncio.ensure_future(s3.store.write(fn, *args, **kwargs))
    write.add_done_callback(partial(_settle, s3.files, received.ref))
    return asyncio.shield(write)


def _settle(files: Files, ref: str, write: asyncio.Future[object]) -> None:
    if write.cancelled():
        return  # with the server; whether it was committed, the next start sees
    error = write.exception()
    if error is not None and not isinstance(error, CommitUnknown):
        files.remove([ref])


class Digests:
    """MD5, the announced checksum and the one to store, of one body; the last two are mostly one."""

    __slots__ = ("_announced", "_checksum", "_md5", "_store", "_stored", "size")

    def __init__(self, what: Announced, store: Algorithm | None = None) -> None:
        self.size = 0
        self._announced = what
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._checksum = what.algorithm.new()
        self._store = None if store is what.algorithm else store
        self._stored = self._store.new() if self._store else None

    def update(self, data: bytes | bytearray) -> None:
        """Takes more of the body."""
        self.size += len(data)
        self._md5.update(data)
        self._checksum.update(data)
        if self._stored:
            self._stored.update(data)

    def verify(
        self, content_md5: bytes | None = None, trailers: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[str, Checksum, Checksum | None]:
        """Returns MD5 in hexadecimal, the checksum to store, the one announced. AwsError ``BadDigest``.

        Call it once.
        """
        md5 = self._md5.digest()
        if content_md5 is not None and content_md5 != md5:
            raise bad_md5(content_md5, md5)
        checksum = self._announced.verify(self._checksum.digest(), trailers)
        given = checksum if self._announced.given else None
        if self._store and self._stored:
            checksum = Checksum(self._store.name, b64encode(self._stored.digest()).decode())
        return md5.hex(), checksum, given


class Staging:
    """A staged file fed in a thread, which writes and hashes one buffer while the next one fills."""

    def __init__(self, bodies: BodyStore, digests: Digests) -> None:
        self._bodies = bodies
        self._digests = digests
        self._file: StagedBody | None = None
        self._step: asyncio.Future[None] | None = None

    async def feed(self, buffer: bytearray) -> None:
        """Returns when the buffer before this one is written; do not touch ``buffer`` again."""
        await self.settle()
        self._step = self._in_thread(partial(self._write, buffer))

    async def settle(self) -> None:
        """Returns when everything fed is written."""
        if self._step is not None:
            await asyncio.shield(self._step)  # a thread cannot be stopped, and it uses the file

    async def seal(self) -> str:
        """Returns the reference of the file, which is now on disk."""
        assert self._file is not None
        self._step = self._in_thread(self._file.seal)
        await self.settle()
        return self._file.ref

    async def discard(self) -> None:
        """Removes the file, whatever state it is in."""
        if self._step is not None:
            await asyncio.wait([self._step])
        if self._file is not None:
            await self._in_thread(self._file.discard)

    def _in_thread(self, fn: Callable[[], None]) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(None, fn)

    def _write(self, buffer: bytearray) -> None:
        if self._file is None:
            self._file = self._bodies.stage()
        self._digests.update(buffer)
        self._file.write(buffer)


def check_content(call: Call) -> None:
    """Returns when the body, read whole by the gateway, has the Content-MD5 and the checksum that came with it."""
    if call.content is None:
        return
    sent = {"ChecksumAlgorithm": call.headers.get("x-amz-sdk-checksum-algorithm")}
    sent |= {name.member: call.headers.get(name.header) for name in ALGORITHMS.values()}
    digests = Digests(
        announced({name: value for name, value in sent.items() if value is not None}, call.headers)
    )
    digests.update(call.content)
    trailers = call.body.trailers if call.body else {}
    digests.verify(parse_content_md5(call.headers.get("content-md5")), trailers)


class WholeBody:
    """The body of a call in process, which is one of its parameters."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)
        self.trailers: dict[str, str] = {}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data

    def whole(self) -> bytes:
        """Returns all of it."""
        return self._data

    async def read(self) -> bytes:
        """Returns all of it."""
        return self._data


def check_length(length: int | None) -> None:
    """Returns when the announced length is there and not too large for one request."""
    if length is None:
        raise missing_content_length()
    if length > limits.PUT_BYTES:
        raise entity_too_large(length, limits.PUT_BYTES)


def parse_content_md5(header: str | None) -> bytes | None:
    """Returns the 16 bytes of Content-MD5; AwsError ``InvalidDigest``."""
    if header is None:
        return None
    try:
        value = b64decode(header, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_digest(header) from None
    if len(value) != 16:
        raise invalid_digest(header)
    return value
