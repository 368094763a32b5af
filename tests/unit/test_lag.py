"""What holds the event loop is measured and named."""

import asyncio
import logging
from itertools import count

import pytest

from penstock.app.lag import LoopLag
from penstock.clock import Clock


def hold(clock: Clock, ms: int) -> None:
    """Keeps the thread busy, as a long computation does."""
    end_ns = clock.stopwatch_ns() + ms * 1_000_000
    while clock.stopwatch_ns() < end_ns:
        pass


def test_a_stall_is_counted_under_the_name_of_what_ran() -> None:
    clock = Clock()
    lag = LoopLag(clock, count().__next__)

    async def scenario() -> None:
        watching = asyncio.create_task(lag.run())
        await asyncio.sleep(0)  # it begins to watch
        hold(clock, 150)
        while not any(name.endswith(".hold") for name in lag.stalls):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)
        watching.cancel()

    asyncio.run(scenario())
    assert lag.recent().max_ms >= 100
    assert lag.recent().stalls == lag.stalls.total() >= 1


def test_short_lags_are_no_stalls_but_shift_the_percentile() -> None:
    lag = LoopLag(Clock(), int)
    for _ in range(95):
        lag.note(0.5, "")
    for _ in range(5):
        lag.note(19, "somebody")
    assert lag.recent() == (19, 19, 0, "")


def test_the_names_of_stalls_are_bounded() -> None:
    lag = LoopLag(Clock(), int)
    for number in range(200):
        lag.note(30, f"penstock.f{number}")
    lag.note(30, "")
    assert len(lag.stalls) <= 51
    assert lag.stalls.total() == 201
    assert lag.stalls["unknown"] == 151


def test_health_names_a_problem_only_when_the_loop_is_held_again_and_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lag = LoopLag(Clock(), int)
    with caplog.at_level(logging.WARNING):
        for _ in range(4):
            lag.note(300, "penstock.x")
            assert lag.problems() == {}
        lag.note(400, "penstock.x")
    assert "5 times in a minute" in lag.problems()["loop"] and "penstock.x" in lag.problems()["loop"]
    for _ in range(6000):  # a minute
        lag.note(0, "")
    assert lag.problems() == {}
    assert "held for 300 ms by penstock.x" in caplog.text
