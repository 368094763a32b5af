"""A change becomes deliveries in its own transaction, and the worker carries what takes time to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from penstock.clock import Clock, Ids
from penstock.delivery import (
    Attempt,
    Delivery,
    DestinationError,
    Job,
    Message,
    ObjectChange,
    Outcome,
    Rule,
    Source,
    Worker,
)
from penstock.delivery.ledger import object_story, prune
from penstock.store import ReadTx, Room, SqliteStore, Statement, Tx
from penstock.supervisor import Supervisor

QUEUE = "arn:aws:sqs:us-east-1:111122223333:inbox"
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:worker"
ADD = Statement.of("INSERT INTO toy (value) VALUES (?) RETURNING id")
COUNT = Statement.of("SELECT count(*) FROM toy")
ROOMS = [Room("delivery", "penstock.delivery"), Room("toy", "tests.toyroom")]


class Queue:
    """A stored target that keeps its messages in the toy table."""

    def __init__(self) -> None:
        self.missing = False
        self.max_chars: int | None = None

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        if self.missing:
            raise DestinationError("the queue does not exist")

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        self.check(tx, arn, source)
        if self.max_chars is not None and len(message.body) > self.max_chars:
            raise DestinationError("the message is too long")
        return str(tx.insert(ADD, message.body))


class Function:
    """A leased target that does what each test tells it."""

    def __init__(self, results: list[Attempt]) -> None:
        self.results = results
        self.jobs: list[Job] = []

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        return

    async def send(self, job: Job) -> Attempt:
        self.jobs.append(job)
        return self.results[len(self.jobs) - 1]

    def outcome(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        if attempt.ok:
            return Outcome.delivered()
        if job.attempts == 0:
            return Outcome.retry(tx.now_ms + 60_000, attempt.error)
        return Outcome.dead(attempt.error, QUEUE)


class World:
    """A store with delivery on it and time that stands still."""

    def __init__(self, folder: Path, function: Function) -> None:
        self.clock = Clock()
        self.clock.freeze()
        self.queue = Queue()
        self.function = function
        self.store = SqliteStore(folder / "w.db", ROOMS, durability="full", clock=self.clock, ids=Ids())
        self.delivery = Delivery("2.6")
        self.delivery.add_targets({"sqs": self.queue, "lambda": function})
        self.store.recorder = self.delivery.record
        self.worker = Worker(self.delivery, self.store, self.clock, Ids())

    async def change(self, key: str, event: str = "ObjectCreated:Put", trace: str | None = None) -> None:
        change = ObjectChange(
            event,
            "111122223333",
            "us-east-1",
            "b",
            key,
            None,
            3,
            "etag",
            0,
            "me",
            "127.0.0.1",
            "R",
            "H",
            trace,
        )
        await self.store.write(lambda tx: tx.emit(change))

    async def rules(self, *rules: Rule) -> None:
        await self.store.write(self.delivery.put_rules, "b", list(rules))

    async def story(self, key: str) -> list[dict[str, Any]]:
        return await self.store.read(object_story, "b", key)

    async def messages(self) -> int:
        row = await self.store.read(lambda tx: tx.one(COUNT))
        assert row
        return int(row[0])


def run(folder: Path, scenario: Callable[[World], Awaitable[None]], *results: Attempt) -> None:
    async def main() -> None:
        world = World(folder, Function(list(results)))
        supervisor = Supervisor(world.clock)
        world.worker.start(supervisor)
        try:
            await scenario(world)
        finally:
            await world.worker.drain()
            await supervisor.close()
            await world.store.close()

    asyncio.run(main())


def test_a_stored_delivery_is_part_of_the_change(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",), "in/"))
        commits = world.store.commits
        await world.change("in/a.csv")
        assert world.store.commits == commits + 1
        assert await world.messages() == 1
        (event,) = await world.story("in/a.csv")
        assert event["deliveries"][0]["state"] == "delivered"

    run(tmp_path, scenario)


def test_a_change_that_fails_leaves_no_event_and_no_message(tmp_path: Path) -> None:
    def fail_late(tx: Tx) -> None:
        tx.emit(
            ObjectChange(
                "ObjectCreated:Put", "1", "r", "b", "in/a", None, 1, "e", 0, "me", "ip", "R", "H", None
            )
        )
        raise ValueError

    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",)))
        results = await asyncio.gather(world.store.write(fail_late), return_exceptions=True)
        assert isinstance(results[0], ValueError)
        assert await world.messages() == 0
        assert await world.story("in/a") == []

    run(tmp_path, scenario)


def test_the_story_says_why_a_rule_did_not_match(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",), "in/", ".csv"))
        await world.change("out/a.csv")
        await world.change("in/a.txt")
        await world.change("in/b.csv", "ObjectRemoved:Delete")
        why = [
            (await world.story(key))[0]["rules"][0]["why_not"]
            for key in ("out/a.csv", "in/a.txt", "in/b.csv")
        ]
        assert "does not start with in/" in why[0]
        assert "does not end with .csv" in why[1]
        assert "not among its events" in why[2]

    run(tmp_path, scenario)


def test_sequencers_of_a_key_grow(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await asyncio.gather(*(world.change("k") for _ in range(20)))
        sequencers = [event["sequencer"] for event in await world.story("k")]
        assert sequencers == sorted(set(sequencers)) and len(sequencers) == 20

    run(tmp_path, scenario)


def test_a_function_is_tried_again_by_its_ladder_and_then_dead_lettered(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", FUNCTION, ("ObjectCreated:*",)))
        await world.change("k")
        await world.worker.settled()
        assert len(world.function.jobs) == 1
        world.clock.advance(59)
        await world.worker.settled()
        assert len(world.function.jobs) == 1
        world.clock.advance(1)
        await world.worker.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["attempts"], delivery["dead_letter"]) == ("dead", 2, QUEUE)
        assert [attempt["error"] for attempt in delivery["tries"]] == ["first", "second"]
        assert world.delivery.backlog == 0

    run(tmp_path, scenario, Attempt(ok=False, error="first"), Attempt(ok=False, error="second"))


def test_what_an_attempt_writes_is_told_in_its_story(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", FUNCTION, ("ObjectCreated:*",), "in/"))
        await world.change("in/a")
        await world.worker.settled()
        await world.change("out/report", trace=world.function.jobs[0].trace_header)
        (event,) = await world.story("in/a")
        (wrote,) = event["deliveries"][0]["tries"][0]["wrote"]
        assert wrote["key"] == "out/report"
        assert wrote["caused_by"] == {"function": FUNCTION, "request_id": "q-1"}

    run(tmp_path, scenario, Attempt(ok=True, detail={"request_id": "q-1"}))


def test_a_missing_queue_gets_its_message_when_it_is_there_again(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", QUEUE, ("ObjectCreated:*",)))
        world.queue.missing = True
        await world.change("k")
        world.clock.advance(1)
        await world.worker.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["error"]) == ("due", "the queue does not exist")
        world.queue.missing = False
        world.clock.advance(10)
        await world.worker.settled()
        assert await world.messages() == 1
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert delivery["state"] == "delivered"

    run(tmp_path, scenario)


def test_a_queue_that_refuses_one_message_is_tried_again_by_the_ladder_and_then_given_up(
    tmp_path: Path,
) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("all", QUEUE, ("ObjectCreated:*",), "", ""))
        world.queue.max_chars = 10
        await world.change("k")
        for seconds in (1, 2, 4):
            world.clock.advance(seconds)
            await world.worker.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["error"]) == ("due", "the message is too long")
        assert [attempt["error"] for attempt in delivery["tries"]] == ["the message is too long"] * 3
        world.clock.advance(86_400)
        await world.worker.settled()
        (delivery,) = (await world.story("k"))[0]["deliveries"]
        assert (delivery["state"], delivery["error"]) == ("dead", "the message is too long")

    run(tmp_path, scenario)


def test_a_slow_destination_leaves_room_for_the_others(tmp_path: Path) -> None:
    other = FUNCTION + "-2"

    async def scenario(world: World) -> None:
        def enqueue(tx: Tx) -> None:
            for arn in [FUNCTION] * 100 + [other]:
                world.delivery.enqueue(tx, arn=arn, account="1", payload=b"{}", trace=None)

        await world.store.write(enqueue)
        await world.worker.settled()
        assert len(world.function.jobs) == 101
        assert other in [job.arn for job in world.function.jobs[:40]]

    run(tmp_path, scenario, *[Attempt(ok=True)] * 101)


def test_the_ledger_forgets_what_is_old_but_never_the_newest_event(tmp_path: Path) -> None:
    async def scenario(world: World) -> None:
        await world.rules(Rule("r1", FUNCTION, ("ObjectCreated:*",)))
        await world.change("old")
        await world.change("newest")
        await world.worker.settled()
        world.clock.advance(1)
        while await world.store.write(prune, world.clock.now_ms()):
            pass
        assert await world.story("old") == []
        (event,) = await world.story("newest")
        assert [delivery["state"] for delivery in event["deliveries"]] == ["delivered"]

    run(tmp_path, scenario, Attempt(ok=True), Attempt(ok=True))
