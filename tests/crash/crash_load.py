"""The load: writers that put, overwrite and delete until the server is gone."""

import asyncio
import hashlib
import random
import re
from collections.abc import Callable

from tests.crash.crash_history import Key, Write
from tests.crash.crash_server import LOST, Answer, Connection

_SIZES = (0, 1, 137, 1024, 4096, 65_535, 65_536, 65_537, 100_000, 204_800)  # rows up to 64 KiB, files above
_WEIGHTS = (2, 2, 4, 6, 4, 1, 1, 1, 1, 1)
_PART = 5 * 1024 * 1024  # the smallest part that may be followed by another
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
_ETAG = re.compile(rb"<ETag>(?:&quot;|\")?([^<&\"]+)")


class Load:
    """Runs one writer for each group of keys and kills the server after ``acknowledgements`` answers and a moment."""

    def __init__(self, endpoint: str, seed: int, acknowledgements: int, kill: Callable[[], None]) -> None:
        self._endpoint = endpoint
        self._random = random.Random(seed)
        self._left = acknowledgements
        self._kill = kill
        self._serial = 0
        self._seed = seed

    async def run(self, groups: list[list[Key]], uploaded: list[Key]) -> None:
        """Returns when every connection is dead; ``uploaded`` keys are written by multipart upload."""
        writers = [self._write_on(keys, self._write) for keys in groups]
        await asyncio.gather(*writers, self._write_on(uploaded, self._upload))

    async def _write_on(self, keys: list[Key], write: Callable) -> None:
        try:
            async with Connection(self._endpoint) as connection:
                while True:
                    await write(connection, self._random.choice(keys))
        except LOST:
            return

    async def _write(self, connection: Connection, key: Key) -> None:
        if key.writes and key.writes[-1].etag and self._random.random() < 0.1:
            await self._delete(connection, key)
        else:
            await self._put(connection, key)

    async def _put(self, connection: Connection, key: Key) -> None:
        body = self._body(self._random.choices(_SIZES, _WEIGHTS)[0])
        etag = hashlib.md5(body).hexdigest()
        write = key.send(etag, body)
        answer = await connection.s3("PUT", key.path, body)
        assert answer.status == 200, answer
        assert answer.headers["etag"] == f'"{etag}"'
        self._acknowledge(write, answer)

    async def _delete(self, connection: Connection, key: Key) -> None:
        key.writes.append(write := Write(None))
        answer = await connection.s3("DELETE", key.path)
        assert answer.status == 204, answer
        self._acknowledge(write, answer)

    async def _upload(self, connection: Connection, key: Key) -> None:
        sizes = [self._random.choice((0, 70_000))] if self._random.random() < 0.9 else [_PART, 1_000]
        parts = [self._body(size) for size in sizes]
        created = await connection.s3("POST", key.path, query="uploads=")
        upload = _UPLOAD_ID.search(created.body)[1].decode()  # type: ignore[index]
        for number, part in enumerate(parts, 1):
            answer = await connection.s3("PUT", key.path, part, f"partNumber={number}&uploadId={upload}")
            assert answer.status == 200, answer
        digests = [hashlib.md5(part) for part in parts]
        whole = hashlib.md5(b"".join(digest.digest() for digest in digests)).hexdigest()
        etag = f"{whole}-{len(parts)}"
        write = key.send(etag, b"".join(parts))
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{digest.hexdigest()}</ETag></Part>"
            for number, digest in enumerate(digests, 1)
        )
        document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        answer = await connection.s3("POST", key.path, document, f"uploadId={upload}")
        found = _ETAG.search(answer.body)
        if found is None:  # a 200 that has begun is cut off by the kill
            raise ConnectionError(answer)
        assert found[1].decode() == etag, answer
        self._acknowledge(write, answer)

    def _body(self, size: int) -> bytes:
        """Returns bytes that were never sent before, whenever ``size`` leaves room for that."""
        self._serial += 1
        unique = b"%d.%d:" % (self._seed, self._serial)
        return (unique * (size // len(unique) + 1))[:size]

    def _acknowledge(self, write: Write, answer: Answer) -> None:
        write.acknowledged, write.version = True, answer.headers.get("x-amz-version-id")
        write.request = answer.headers["x-amz-request-id"]
        self._left -= 1
        if self._left == 0:
            # Answers come in bursts behind each commit; a moment later the kill may fall anywhere in the next one.
            asyncio.get_running_loop().call_later(self._random.uniform(0, 0.008), self._kill)
