"""Dead deliveries: kept with what they hold, listed, and sent again on a new run."""

from pathlib import Path

from tests.kit.delivery import FUNCTION, QUEUE, World, run

from penstock.delivery import Attempt, Rule, State, ledger
from penstock.delivery.dead import delivery_entry, redrive, redrive_target
from penstock.delivery.pruning import prune, prune_dead
from penstock.store import Statement

DAY_MS = 86_400_000
FAILED = Attempt(ok=False, error="out of order")
KEYS = Statement.of("SELECT key FROM event ORDER BY seq")


async def kill(world: World, *keys: str) -> list[int]:
    """Returns the ids of deliveries that have died."""
    await world.rules(Rule("f", FUNCTION, ("ObjectCreated:*",)))
    for key in keys:
        await world.change(key)
        await world.carrier.settled()
        await world.advance(60)
    page = await world.store.read(ledger.deliveries, state=State.DEAD)
    return [entry["id"] for entry in reversed(page.entries)]


def test_a_dead_delivery_is_shown_with_what_it_holds(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        (id,) = await kill(world, "k")
        found = await world.store.read(delivery_entry, id)
        assert found
        assert (found["state"], found["error"], found["key"]) == ("dead", "out of order", "k")
        assert '"key":"k"' in found["body"]
        assert [attempt["error"] for attempt in found["tries"]] == ["out of order"] * 2
        assert await world.store.read(delivery_entry, id + 1) is None

    run(tmp_path, scenario, FAILED, FAILED)


def test_a_redriven_delivery_is_a_new_run_of_the_same_row(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        (id,) = await kill(world, "k")
        assert world.delivery.dead == 1

        assert await world.store.write(redrive, world.delivery, [id]) == [id]
        await world.carrier.settled()

        (delivery,) = await world.deliveries("k")
        assert (delivery["state"], delivery["attempts"], delivery["dead_letter"]) == ("delivered", 1, None)
        assert delivery["redriven"] is not None
        marks = [(attempt["ok"], attempt.get("died_of")) for attempt in delivery["tries"]]
        assert marks == [(False, None), (False, None), (True, "out of order"), (True, None)]
        first, _, last = world.function.jobs
        assert (last.id, last.message.body, last.attempts) == (first.id, first.message.body, 0)
        assert last.created_ms > first.created_ms  # an age that ends a ladder counts from here
        assert (world.delivery.dead, world.delivery.lanes.backlog) == (0, 0)

    run(tmp_path, scenario, FAILED, FAILED)


def test_what_its_destination_has_refused_to_the_end_is_offered_anew(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.queue.missing = {QUEUE}
        await world.rules(Rule("q", QUEUE, ("ObjectCreated:*",)))
        await world.change("k")
        for _ in range(30):
            await world.advance(3600)
        (delivery,) = await world.deliveries("k")
        assert delivery["state"] == "dead"

        world.queue.missing = set()
        done = await world.store.write(redrive_target, world.delivery, QUEUE, 0)
        await world.carrier.settled()

        assert len(done.ids) == 1 and done.after is None
        assert await world.messages() == 1
        assert (await world.deliveries("k"))[0]["state"] == "delivered"

    run(tmp_path, scenario)


def test_only_what_is_dead_is_sent_again(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        (id,) = await kill(world, "k")
        assert await world.store.write(redrive, world.delivery, [id, id, id + 1]) == [id]
        await world.carrier.settled()
        assert await world.store.write(redrive, world.delivery, [id]) == []
        assert len(world.function.jobs) == 3

    run(tmp_path, scenario, FAILED, FAILED)


def test_dead_deliveries_outlive_the_ledger_with_their_events_and_end_by_a_term_of_their_own(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        (id,) = await kill(world, "dead")
        await world.change("delivered")
        await world.change("newest")
        await world.carrier.settled()
        world.clock.advance(20 * 86_400)

        await prune(world.store, world.clock.now_ms())
        keys = [key for (key,) in await world.store.read(lambda tx: tx.all(KEYS))]
        assert keys == ["dead", "newest"]
        found = await world.store.read(delivery_entry, id)
        assert found and (found["key"], len(found["tries"])) == ("dead", 2)

        await prune_dead(world.store, world.delivery, world.clock.now_ms())
        await prune(world.store, world.clock.now_ms())
        assert await world.store.read(delivery_entry, id) is None
        keys = [key for (key,) in await world.store.read(lambda tx: tx.all(KEYS))]
        assert (keys, world.delivery.dead) == (["newest"], 0)

    run(tmp_path, scenario, FAILED, FAILED)


def test_the_dead_are_counted_when_the_store_is_opened(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await kill(world, "a", "b")
        world.delivery.dead = 0
        await world.store.write(world.delivery.open)
        assert world.delivery.dead == 2

    run(tmp_path, scenario, *[FAILED] * 4)
