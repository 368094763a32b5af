"""Time that moves when it is told to."""

import asyncio

import pytest

from penstock.clock import Clock, Ids


def test_waiters_wake_when_time_is_moved_past_them() -> None:
    async def scenario() -> None:
        clock = Clock()
        clock.freeze(1_000_000)
        waiter = asyncio.ensure_future(clock.sleep(60))
        await asyncio.sleep(0)
        clock.advance(59)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiter.done()
        clock.advance(1)
        await waiter
        assert clock.now_ms() == 1_060_000

    asyncio.run(scenario())


def test_wait_for_says_which_came_first() -> None:
    async def scenario() -> None:
        clock = Clock()
        clock.freeze(0)
        event = asyncio.Event()
        waiting = asyncio.ensure_future(clock.wait_for(event.wait(), 1000))
        await asyncio.sleep(0)
        event.set()
        assert await waiting
        event.clear()
        waiting = asyncio.ensure_future(clock.wait_for(event.wait(), 1000))
        await asyncio.sleep(0)
        clock.advance(1)
        assert not await waiting

    asyncio.run(scenario())


@pytest.mark.parametrize("turns", range(8))
def test_whoever_waits_can_be_cancelled_at_every_turn(turns: int) -> None:
    async def scenario() -> None:
        clock = Clock()
        clock.freeze(0)
        event = asyncio.Event()
        waiting = asyncio.ensure_future(clock.wait_for(event.wait(), 1000))
        await asyncio.sleep(0)
        event.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        if waiting.cancel():
            with pytest.raises(asyncio.CancelledError):
                await waiting

    asyncio.run(scenario())


def test_what_was_signed_before_a_move_has_aged_by_it_and_what_was_signed_after_has_not() -> None:
    clock = Clock()
    real_ms = clock.now_ms()
    clock.advance(3600)
    assert clock.elapsed_since_real_ms(real_ms - 10_000) >= 3_610_000
    assert clock.elapsed_since_real_ms(real_ms + 10_000) < 0


def test_seeded_ids_repeat_and_have_their_shape() -> None:
    assert Ids(7).uuid() == Ids(7).uuid() != Ids(8).uuid()
    text = Ids().uuid()
    assert [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]
    assert text[14] == "4" and text[19] in "89ab"
    assert 0 <= Ids().fraction() < 1
