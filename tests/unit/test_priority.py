"""What is low waits for what is high, and while there is too much to do; never for longer than the bound."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.kit.delivery import World, run

from penstock.delivery import (
    Attempt,
    Delivered,
    Delivery,
    Job,
    Outcome,
    Precedence,
    Priority,
    Rule,
    Source,
    Target,
)
from penstock.delivery.priority import LOOK_AGAIN_MS, PUT_OFF_MS
from penstock.delivery.telling.target_list import waiting_targets
from penstock.store import ReadTx, Statement, Tx

_PLACE = "arn:aws:ranked:us-east-1:111122223333:"
HIGH, NORMAL, LOW = (_PLACE + name for name in Priority)
RULES = [
    Rule(name, _PLACE + name, (f"ObjectCreated:{event}",))
    for name, event in zip(Priority, ["Put", "Copy", "Post"], strict=True)
]
STATES = Statement.of("SELECT arn, state FROM delivery ORDER BY id")


class Ranked(Target):
    """Has three destinations of the three priorities; the high one answers when it is told to."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.free = asyncio.Event()

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        return

    def accept(self, tx: Tx, arn: str, source: Source, message: object) -> None:
        return

    def precedence(self, tx: ReadTx, arn: str) -> Precedence:
        return Precedence(Priority.of(arn.rpartition(":")[2]))

    async def attempt(self, job: Job) -> Attempt:
        self.tried.append(job.arn)
        if job.arn == HIGH:
            await self.free.wait()
        return Attempt(ok=True)

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        return Delivered()


Scenario = Callable[[World, Ranked], Awaitable[None]]


def with_ranked(folder: Path, scenario: Scenario) -> None:
    """Runs ``scenario``; whatever becomes of it, the high destination answers at the end."""

    async def whole(world: World) -> None:
        target = Ranked()
        world.delivery.add_targets({"ranked": target})
        await world.rules(*RULES)
        try:
            await scenario(world, target)
        finally:
            target.free.set()

    run(folder, whole)


async def states(world: World) -> dict[str, str]:
    return dict(await world.store.read(lambda tx: tx.all(STATES)))  # type: ignore[arg-type]


def test_low_waits_while_high_is_busy_and_goes_on_when_it_is_not(tmp_path: Path) -> None:
    async def scenario(world: World, target: Ranked) -> None:
        await world.change("h", "ObjectCreated:Put")
        await world.until(lambda: target.tried == [HIGH])
        await world.change("l", "ObjectCreated:Post")
        await world.change("n", "ObjectCreated:Copy")
        await world.until(lambda: target.tried == [HIGH, NORMAL])
        assert world.delivery.lanes.put_off() == [LOW]
        assert (await states(world))[LOW] == "due"
        target.free.set()
        await world.carrier.settled()
        assert target.tried == [HIGH, NORMAL, LOW]
        assert set((await states(world)).values()) == {"delivered"}

    with_ranked(tmp_path, scenario)


def test_low_is_tried_after_the_bound_though_high_is_still_busy(tmp_path: Path) -> None:
    async def scenario(world: World, target: Ranked) -> None:
        await world.change("h", "ObjectCreated:Put")
        await world.until(lambda: target.tried == [HIGH])
        await world.change("l", "ObjectCreated:Post")
        world.clock.advance(PUT_OFF_MS / 1000)
        await world.until(lambda: target.tried == [HIGH, LOW])
        target.free.set()

    with_ranked(tmp_path, scenario)


def test_too_much_to_do_puts_low_off_and_drops_nothing(tmp_path: Path) -> None:
    async def scenario(world: World, target: Ranked) -> None:
        pressed = [True]
        world.delivery.lanes = type(world.delivery.lanes)(lambda: pressed[0])
        target.free.set()
        await world.change("l", "ObjectCreated:Post")
        await world.change("h", "ObjectCreated:Put")
        await world.change("n", "ObjectCreated:Copy")
        await world.until(lambda: set(target.tried) == {HIGH, NORMAL})
        found = await world.store.read(waiting_targets, world.delivery.lanes)
        assert [(one["waiting"], one["priority"]) for one in found if one["arn"] == LOW] == [(1, "low")]
        assert [one["arn"] for one in found if one["put_off"]] == [LOW]
        assert "1 destinations of low priority" in world.delivery.lanes.problems()["load"]
        pressed[0] = False
        assert world.delivery.lanes.problems() == {}
        world.clock.advance(LOOK_AGAIN_MS / 1000)
        await world.carrier.settled()
        assert target.tried[-1] == LOW
        assert set((await states(world)).values()) == {"delivered"}

    with_ranked(tmp_path, scenario)


def test_whoever_settles_waits_for_what_is_put_off(tmp_path: Path) -> None:
    async def scenario(world: World, target: Ranked) -> None:
        pressed = [True]
        world.delivery.lanes = type(world.delivery.lanes)(lambda: pressed[0])
        await world.change("l", "ObjectCreated:Post")
        settling = asyncio.ensure_future(world.carrier.settled())
        for _ in range(100):
            await asyncio.sleep(0)
        assert not settling.done()
        pressed[0] = False
        world.clock.advance(LOOK_AGAIN_MS / 1000)
        await settling
        assert target.tried == [LOW]

    with_ranked(tmp_path, scenario)


def test_words_that_are_no_priority_are_normal() -> None:
    assert [Priority.of(text) for text in ("LOW", "High", "urgent", "", None)] == [
        Priority.LOW,
        Priority.HIGH,
        Priority.NORMAL,
        Priority.NORMAL,
        Priority.NORMAL,
    ]
    assert Delivery().lanes.put_off() == []
