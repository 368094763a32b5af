"""The ledger: pages, stories, pruning."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from tests.kit.delivery import FUNCTION, QUEUE, World, run

from penstock.delivery import Attempt, Rule, State, ledger
from penstock.delivery.pruning import prune
from penstock.delivery.telling import message_search, story
from penstock.delivery.telling.message_search import event_of_message
from penstock.store import Statement

TO_FUNCTION = Rule("f", FUNCTION, ("ObjectCreated:*",))
TO_QUEUE = Rule("q", QUEUE, ("ObjectCreated:*",))
SETS = Statement.of("SELECT bucket FROM rule_set ORDER BY id")
SQL = Path(ledger.__file__).with_name("state.sql").read_text("utf-8")


async def pages(world: World, query: Any, **wanted: Any) -> list[dict[str, Any]]:
    """Returns all entries, read two at a time."""
    found: list[dict[str, Any]] = []
    before = None
    while True:
        page = await world.store.read(query, **wanted, before=before, limit=2)
        assert len(page.entries) <= 2
        found += page.entries
        before = page.before
        if before is None:
            return found


def statements() -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)$", SQL, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def plan(folder: Path, name: str) -> list[str]:
    """Returns the steps of the statement, as SQLite takes them."""

    async def main() -> list[str]:
        world = World(folder)
        try:
            sql = "EXPLAIN QUERY PLAN " + statements()[name]
            step = Statement.of(sql)
            rows = await world.store.read(lambda tx: tx.all(step, *[None] * sql.count("?")))
        finally:
            await world.store.close()
        return [str(row[3]) for row in rows]

    return asyncio.run(main())


def test_finding_the_lanes_steps_over_what_has_ended(tmp_path: Path) -> None:
    steps = [step for step in plan(tmp_path, "find_lanes") if step.startswith("SEARCH")]
    assert len(steps) == 2
    assert all("(state=?" in step or "delivery_due" in step for step in steps)


def test_deliveries_are_listed_by_state_target_rule_and_key(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.rules(TO_FUNCTION, TO_QUEUE)
        for number in range(3):
            await world.change(f"k{number}")
        await world.carrier.settled()

        async def ids(**wanted: Any) -> list[int]:
            return [entry["id"] for entry in await pages(world, ledger.deliveries, **wanted)]

        everything = await ids()
        assert everything == sorted(everything, reverse=True) and len(everything) == 6
        assert await ids(target=FUNCTION) == await ids(rule="f") == await ids(state=State.DELIVERED)
        assert await ids(target=QUEUE) == await ids(rule="q") == await ids(state=State.DUE)
        assert await ids(target=QUEUE, state=State.DUE) == await ids(target=QUEUE)
        assert await ids(target=QUEUE, state=State.DEAD) == await ids(target=QUEUE, rule="f") == []
        (entry,) = await pages(world, ledger.deliveries, key=("b", "k1"), state=State.DUE)
        assert (entry["bucket"], entry["key"], entry["arn"]) == ("b", "k1", QUEUE)

    run(tmp_path, scenario)


def test_a_page_goes_back_no_further_than_it_was_asked_to(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(TO_FUNCTION)
        await world.change("old")
        world.clock.advance(10)
        since_ms = world.clock.now_ms()
        await world.change("new")
        page = await world.store.read(ledger.deliveries, since_ms=since_ms, limit=2)
        assert ([entry["key"] for entry in page.entries], page.before) == (["new"], None)

    run(tmp_path, scenario)


def test_events_are_listed_by_key_and_name(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        for key in ("a", "b", "a", "c"):
            await world.change(key)
        await world.change("a", "ObjectRemoved:Delete")

        async def keys(**wanted: Any) -> list[str]:
            return [entry["key"] for entry in await pages(world, ledger.events, **wanted)]

        assert await keys() == ["a", "c", "a", "b", "a"]
        assert await keys(bucket="b", key="a") == ["a"] * 3
        assert await keys(bucket="other") == []
        assert await keys(name="ObjectRemoved:") == ["a"]

    run(tmp_path, scenario)


def test_a_story_that_is_too_long_says_that_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "MAX_ENTRIES", 10)

    async def scenario(world: World) -> None:
        await world.rules(TO_FUNCTION)
        for _ in range(20):
            await world.change("k")
        await world.carrier.settled()
        told = await world.story("k")
        assert 0 < len(told) < 20
        assert told[0]["cut"] == "earlier changes are not told"
        assert told[-1]["sequencer"] == max(event["sequencer"] for event in told)

    run(tmp_path, scenario)


def test_a_story_that_is_too_deep_says_that_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "MAX_DEPTH", 1)

    async def scenario(world: World) -> None:
        await world.rules(TO_FUNCTION)
        trace = None
        for number in range(3):
            await world.change(f"k{number}", trace=trace)
            await world.carrier.settled()
            trace = world.function.jobs[-1].trace_header
        (event,) = await world.story("k0")
        first = event["deliveries"][0]["tries"][0]
        second = first["wrote"][0]["deliveries"][0]["tries"][0]
        assert "cut" not in first and "too deep" in second["cut"]

    run(tmp_path, scenario)


def test_the_ledger_forgets_what_is_old_but_never_the_newest_event(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(TO_FUNCTION)
        await world.change("old")
        await world.change("newest")
        await world.carrier.settled()
        world.clock.advance(1)
        await prune(world.store, world.clock.now_ms())
        assert await world.story("old") == []
        assert [delivery["state"] for delivery in await world.deliveries("newest")] == ["delivered"]
        assert len(await world.store.read(lambda tx: tx.all(Statement.of("SELECT id FROM attempt")))) == 1

    run(tmp_path, scenario)


def test_the_ledger_keeps_events_whose_deliveries_have_not_ended(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.rules(TO_QUEUE)
        await world.change("waits")
        await world.rules()
        for number in range(150):  # more than one step of pruning
            await world.change(f"k{number}")
        world.clock.advance(1)
        await prune(world.store, world.clock.now_ms())
        events = await world.store.read(ledger.events, limit=1000)
        assert [entry["key"] for entry in events.entries] == ["k149", "waits"]

    run(tmp_path, scenario)


def test_rule_sets_go_when_no_event_can_name_them(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        async def sets() -> list[str]:
            rows = await world.store.read(lambda tx: tx.all(SETS))
            return [bucket for (bucket,) in rows]

        await world.store.write(world.delivery.put_rules, "gone", [TO_FUNCTION])
        await world.rules(TO_FUNCTION)
        await world.change("old")
        world.clock.advance(1)
        await world.store.write(world.delivery.put_rules, "gone", [])  # as its deletion does
        await world.rules(TO_QUEUE)
        await world.carrier.settled()
        await prune(world.store, world.clock.now_ms() - 10_000)
        assert await sets() == ["gone", "b", "gone", "b"]
        world.clock.advance(1)
        await world.change("newest")
        await prune(world.store, world.clock.now_ms())
        assert await sets() == ["b"]
        assert (await world.deliveries("newest"))[0]["arn"] == QUEUE

    run(tmp_path, scenario, Attempt(ok=True))


def test_a_message_is_found_however_many_have_come_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_search, "STEP", 3)

    async def scenario(world: World) -> None:
        await world.rules(TO_QUEUE, TO_FUNCTION)
        for number in range(10):
            await world.change(f"k{number}")
            await world.change("beside", "ObjectRemoved:Delete")
        await world.carrier.settled()
        (event,) = await world.story("k1")
        receipt = event["deliveries"][0]["receipt"]
        seq = await event_of_message(world.store, receipt)
        assert seq == int(event["sequencer"], 16)
        assert await event_of_message(world.store, "r-1") is not None  # what a function's run is called
        assert await event_of_message(world.store, "missing") is None

    run(tmp_path, scenario)
