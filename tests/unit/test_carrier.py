"""The carrier leases, tries and writes down, and a store that fails for a while ends none of it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.kit.delivery import FUNCTION, LADDER, QUEUE, SENDER, World, run

from penstock.delivery import Attempt, Message, Priority, Rule, lanes
from penstock.delivery.outbox import LEASE_MS
from penstock.errors import AwsError, StoreUnavailable
from penstock.store import Statement, Tx

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
TO_FUNCTION = Rule("f", FUNCTION, ("ObjectCreated:*",))
TO_QUEUE = Rule("q", QUEUE, ("ObjectCreated:*",))


async def hold(world: World) -> asyncio.Event:
    """Returns what lets the function's runs end."""
    world.function.held = asyncio.Event()
    await world.rules(TO_FUNCTION)
    return world.function.held


def test_an_outcome_that_cannot_be_written_is_kept_and_the_function_does_not_run_again(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        held = await hold(world)
        await world.change("k")
        await world.until(lambda: bool(world.function.jobs))
        with world.failing(writes=True):
            held.set()
            await world.until(lambda: bool(world.supervisor.problems()))
            assert set(world.supervisor.problems().values()) == {"database or disk is full"}
        await world.carrier.settled()
        (delivery,) = await world.deliveries("k")
        assert (delivery["state"], len(delivery["tries"])) == ("delivered", 1)
        assert (len(world.function.jobs), world.supervisor.problems()) == (1, {})

    run(tmp_path, scenario)


@pytest.mark.parametrize("broken", [{"reads": True}, {"writes": True}])
def test_a_store_that_fails_in_the_loop_does_not_end_delivery(
    tmp_path: Path, broken: dict[str, bool]
) -> None:
    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.rules(TO_QUEUE)
        await world.change("k")
        world.queue.missing = set()
        with world.failing(**broken):
            world.clock.advance(1)
            await world.until(lambda: "delivery: carrier" in world.supervisor.problems())
        await world.carrier.settled()
        (delivery,) = await world.deliveries("k")
        assert delivery["state"] == "delivered"

    run(tmp_path, scenario)


def test_a_store_that_fails_in_a_try_costs_no_try(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(TO_FUNCTION)
        await world.change("k")
        await world.carrier.settled()
        assert await world.row("state, attempts") == ("due", 0)
        await world.advance(60)
        assert await world.row("state, attempts") == ("delivered", 1)

    run(tmp_path, scenario, StoreUnavailable("disk I/O error"))


def test_a_defect_in_an_outcome_does_not_drop_the_delivery(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.function.defect = ValueError("oops")
        await world.rules(TO_FUNCTION)
        await world.change("k")
        await world.carrier.settled()
        assert await world.row("state, error") == ("due", "internal error: oops")
        world.function.defect = None
        await world.advance(60)
        assert await world.row("state, attempts") == ("delivered", 1)

    run(tmp_path, scenario)


def test_a_server_that_ends_while_an_outcome_waits_leaves_the_delivery_to_the_next(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        held = await hold(world)
        await world.change("k")
        await world.until(lambda: bool(world.function.jobs))
        with world.failing(writes=True):
            held.set()
            await world.until(lambda: bool(world.supervisor.problems()))
            await world.carrier.drain()

    async def second(world: World) -> None:
        await world.carrier.settled()
        (delivery,) = await world.deliveries("k")
        assert delivery["state"] == "delivered"

    run(tmp_path, first)
    run(tmp_path, second)


def test_a_delivery_with_room_in_its_lane_is_leased_from_birth(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        held = await hold(world)
        commits = world.store.commits
        await world.change("k")
        state, owner, until_ms = await world.row("state, lease_owner, lease_ms")
        assert (state, bool(owner), until_ms) == ("leased", True, world.clock.now_ms() + LEASE_MS)
        held.set()
        await world.carrier.settled()
        assert await world.row("state, lease_owner, lease_ms") == ("delivered", None, None)
        assert world.store.commits == commits + 2

    run(tmp_path, scenario)


def test_a_lease_of_a_process_that_died_is_void(tmp_path: Path) -> None:
    def lease(tx: Tx) -> None:
        sql = "UPDATE delivery SET state = 'leased', lease_owner = 'dead', lease_ms = ?"
        tx.run(Statement.of(sql), tx.now_ms + 1000)

    async def dying() -> None:
        world = World(tmp_path)
        await world.rules(TO_FUNCTION)
        await world.change("k")
        await world.store.write(lease)
        await world.store.close()

    async def next_one(world: World) -> None:
        await world.carrier.settled()
        assert await world.row("state, attempts") == ("delivered", 1)

    asyncio.run(dying())
    run(tmp_path, next_one)


def test_a_burst_wider_than_a_lane_runs_once_each(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        held = await hold(world)
        await asyncio.gather(*(world.change(f"k{number}") for number in range(3 * lanes.LANE_WIDTH)))
        assert world.delivery.lanes.room(FUNCTION) == 0  # a LIMIT of less would be none at all
        held.set()
        await world.carrier.settled()
        ids = [job.id for job in world.function.jobs]
        assert len(ids) == len(set(ids)) == 3 * lanes.LANE_WIDTH
        assert world.delivery.lanes.backlog == 0

    run(tmp_path, scenario)


def test_a_full_lane_refuses_its_own_changes_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MAX_LANE_BACKLOG", 3)
    other = FUNCTION + "-2"

    async def scenario(world: World) -> None:
        held = await hold(world)
        for number in range(3):
            await world.change(f"k{number}")
        with pytest.raises(AwsError, match="SlowDown"):
            await world.change("one-too-many")
        assert await world.story("one-too-many") == []
        assert f"delivery to {FUNCTION}" in world.delivery.lanes.problems()
        await world.rules(Rule("o", other, ("ObjectCreated:*",)))
        await world.change("other")
        held.set()
        await world.carrier.settled()
        assert world.delivery.lanes.problems() == {}
        await world.rules(TO_FUNCTION)
        await world.change("again")

    run(tmp_path, scenario)


def test_a_destination_that_refuses_and_is_full_gets_no_more_and_the_ledger_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MAX_LANE_BACKLOG", 2)

    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.rules(TO_QUEUE)
        for number in range(3):
            await world.change(f"k{number}")
        (delivery,) = await world.deliveries("k2")
        reason = "the queue does not exist; too much waits for this destination already"
        assert (delivery["state"], delivery["error"]) == ("dead", reason)
        assert world.delivery.lanes.backlog == 2

    run(tmp_path, scenario)


def test_an_outbox_that_is_full_in_all_refuses_even_what_would_wait_for_a_missing_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MAX_BACKLOG", 1)

    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE, QUEUE + "-2"}
        await world.rules(TO_QUEUE)
        await world.change("k")
        await world.rules(Rule("q2", QUEUE + "-2", ("ObjectCreated:*",)))
        with pytest.raises(AwsError, match="SlowDown"):
            await world.change("one-too-many")

    run(tmp_path, scenario)


def test_what_waits_is_counted_when_the_store_is_opened(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.store.write(world.delivery.send, QUEUE, SENDER, Message(b"1", TRACE), LADDER)

    async def second(world: World) -> None:
        assert world.delivery.lanes.backlog == 1
        world.clock.advance(60)
        await world.carrier.settled()
        assert (await world.messages(), world.delivery.lanes.backlog) == (1, 0)

    run(tmp_path, first)
    run(tmp_path, second)


def test_a_throttled_try_does_not_count(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(TO_FUNCTION)
        await world.change("k")
        await world.carrier.settled()
        assert await world.row("state, attempts") == ("due", 0)

    run(tmp_path, scenario, Attempt(ok=False, error="busy", throttled=True))


def test_a_try_that_begins_before_the_former_one_has_let_go_takes_a_place_of_its_own() -> None:
    places = lanes.Lanes(lambda: False)
    places.enter(QUEUE, Priority.NORMAL)
    assert places.begin(QUEUE, 1) and places.begin(QUEUE, 1)
    assert places.room(QUEUE) == lanes.LANE_WIDTH - 2
    places.end(QUEUE, 1)
    places.leave(QUEUE)
    places.end(QUEUE, 1)
    assert (places.room(QUEUE), places.backlog) == (lanes.LANE_WIDTH, 0)
    assert not places.has_waiting()


def test_whoever_settles_waits_for_a_look_that_begins_afterwards(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.queue.missing.add(QUEUE)
        await world.rules(TO_QUEUE)
        await world.change("k")
        await world.carrier.settled()
        looked, go_on, read = asyncio.Event(), asyncio.Event(), world.store.read

        async def slowly(*args: Any) -> Any:
            found = await read(*args)
            looked.set()
            await go_on.wait()
            return found

        world.store.read = slowly  # type: ignore[method-assign]
        world.carrier.wake()
        await looked.wait()
        world.clock.advance(1)
        settled = asyncio.create_task(world.carrier.settled())
        await asyncio.sleep(0)
        go_on.set()
        await settled
        assert await world.row("attempts") == (2,)

    run(tmp_path, scenario)
