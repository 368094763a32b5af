"""A rule's priority is its deliveries', and of one group one delivery is under way at a time, in their order."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest
from tests.kit.delivery import FUNCTION, LADDER, QUEUE, World, run

from penstock.delivery import Attempt, Dead, Delivered, Job, Outcome, Retry, Rule, Source, Target
from penstock.delivery.priority import PUT_OFF_MS, Priority
from penstock.delivery.telling.target_list import waiting_targets
from penstock.delivery.turn import NO_PRECEDENCE, Precedence, Turn, group_of, is_group_key, turn_of
from penstock.store import ReadTx, Statement, Tx

WORK = "arn:aws:work:us-east-1:111122223333:w"
GROUPED = Rule("g", WORK, ("ObjectCreated:*",), group_key="key")
STATES = Statement.of("SELECT state, due_ms FROM delivery ORDER BY id")


class Work(Target):
    """Notes what it is given; tries of a key wait until the test lets them go, and end as it says."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.held: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.results: list[Outcome] = []
        self.is_over = False

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        return

    def accept(self, tx: Tx, arn: str, source: Source, message: object) -> None:
        return

    async def attempt(self, job: Job) -> Attempt:
        document = orjson.loads(job.message.body)
        key = document["key"]
        self.tried.append(f"{document['rule']} {key} {document['seq']}")
        if not self.is_over:
            await self.held[key].wait()
        return Attempt(ok=True)

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        return self.results.pop(0) if self.results else Delivered()

    def let_go(self, key: str) -> None:
        self.held[key].set()

    def end(self) -> None:
        self.is_over = True
        for held in self.held.values():
            held.set()


def working(world: World) -> Work:
    work = Work()
    world.delivery.add_targets({"work": work})
    return work


def with_work(folder: Path, scenario: Callable[[World, Work], Awaitable[None]]) -> None:
    """Runs ``scenario``; whatever becomes of it, nothing is held at the end."""

    async def whole(world: World) -> None:
        work = working(world)
        try:
            await scenario(world, work)
        finally:
            work.end()

    run(folder, whole)


def test_of_one_group_one_delivery_is_under_way_at_a_time_and_others_pass(tmp_path: Path) -> None:
    async def scenario(world: World, work: Work) -> None:
        await world.rules(GROUPED)
        for key in ("a", "a", "b", "a"):
            await world.change(key)
        await world.until(lambda: work.tried == ["g a 1", "g b 3"])
        assert (
            len([due for state, due in await world.store.read(lambda tx: tx.all(STATES)) if due is None]) == 2
        )
        (found,) = await world.store.read(waiting_targets, world.delivery.lanes)
        assert found["behind_their_groups"] == 2
        work.let_go("a")
        work.let_go("b")
        await world.carrier.settled()
        assert work.tried == ["g a 1", "g b 3", "g a 2", "g a 4"]
        assert world.delivery.lanes.backlog == 0

    with_work(tmp_path, scenario)


def test_a_group_waits_while_its_first_is_tried_again_and_goes_on_when_it_is_dead(tmp_path: Path) -> None:
    async def scenario(world: World, work: Work) -> None:
        work.let_go("a")
        retry = Retry(world.clock.now_ms() + 60_000, "no", LADDER)
        work.results = [retry, Dead("never")]
        await world.rules(GROUPED)
        await world.change("a")
        await world.carrier.settled()
        await world.change("a")
        await world.carrier.settled()
        assert work.tried == ["g a 1"]
        told = (await world.story("a"))[1]["deliveries"][0]
        assert (told["group"], told["is_behind"], told["due"]) == ("a", True, None)
        await world.advance(60)
        assert work.tried == ["g a 1", "g a 1", "g a 2"]

    with_work(tmp_path, scenario)


def test_a_redriven_delivery_waits_for_the_one_of_its_group_that_is_under_way(tmp_path: Path) -> None:
    async def scenario(world: World, work: Work) -> None:
        work.results = [Dead("never")]
        work.let_go("a")
        await world.rules(GROUPED)
        await world.change("a")
        await world.carrier.settled()
        work.held["a"].clear()
        await world.change("a")
        await world.until(lambda: work.tried == ["g a 1", "g a 2"])
        await world.store.write(world.delivery.revive, 1, WORK)
        await world.change("a")
        work.let_go("a")
        await world.carrier.settled()
        assert work.tried == ["g a 1", "g a 2", "g a 1", "g a 3"]

    with_work(tmp_path, scenario)


def test_the_order_of_a_group_is_the_same_after_a_restart(tmp_path: Path) -> None:
    async def main() -> None:
        former = World(tmp_path)
        work = working(former)
        await former.start()
        await former.rules(GROUPED)
        for key in ("a", "a", "b"):
            await former.change(key)
        await former.until(lambda: work.tried == ["g a 1", "g b 3"])
        await former.supervisor.close()  # as when it is killed: nothing is written any more
        await former.store.close()
        world = World(tmp_path)
        work = working(world)
        await world.start()
        try:
            await world.until(lambda: sorted(work.tried) == ["g a 1", "g b 3"])
            await world.change("a")
            work.let_go("a")
            work.let_go("b")
            await world.carrier.settled()
            assert [one for one in work.tried if " a " in one] == ["g a 1", "g a 2", "g a 4"]
        finally:
            work.end()
            await world.stop()

    asyncio.run(main())


def test_what_a_queue_refused_goes_before_what_came_later(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        world.queue.missing.add(QUEUE)
        await world.rules(Rule("g", QUEUE, ("ObjectCreated:*",), group_key="key"))
        await world.change("a")
        world.queue.missing.clear()
        await world.change("b")
        await world.change("a")
        await world.carrier.settled()
        assert [orjson.loads(message.body)["seq"] for _, _, message in world.queue.taken] == [2]
        await world.advance(60)
        assert [orjson.loads(message.body)["seq"] for _, _, message in world.queue.taken] == [2, 1, 3]

    run(tmp_path, scenario)


def test_a_rule_of_low_priority_waits_for_one_of_high_to_the_same_destination(tmp_path: Path) -> None:
    async def scenario(world: World, work: Work) -> None:
        await world.rules(
            Rule("high", WORK, ("ObjectCreated:Put",), priority="high"),
            Rule("low", WORK, ("ObjectCreated:Post",), priority="low"),
            Rule("plain", FUNCTION, ("ObjectCreated:Copy",)),
        )
        await world.change("h", "ObjectCreated:Put")
        await world.until(lambda: work.tried == ["high h 1"])
        await world.change("l", "ObjectCreated:Post")
        await world.change("p", "ObjectCreated:Copy")
        await world.until(lambda: len(world.function.jobs) == 1)
        assert work.tried == ["high h 1"]
        (found,) = [
            one for one in await world.store.read(waiting_targets, world.delivery.lanes) if one["arn"] == WORK
        ]
        assert (found["by_rules"], found["put_off"]) == ({"high": 1, "low": 1}, True)
        work.let_go("l")
        world.clock.advance(PUT_OFF_MS / 1000)
        await world.until(lambda: work.tried == ["high h 1", "low l 2"])
        work.let_go("h")
        await world.carrier.settled()
        assert world.delivery.lanes.backlog == 0

    with_work(tmp_path, scenario)


def test_high_overtakes_what_waits_in_the_same_lane(tmp_path: Path) -> None:
    async def scenario(world: World, work: Work) -> None:
        await world.rules(
            Rule("high", WORK, ("ObjectCreated:Put",), priority="high"),
            Rule("plain", WORK, ("ObjectCreated:Copy",)),
        )
        for _ in range(40):
            await world.change("n", "ObjectCreated:Copy")
        await world.change("h", "ObjectCreated:Put")
        work.let_go("h")
        work.let_go("n")
        await world.carrier.settled()
        assert work.tried.index("high h 41") < work.tried.index("plain n 33")
        assert len(work.tried) == 41

    with_work(tmp_path, scenario)


@pytest.mark.parametrize(
    ("group_key", "body", "group"),
    [
        ("key", b'{"Records":[{"s3":{"bucket":{"name":"b"},"object":{"key":"d/a+b%2Bc"}}}]}', "d/a b+c"),
        ("folder", b'{"Records":[{"s3":{"object":{"key":"d/e/f"}}}]}', "d/e"),
        ("folder", b'{"Records":[{"s3":{"object":{"key":"f"}}}]}', ""),
        ("bucket", b'{"detail":{"bucket":{"name":"b"}}}', "b"),
        ("key", b'{"detail":{"object":{"key":"a+b"}}}', "a+b"),
        ("key", b'{"Message":"{\\"detail\\":{\\"object\\":{\\"key\\":\\"k\\"}}}"}', "k"),
        ("detail.order.id", b'{"detail":{"order":{"id":7}}}', "7"),
        ("list.1.id", b'{"list":[{"id":"x"},{"id":"y"}]}', "y"),
        ("list.9.id", b'{"list":[]}', None),
        ("detail.id", b'{"detail":{"id":null}}', None),
        ("detail.id", b'{"detail":"text"}', None),
        ("key", b"no json", None),
        ("key", b"[" * 100_000, None),
        ("key", b'{"Message":"{"}', None),
        ("key", b'{"detail":{"object":{"key":["k"]}}}', None),
    ],
)
def test_a_group_is_what_its_key_names_in_the_event(group_key: str, body: bytes, group: str | None) -> None:
    assert group_of(group_key, body) == group


def test_long_groups_are_told_apart_by_a_digest() -> None:
    first, second = (group_of("a", b'{"a":"' + b"x" * 5000 + end + b'"}') for end in (b"1", b"2"))
    assert first != second and first and len(first) == 64
    assert turn_of(NO_PRECEDENCE, b"{}") == Turn()


def test_tags_that_say_nothing_are_no_precedence() -> None:
    assert Precedence.of_tags({"team": "x"}) is NO_PRECEDENCE
    tags = {"penstock:priority": "low", "penstock:group-key": "detail.order.id"}
    assert Precedence.of_tags(tags) == (Priority.LOW, "detail.order.id")
    assert Precedence.of_tags({"penstock:group-key": "a..b"}) == NO_PRECEDENCE
    assert [is_group_key(text) for text in ("key", "a.b", "", None, ".", "a b", "a\nb", "x" * 257)] == [
        True,
        True,
    ] + [False] * 6
