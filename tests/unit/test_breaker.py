"""A destination that keeps failing is asked one delivery at a time whether it works again, and nothing is dropped."""

import asyncio
from pathlib import Path
from typing import Any

from tests.kit.delivery import FUNCTION, QUEUE, World, run

from penstock.delivery import Attempt, Dead, Delivered, Job, Ladder, Outcome, Phase, Retry, Rule, Target
from penstock.delivery.breaker import FAILURES, HOLD_MS, WITHIN_MS, Breaker
from penstock.delivery.telling.target_list import waiting_targets
from penstock.store import ReadTx, Statement, Tx

HOOK = "arn:aws:hook:us-east-1:111122223333:far"
TO_HOOK = Rule("h", HOOK, ("ObjectCreated:*",))
PATIENT = Ladder((Phase(None, 1000, 1000),), 86_400_000, "these tests")
THREE = Ladder((Phase(2, 20_000, 20_000),), None, "these tests")
COUNTS = Statement.of("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state")
TRIES = Statement.of("SELECT min(attempts), max(attempts) FROM delivery")
OUT = Attempt(ok=False, error="no answer", outage=True)
REFUSED = Attempt(ok=False, error="a message like this never")


class Hook(Target):
    """Is carried to; every try ends with ``answer``."""

    def __init__(self, ladder: Ladder) -> None:
        self.answer = OUT
        self.tried: list[int] = []
        self.ladder = ladder

    def check(self, tx: ReadTx, arn: str, source: object) -> None:
        return

    def accept(self, tx: Tx, arn: str, source: object, message: object) -> None:
        return

    async def attempt(self, job: Job) -> Attempt:
        self.tried.append(job.id)
        return self.answer

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        if attempt.ok:
            return Delivered()
        due_ms = self.ladder.due_ms(job.attempts + 1, job.created_ms, tx.now_ms, 0.0)
        return Dead(attempt.error) if due_ms is None else Retry(due_ms, attempt.error, self.ladder)


async def broken(world: World, ladder: Ladder = PATIENT, count: int = FAILURES) -> Hook:
    """Returns the hook after so many deliveries to it have failed once."""
    hook = Hook(ladder)
    world.delivery.add_targets({"hook": hook})
    await world.rules(TO_HOOK)
    await asyncio.gather(*(world.change(f"k{number}") for number in range(count)))
    await world.carrier.settled()
    assert len(hook.tried) == count
    hook.tried.clear()
    return hook


async def counts(world: World) -> dict[str, int]:
    return dict(await world.store.read(lambda tx: tx.all(COUNTS)))  # type: ignore[arg-type]


async def the_target(world: World) -> dict[str, Any]:
    (found,) = await world.store.read(waiting_targets, world.delivery.lanes)
    return found


def test_an_open_breaker_lets_one_delivery_ask_and_keeps_the_others(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        hook = await broken(world)
        await world.change("new")
        await world.advance(9)
        assert hook.tried == []
        assert (await the_target(world))["breaker"] == "open"
        await world.advance(1)
        assert len(hook.tried) == 1
        await world.advance(19)
        assert len(hook.tried) == 1  # the pause before the next has doubled
        await world.advance(1)
        assert len(hook.tried) == 2
        assert await counts(world) == {"due": FAILURES + 1}

    run(tmp_path, scenario)


def test_a_destination_that_works_again_gets_all_that_was_kept(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        hook = await broken(world)
        hook.answer = Attempt(ok=True)
        await world.advance(10)
        assert len(hook.tried) == FAILURES
        assert await counts(world) == {"delivered": FAILURES}
        assert await world.store.read(waiting_targets, world.delivery.lanes) == []

    run(tmp_path, scenario)


def test_fewer_failures_or_slower_ones_open_no_breaker(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        hook = await broken(world, count=FAILURES - 1)
        assert (await the_target(world))["breaker"] == "closed"
        assert (await the_target(world))["failing_since"]
        hook.answer = REFUSED
        await world.advance(1)
        assert (await the_target(world))["failing_since"] is None

    run(tmp_path, scenario)
    breaker = Breaker(0)
    for number in range(2 * FAILURES):
        breaker.failed("", number * 2 * WITHIN_MS // FAILURES)
    assert not breaker.is_open


def test_a_destination_that_refuses_messages_opens_no_breaker(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        hook = await broken(world, count=FAILURES - 1)
        hook.answer = REFUSED
        await world.advance(1)
        assert len(hook.tried) == FAILURES - 1
        hook.answer = OUT
        await world.advance(1)
        assert not world.delivery.lanes.held()

    run(tmp_path, scenario)


def test_nothing_is_kept_for_longer_than_the_bound_behind_its_time(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        hook = await broken(world)
        ids = {
            id for (id,) in await world.store.read(lambda tx: tx.all(Statement.of("SELECT id FROM delivery")))
        }
        await world.advance((1000 + HOLD_MS) / 1000)  # they were due a second after their first try
        assert set(hook.tried) == ids

    run(tmp_path, scenario)


def test_a_ladder_has_all_its_tries_and_ends_though_the_breaker_is_open(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        hook = await broken(world, THREE)
        for _ in range(4):
            await world.advance(HOLD_MS / 1000)
        assert await counts(world) == {"dead": FAILURES}
        assert await world.store.read(lambda tx: tx.one(TRIES)) == (3, 3)
        assert len(hook.tried) == 2 * FAILURES

    run(tmp_path, scenario)


def test_a_ladder_that_ends_by_age_is_late_by_the_bound_at_most(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await broken(world, PATIENT._replace(max_age_ms=600_000))
        for _ in range(4):
            await world.advance(HOLD_MS / 1000)
        assert await counts(world) == {"dead": FAILURES}

    run(tmp_path, scenario)


def test_a_broken_destination_costs_the_others_nothing(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await broken(world)
        await world.rules(Rule("q", QUEUE, ("ObjectCreated:*",)), Rule("f", FUNCTION, ("ObjectCreated:*",)))
        await world.change("other")
        await world.carrier.settled()
        assert len(world.function.jobs) == len(world.queue.taken) == 1

    run(tmp_path, scenario)


def test_an_open_breaker_is_open_after_a_restart_and_asks_with_one_delivery(tmp_path: Path) -> None:
    async def main() -> None:
        former = World(tmp_path)
        await former.start()
        await broken(former)
        await former.stop()
        world, hook = World(tmp_path), Hook(PATIENT)
        world.delivery.add_targets({"hook": hook})
        await world.start()
        try:
            assert (await the_target(world))["breaker"] == "open"
            await world.advance(1)
            assert len(hook.tried) == 1
            hook.answer = Attempt(ok=True)
            await world.advance(10)
            assert len(hook.tried) == FAILURES + 1
            await world.carrier.drain()
            assert await world.store.read(lambda tx: tx.all(Statement.of("SELECT arn FROM breaker"))) == []
        finally:
            await world.stop()

    asyncio.run(main())


def test_health_names_a_destination_whose_breaker_is_open(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await broken(world)
        (problem,) = world.delivery.lanes.problems().items()
        assert problem[0] == f"delivery to {HOOK}"
        assert f"{FAILURES} deliveries wait" in problem[1]
        found = await the_target(world)
        assert found["waiting"] == FAILURES
        assert found["failing_since"] < found["next_probe"]
        assert found["error"] == "no answer"

    run(tmp_path, scenario)


def test_a_server_that_starts_again_finds_the_deliveries_and_a_closed_breaker(tmp_path: Path) -> None:
    async def first(world: World) -> None:
        await broken(world)

    async def second(world: World) -> None:
        hook = Hook(PATIENT)
        hook.answer = Attempt(ok=True)
        world.delivery.add_targets({"hook": hook})
        await world.advance(120)  # behind the pause after a try of a target that was not there yet
        assert await counts(world) == {"delivered": FAILURES}

    run(tmp_path, first)
    run(tmp_path, second)
