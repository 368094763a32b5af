"""Bodies on their way in: whatever goes wrong, no file is left."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from penstock.access import Principal
from penstock.clock import Ids
from penstock.errors import AwsError
from penstock.server import Call
from penstock.services.s3.files import Files, Segment
from penstock.services.s3.objects.body import commit, receive
from penstock.store import FileBodies

CHUNK = bytes(range(256)) * 1024  # 256 KiB
CHUNKS = 12


class Body:
    """A body that can fail, or wait for ever, after some chunks."""

    def __init__(self, *, fail_after: int | None = None, stall: asyncio.Event | None = None) -> None:
        self.length = CHUNKS * len(CHUNK)
        self.trailers: dict[str, str] = {}
        self._fail_after = fail_after
        self._stall = stall

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number in range(CHUNKS):
            if number == self._fail_after:
                raise AwsError("IncompleteBody")
            yield CHUNK
        if self._stall:
            self._stall.set()
            await asyncio.Event().wait()

    async def read(self) -> bytes:
        raise NotImplementedError


class Failing:
    """A store in which nothing can be written, after a while."""

    async def write(self, *args: object) -> None:
        await asyncio.sleep(0)
        raise AwsError("PreconditionFailed")


@pytest.fixture
def s3(tmp_path: Path) -> Any:
    bodies = FileBodies(tmp_path, Ids(1), fsync=False)
    return SimpleNamespace(bodies=bodies, store=Failing(), files=Files(bodies))


def call_with(body: Any) -> Call:
    return Call("s3", "PutObject", "1", "us-east-1", Principal.root("1"), "r", 0, "127.0.0.1", "", body=body)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_body_that_breaks_off_leaves_no_file(s3: Any, tmp_path: Path) -> None:
    for fail_after in (0, 1, 5, CHUNKS - 1):
        with pytest.raises(AwsError, match="IncompleteBody"):
            asyncio.run(receive(s3, call_with(Body(fail_after=fail_after)), {}))
    assert files_in(tmp_path) == []


def test_a_body_that_does_not_match_leaves_no_file(s3: Any, tmp_path: Path) -> None:
    with pytest.raises(AwsError, match="BadDigest"):
        asyncio.run(receive(s3, call_with(Body()), {"ContentMD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}))
    assert files_in(tmp_path) == []


def test_a_client_that_goes_away_leaves_no_file(s3: Any, tmp_path: Path) -> None:
    async def go_away() -> None:
        stalled = asyncio.Event()
        task = asyncio.create_task(receive(s3, call_with(Body(stall=stalled)), {}))
        await stalled.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go_away())
    assert files_in(tmp_path) == []


def test_a_write_that_fails_leaves_no_file(s3: Any, tmp_path: Path) -> None:
    async def write() -> None:
        received = await receive(s3, call_with(Body()), {})
        assert len(files_in(tmp_path)) == 1
        with pytest.raises(AwsError, match="PreconditionFailed"):
            await commit(s3, received, lambda tx: None)

    asyncio.run(write())
    s3.files.close()
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("failing", ["sync", "keep"])
def test_a_body_that_cannot_be_synced_leaves_neither_a_file_nor_a_descriptor(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(s3.bodies, failing, fail)

    async def write() -> int:
        with pytest.raises(OSError, match="Input/output"):
            await receive(s3, call_with(Body()), {})
        return sum(str(tmp_path) in target for target in map(target_of, os.listdir("/proc/self/fd")))

    assert asyncio.run(write()) == 0
    assert files_in(tmp_path) == []


def target_of(descriptor: str) -> str:
    """Returns the file that is open, an empty text when it has just been closed."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:
        return ""


def test_a_writer_that_goes_away_during_a_commit_does_not_take_the_file_along(
    s3: Any, tmp_path: Path
) -> None:
    committed = asyncio.Event()

    class Slow:
        async def write(self, *args: object) -> None:
            await committed.wait()

    async def write() -> None:
        s3.store = Slow()
        received = await receive(s3, call_with(Body()), {})
        task = asyncio.ensure_future(commit(s3, received, lambda tx: None))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        committed.set()
        await asyncio.sleep(0)

    asyncio.run(write())
    s3.files.close()
    assert len(files_in(tmp_path)) == 1


def test_a_file_that_is_being_read_stays_until_it_has_been(s3: Any, tmp_path: Path) -> None:
    async def read() -> bytes:
        received = await receive(s3, call_with(Body()), {})
        assert received.ref is not None
        reader = await s3.files.read([Segment(received.ref, 0, received.size)])
        s3.files.remove([received.ref])
        return b"".join([piece async for piece in reader])

    assert asyncio.run(read()) == CHUNK * CHUNKS
    s3.files.close()
    assert files_in(tmp_path) == []


def test_too_large_a_body_is_refused_before_it_comes(s3: Any) -> None:
    body = Body()
    body.length = 5 * 1024**3 + 1
    with pytest.raises(AwsError, match="EntityTooLarge"):
        asyncio.run(receive(s3, call_with(body), {}))
