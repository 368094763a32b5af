"""A response that is read while it is written."""

import asyncio

import pytest

from penstock.services.lambda_.functions import response_stream
from penstock.services.lambda_.functions.response_stream import ResponseStream, TooLong

MEGABYTE = bytes(1024 * 1024)


def test_who_writes_waits_for_a_reader_that_is_slow() -> None:
    async def scenario() -> None:
        stream = ResponseStream()
        await stream.write(MEGABYTE)
        waiting = asyncio.create_task(stream.write(b"more"))
        await asyncio.sleep(0)
        assert not waiting.done()
        pieces = stream.pieces()
        assert await anext(pieces) == MEGABYTE
        await waiting
        stream.end()
        assert [piece async for piece in pieces] == [b"more"]

    asyncio.run(scenario())


@pytest.mark.parametrize("leaves", [True, False])
def test_who_writes_goes_on_when_nobody_reads_on_or_the_run_has_ended(leaves: bool) -> None:
    async def scenario() -> None:
        stream = ResponseStream()
        waiting = asyncio.create_task(stream.write(MEGABYTE + b"x"))
        await asyncio.sleep(0)
        if leaves:
            stream.abandon()
        else:
            stream.end()
        await waiting

    asyncio.run(scenario())


def test_a_response_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(response_stream, "MAX_STREAMED_RESPONSE", 5)
        stream = ResponseStream()
        await stream.write(b"12345")
        with pytest.raises(TooLong):
            await stream.write(b"6")
        assert stream.head == b"12345"

    asyncio.run(scenario())
