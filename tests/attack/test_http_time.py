"""Whose time passes: the client's, when it is the client's turn, and never the server's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

from penstock.server.http import Limits
from penstock.server.request import Request
from penstock.wire import WireResponse
from tests.kit.front import SOME, Client, run, serving, until

LIMITS = replace(Limits(), buffer_bytes=64 * 1024, linger_bytes=1024 * 1024)
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
EMPTY = WireResponse(200, [(b"content-length", b"0")], b"")
LARGE = 64 * 1024 * 1024


async def answer_all(request: Request) -> WireResponse:
    async for _ in request.chunks():
        pass
    return EMPTY


async def large_answer(request: Request) -> WireResponse:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(0, LARGE, SOME):
            yield bytes(SOME)

    return WireResponse(200, [(b"content-length", b"%d" % LARGE)], pieces())


def test_a_slow_handler_costs_the_client_that_sends_its_body_nothing() -> None:
    async def scenario() -> None:
        go = asyncio.Event()

        async def handle(request: Request) -> WireResponse:
            await go.wait()
            return await answer_all(request)

        async with serving(handle, LIMITS) as front:
            client = await front.connect()
            size = 4 * LIMITS.buffer_bytes
            sending = asyncio.ensure_future(client.send(PUT % size + bytes(size)))
            await until(lambda: front.listener.connections._open and front.one._paused)
            front.elapse(10 * LIMITS.body_s)
            go.set()
            assert (await client.some()).startswith(b"HTTP/1.1 200")
            await sending

    run(scenario)


def test_a_slow_handler_is_not_hurried_by_a_body_that_stands_in_line() -> None:
    async def scenario() -> None:
        go = asyncio.Event()

        async def handle(request: Request) -> WireResponse:
            await go.wait()
            return await answer_all(request)

        async with serving(handle, LIMITS) as front:
            client = await front.connect()
            await client.send(GET + PUT % 6 + b"abc")
            await until(lambda: front.one._reading and front.one._reading.buffered == 3)
            front.elapse(10 * LIMITS.body_s)
            await client.send(b"def")
            await until(lambda: front.one._reading is None)
            front.elapse(10 * LIMITS.body_s)
            go.set()
            assert (await client.some()).startswith(b"HTTP/1.1 200")

    run(scenario)


def test_a_body_in_line_has_its_time_when_its_turn_has_come() -> None:
    async def scenario() -> None:
        async with serving(answer_all, LIMITS) as front:
            client = await front.connect()
            await client.send(GET + PUT % 6 + b"abc")
            await until(lambda: front.one._running and not front.one._running.complete)
            front.elapse(LIMITS.body_s)
            assert b"HTTP/1.1 200" in await client.rest()
            await until(lambda: not len(front.listener.connections))

    run(scenario)


def test_a_reader_that_reads_slowly_is_waited_for_and_one_that_reads_nothing_is_not() -> None:
    async def scenario() -> None:
        async with serving(large_answer, LIMITS) as front:
            client = await front.connect(room=SOME)
            await client.send(GET)
            await until(lambda: front.one._drained)
            for _ in range(9):
                paused, before = front.one._drained, front.one._transport.get_write_buffer_size()
                while front.one._drained is paused and front.one._transport.get_write_buffer_size() >= before:
                    await client.some()
                await until(lambda: front.one._drained)
                front.elapse(LIMITS.answer_s // 2)
            assert not front.one._transport.is_closing()
            front.elapse(LIMITS.answer_s)
            front.elapse(LIMITS.answer_s)
            await until(lambda: not len(front.listener.connections))
            assert len(await client.rest()) < LARGE // 2

    run(scenario)


def test_a_client_that_asks_in_a_row_and_never_reads_is_bounded_and_ended() -> None:
    async def scenario() -> None:
        async def handle(request: Request) -> WireResponse:
            return WireResponse(200, [(b"content-length", b"%d" % SOME)], bytes(SOME))

        async def ask_on(client: Client) -> None:
            while True:
                await client.send(GET.replace(b"Host: a", b"Host: a\r\nX-A: " + bytes(500).hex().encode()))

        async with serving(handle, LIMITS) as front:
            client = await front.connect(room=SOME)
            asking = asyncio.ensure_future(ask_on(client))
            await until(lambda: front.one._drained and front.one._paused)
            assert len(front.one._waiting) <= LIMITS.pipelined_at_once
            front.elapse(LIMITS.answer_s)
            await until(lambda: not len(front.listener.connections))
            asking.cancel()

    run(scenario)


def test_more_requests_in_one_piece_than_anybody_sends_are_refused() -> None:
    async def scenario() -> None:
        async with serving(answer_all, LIMITS) as front:
            client = await front.connect()
            await client.send(GET * 2 * LIMITS.pipelined_at_once)
            await client.rest()
            await until(lambda: not len(front.listener.connections))

    run(scenario)


def test_the_last_answer_is_read_at_leisure_but_not_for_ever() -> None:
    async def scenario() -> None:
        async def handle(request: Request) -> WireResponse:
            return WireResponse(200, [(b"content-length", b"%d" % LARGE)], bytes(LARGE))

        async with serving(handle, LIMITS) as front:
            client = await front.connect(room=SOME)
            await client.send(GET.replace(b"Host: a", b"Host: a\r\nConnection: close"))
            await until(lambda: front.one._drained)
            while front.one._drained:  # read until only its tail is left to send
                await client.some()
            await until(lambda: not len(front.listener.connections) or front.one._transport.is_closing())
            if len(front.listener.connections):
                front.elapse(LIMITS.linger_s + 1)
                assert len(front.listener.connections)
                front.elapse(LIMITS.answer_s)
                front.elapse(LIMITS.answer_s)
            await until(lambda: not len(front.listener.connections))

    run(scenario)


def test_garbage_and_then_silence_ends_soon() -> None:
    async def scenario() -> None:
        async with serving(answer_all, LIMITS) as front:
            client = await front.connect()
            await client.send(b"\x16\x03\x01garbage\r\n\r\n")
            assert (await client.some()).startswith(b"HTTP/1.1 400")
            front.elapse(LIMITS.linger_s)
            await until(lambda: not len(front.listener.connections))

    run(scenario)


def test_half_a_head_behind_an_answer_has_the_time_of_a_head() -> None:
    async def scenario() -> None:
        async with serving(answer_all, LIMITS) as front:
            client = await front.connect()
            await client.send(GET + b"GET / HT")
            assert (await client.some()).startswith(b"HTTP/1.1 200")
            await until(lambda: front.one._running is None)
            front.elapse(LIMITS.head_s - 1)
            assert len(front.listener.connections)
            front.elapse(1)
            assert b"RequestTimeout" in await client.rest()

    run(scenario)


def test_a_client_that_waits_for_the_servers_100_is_not_the_one_to_wait_for() -> None:
    async def scenario() -> None:
        go = asyncio.Event()

        async def handle(request: Request) -> WireResponse:
            await go.wait()
            return await answer_all(request)

        async with serving(handle, LIMITS) as front:
            client = await front.connect()
            await client.send((PUT % 3).replace(b"Host: a", b"Host: a\r\nExpect: 100-continue"))
            await until(lambda: front.one._running)
            front.elapse(10 * LIMITS.body_s)
            go.set()
            assert await client.some() == b"HTTP/1.1 100 Continue\r\n\r\n"
            front.elapse(LIMITS.body_s - 1)
            await client.send(b"abc")
            assert (await client.some()).startswith(b"HTTP/1.1 200")

    run(scenario)


def test_the_body_that_was_told_to_come_has_its_time() -> None:
    async def scenario() -> None:
        async with serving(answer_all, LIMITS) as front:
            client = await front.connect()
            await client.send((PUT % 3).replace(b"Host: a", b"Host: a\r\nExpect: 100-continue"))
            assert await client.some() == b"HTTP/1.1 100 Continue\r\n\r\n"
            front.elapse(LIMITS.body_s)
            await client.rest()
            await until(lambda: not len(front.listener.connections))

    run(scenario)


def test_when_all_places_are_taken_the_longest_idle_makes_room() -> None:
    async def scenario() -> None:
        async with serving(answer_all, LIMITS) as front:
            front.listener.connections.limits = replace(LIMITS, connections=2)
            first, second = await front.connect(), await front.connect()
            await first.send(GET)
            assert await first.some()  # so the second has idled for longest
            await until(lambda: len(front.listener.connections._idle) == 2)
            third = await front.connect()
            assert await second.rest() == b""
            for client in (first, third):
                await client.send(GET)
                assert (await client.some()).startswith(b"HTTP/1.1 200")

    run(scenario)


def test_half_requests_of_one_client_leave_places_for_the_others() -> None:
    async def scenario() -> None:
        async with serving(answer_all, replace(LIMITS, connections=128, connections_per_address=64)) as front:
            for _ in range(300):
                with suppress(ConnectionError):
                    await (await front.dial()).send(b"GET / HT")
            other = await front.dial(source="127.0.0.2")
            await other.send(GET)
            assert (await other.some()).startswith(b"HTTP/1.1 200")
            assert len(front.listener.connections) <= 65
            front.elapse(LIMITS.head_s)
            front.elapse(LIMITS.linger_s)
            await until(lambda: len(front.listener.connections) == 1)

    run(scenario)


def test_what_goes_wrong_with_one_connection_does_not_keep_the_others() -> None:
    async def scenario() -> None:
        async with serving(answer_all, LIMITS) as front:
            await front.connect()
            await front.connect()

            def broken() -> None:
                raise OSError("no more")

            next(iter(front.listener.connections._open)).expire = broken  # type: ignore[method-assign]
            for _ in range(2):
                with suppress(OSError):
                    front.elapse(LIMITS.head_s)
            await until(lambda: len(front.listener.connections) == 1)

    run(scenario)
