"""Bodies that are read whole: many clients that send them slowly hold no more memory than the limits say."""

from dataclasses import replace

import pytest

from penstock.errors import AwsError
from penstock.server.http import Limits
from penstock.server.http.allowance import Allowance
from penstock.server.request import Request
from penstock.wire import WireResponse
from tests.kit.front import Client, Front, run, serving, until

KIB = 1024
FREE = 64 * KIB
LIMITS = replace(Limits(), whole_bytes=300 * KIB, whole_bytes_per_address=200 * KIB)
SIZE = FREE + 150 * KIB
HEAD = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


async def read_whole(request: Request) -> WireResponse:
    try:
        await request.read(1024 * KIB)
    except AwsError as error:
        return WireResponse(error.status or 400, [(b"content-length", b"0")], b"")
    return WireResponse(200, [(b"content-length", b"0")], b"")


def allowance(front: Front) -> Allowance:
    return front.listener.connections.allowance


async def half_sent(front: Front) -> Client:
    """Returns a client all of whose body has come but for its last byte."""
    client = await front.connect()
    await client.send(HEAD % SIZE + bytes(SIZE - 1))
    await until(lambda: allowance(front).taken == SIZE - 1 - FREE)
    return client


def test_what_one_address_holds_is_bounded_and_given_back_with_the_answer() -> None:
    async def scenario() -> None:
        async with serving(read_whole, LIMITS) as front:
            first, second = await half_sent(front), await front.connect()
            await second.send(HEAD % SIZE + bytes(SIZE - 1))
            assert (await second.some()).startswith(b"HTTP/1.1 503")
            await first.send(b"x")
            assert (await first.some()).startswith(b"HTTP/1.1 200")
            await until(lambda: allowance(front).taken == 0)
            third = await half_sent(front)
            await third.send(b"x")
            assert (await third.some()).startswith(b"HTTP/1.1 200")

    run(scenario)


def test_a_client_that_goes_away_holds_nothing() -> None:
    async def scenario() -> None:
        async with serving(read_whole, LIMITS) as front:
            client = await half_sent(front)
            client.socket.close()
            await until(lambda: allowance(front).taken == 0)

    run(scenario)


def test_small_bodies_need_no_allowance() -> None:
    async def scenario() -> None:
        async with serving(read_whole, replace(LIMITS, whole_bytes=0)) as front:
            client = await front.connect()
            await client.send(HEAD % FREE + bytes(FREE - 1))
            await client.send(b"x")
            assert (await client.some()).startswith(b"HTTP/1.1 200")

    run(scenario)


def test_all_addresses_together_have_no_more_than_there_is() -> None:
    found = Allowance(300, 200)
    found.take("a", 200)
    with pytest.raises(AwsError):
        found.take("a", 1)
    found.take("b", 100)
    with pytest.raises(AwsError):
        found.take("c", 1)
    found.give_back("a", 200)
    found.take("c", 200)
    assert found.taken == 300
