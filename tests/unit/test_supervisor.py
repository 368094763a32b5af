"""Background work that fails is logged, shown, and begun again; its end is waited for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from penstock.clock import Clock
from penstock.supervisor import Supervisor


class QuickClock(Clock):
    """A clock whose pauses pass at once; ``pauses`` are their lengths in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    async def elapse(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


def run(scenario: Callable[[Supervisor, QuickClock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = QuickClock()
        supervisor = Supervisor(clock)
        try:
            await scenario(supervisor, clock)
        finally:
            await supervisor.close()

    asyncio.run(main())


def test_work_that_fails_is_begun_again_after_longer_and_longer_pauses(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(supervisor: Supervisor, clock: QuickClock) -> None:
        done, runs = asyncio.Event(), []

        async def work() -> None:
            runs.append(len(runs))
            if len(runs) < 9:
                raise OSError("the disk is away")
            done.set()

        with caplog.at_level(logging.CRITICAL, "penstock.supervisor"):
            supervisor.keep("toy: work", work)
            await done.wait()
        assert clock.pauses == [1, 2, 4, 8, 16, 32, 60, 60]

    run(scenario)


def test_a_failure_is_among_the_problems_until_the_work_has_ended(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(supervisor: Supervisor, clock: QuickClock) -> None:
        again, end = asyncio.Event(), asyncio.Event()
        failed = False

        async def work() -> None:
            nonlocal failed
            if not failed:
                failed = True
                raise OSError("the disk is away")
            again.set()
            await end.wait()

        task = supervisor.keep("toy: work", work)
        await again.wait()
        assert supervisor.problems() == {"toy: work": "the disk is away"}
        end.set()
        await task
        assert supervisor.problems() == {}

    run(scenario)
    assert [record.message for record in caplog.records] == ["toy: work failed and is begun again"]


def test_work_that_is_done_once_says_in_the_log_that_it_failed(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(supervisor: Supervisor, clock: QuickClock) -> None:
        async def work() -> None:
            raise OSError("the disk is away")

        await supervisor.spawn("toy: once", work())

    run(scenario)
    assert [record.message for record in caplog.records] == ["toy: once failed"]


def test_closing_waits_until_everything_has_ended() -> None:
    ended = []

    async def scenario(supervisor: Supervisor, clock: QuickClock) -> None:
        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append("work")

        supervisor.keep("toy: kept", work)
        supervisor.spawn("toy: once", work())
        await asyncio.sleep(0)

    run(scenario)
    assert ended == ["work", "work"]
