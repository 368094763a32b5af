"""Time that moves when it is told to."""

import asyncio
import queue

import pytest

from penstock.clock import Clock, Ids, Kept, Machine

HOUR_MS = 3_600_000


class SetMachine(Machine):
    """A machine whose clocks stand until they are told to go on, or are set."""

    def __init__(self, wall_ms: int = 1_800_000_000_000, boot: str = "first") -> None:
        self.wall = wall_ms
        self.wall_ns = lambda: self.wall * 1_000_000
        self.steady = 5_000_000
        self.boot = boot

    def run(self, ms: int) -> None:
        self.wall += ms
        self.steady += ms

    def steady_ms(self) -> int:
        return self.steady

    def boot_id(self) -> str:
        return self.boot


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


@pytest.mark.parametrize("back_ms", [1, 1000, HOUR_MS])
def test_a_machines_clock_that_is_set_back_does_not_set_back_the_servers(back_ms: int) -> None:
    machine = SetMachine()
    clock = Clock(machine)
    readings = [clock.now_ms()]
    machine.run(500)
    readings.append(clock.now_ms())
    machine.wall -= back_ms
    for _ in range(100):
        readings.append(clock.now_ms())
        machine.run(back_ms // 30 + 1)
    assert readings == sorted(readings)
    assert clock.now_ms() == machine.wall and clock.behind_ms() == 0


def test_time_goes_on_at_half_speed_until_a_clock_that_was_set_back_has_caught_up() -> None:
    machine = SetMachine()
    clock = Clock(machine)
    before_ms = clock.now_ms()
    machine.wall -= HOUR_MS
    assert (clock.now_ms(), clock.behind_ms()) == (before_ms, HOUR_MS)
    machine.run(HOUR_MS)
    assert (clock.now_ms(), clock.behind_ms()) == (before_ms + HOUR_MS // 2, HOUR_MS // 2)
    machine.wall -= HOUR_MS  # and once more, which costs nothing but patience
    assert (clock.now_ms(), clock.behind_ms()) == (before_ms + HOUR_MS // 2, HOUR_MS * 3 // 2)
    machine.run(HOUR_MS * 3)
    assert (clock.now_ms(), clock.behind_ms()) == (before_ms + HOUR_MS * 2, 0)


def test_time_can_be_moved_while_the_machines_clock_is_behind() -> None:
    machine = SetMachine()
    clock = Clock(machine)
    before_ms = clock.now_ms()
    machine.wall -= HOUR_MS
    clock.advance(60)
    assert (clock.now_ms(), clock.behind_ms()) == (before_ms + 60_000, HOUR_MS)
    machine.run(2 * HOUR_MS)
    assert (clock.now_ms(), clock.behind_ms()) == (before_ms + HOUR_MS + 60_000, 0)


def test_what_is_signed_by_a_clock_that_was_set_back_is_no_older_for_it() -> None:
    machine = SetMachine()
    clock = Clock(machine)
    clock.advance(60)
    clock.now_ms()
    machine.wall -= HOUR_MS
    clock.now_ms()
    signed_ms = machine.wall
    machine.run(2000)
    assert clock.elapsed_since_real_ms(signed_ms) == 2000
    clock.advance(3600)
    assert clock.elapsed_since_real_ms(signed_ms) == 2000 + HOUR_MS
    assert clock.elapsed_since_real_ms(machine.wall + 1000) == -1000


def test_a_restart_with_an_earlier_clock_goes_on_from_the_time_that_was_kept() -> None:
    machine = SetMachine()
    kept = Clock(machine).kept()
    machine.run(3000)  # the former process may have stamped until here
    machine.wall -= HOUR_MS
    clock = Clock(machine)
    clock.restore(kept)
    assert (clock.now_ms(), clock.behind_ms()) == (kept.server_ms + 3000, HOUR_MS)
    machine.run(HOUR_MS)
    assert clock.now_ms() == kept.server_ms + 3000 + HOUR_MS // 2


def test_a_machine_that_comes_up_with_an_earlier_clock_is_not_believed() -> None:
    kept = Clock(SetMachine(boot="first")).kept()
    clock = Clock(SetMachine(wall_ms=0, boot="second"))
    clock.restore(kept)
    assert clock.now_ms() >= kept.server_ms + 5000


def test_a_restart_with_a_right_clock_goes_by_it() -> None:
    machine = SetMachine()
    kept = Clock(machine).kept()
    machine.run(10)
    clock = Clock(machine)
    clock.restore(kept)
    assert (clock.now_ms(), clock.behind_ms()) == (machine.wall, 0)


def test_moved_time_stays_moved_over_a_restart_and_so_do_the_signatures_of_then() -> None:
    machine = SetMachine()
    former = Clock(machine)
    signed_before_ms = machine.wall
    machine.run(1000)
    former.advance(3600)
    machine.run(1000)
    signed_after_ms = machine.wall
    kept = former.kept()
    machine.run(1000)
    clock = Clock(machine)
    clock.restore(kept)
    assert clock.now_ms() == machine.wall + HOUR_MS
    assert clock.elapsed_since_real_ms(signed_before_ms) == HOUR_MS + 3000
    assert clock.elapsed_since_real_ms(signed_after_ms) == 1000
    clock.advance(3600)
    assert clock.elapsed_since_real_ms(signed_after_ms) == HOUR_MS + 1000


def test_a_crash_in_the_middle_of_a_move_leaves_time_moved_not_set_back() -> None:
    machine = SetMachine()
    former = Clock(machine)
    kept = former.kept(3600)
    former.advance(3600)
    stamped_ms = former.now_ms()
    clock = Clock(machine)
    clock.restore(kept)
    assert (clock.now_ms(), clock.behind_ms()) == (stamped_ms, 0)
    machine.run(1000)
    assert clock.elapsed_since_real_ms(machine.wall - 1000) == 1000
    assert clock.elapsed_since_real_ms(machine.wall - 1001) == HOUR_MS + 1001


def test_frozen_time_runs_on_after_a_restart_from_where_it_stood() -> None:
    machine = SetMachine()
    former = Clock(machine)
    former.freeze()
    former.advance(3600)
    machine.run(5000)
    kept = former.kept()
    machine.run(1000)
    clock = Clock(machine)
    clock.restore(kept)
    assert clock.now_ms() == kept.server_ms + 1000
    assert clock.elapsed_since_real_ms(machine.wall) == 0


def test_a_clock_that_nobody_reads_is_not_kept_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.clock._KEEP_S", 0)
    machine = SetMachine()
    clock = Clock(machine)
    saved: queue.Queue[Kept] = queue.Queue()

    async def scenario() -> None:
        keeping = asyncio.ensure_future(clock.keep(saved.put))
        for _ in range(3):
            await asyncio.to_thread(saved.get, timeout=10)
            for _ in range(50):
                await asyncio.sleep(0)
            assert saved.empty()
            machine.run(1000)
            clock.now_ms()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(scenario())


def test_waiters_wake_when_the_machines_clock_is_set_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.clock._KEEP_S", 0)
    machine = SetMachine()
    clock = Clock(machine)

    async def scenario() -> None:
        keeping = asyncio.ensure_future(clock.keep(lambda kept: None))
        waiter = asyncio.ensure_future(clock.sleep(3600))
        await asyncio.sleep(0)
        machine.wall += HOUR_MS
        await asyncio.wait_for(waiter, 10)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(scenario())


def test_seeded_ids_repeat_and_have_their_shape() -> None:
    assert Ids(7).uuid() == Ids(7).uuid() != Ids(8).uuid()
    text = Ids().uuid()
    assert [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]
    assert text[14] == "4" and text[19] in "89ab"
    assert 0 <= Ids().fraction() < 1
