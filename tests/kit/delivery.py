"""Delivery on a store of its own, with toy destinations and time that stands still."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from penstock.access import Principal
from penstock.clock import Clock, Ids
from penstock.delivery import (
    Attempt,
    Carrier,
    ChangeSender,
    Dead,
    Delivered,
    Delivery,
    DestinationError,
    Job,
    Ladder,
    Message,
    ObjectChange,
    Outcome,
    Phase,
    Retry,
    Rule,
    Source,
    Target,
)
from penstock.delivery.telling.story import object_story
from penstock.errors import StoreUnavailable
from penstock.identities import Identities
from penstock.store import ReadTx, Room, SqliteStore, Statement, Tx
from penstock.supervisor import Supervisor

ACCOUNT = "111122223333"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:worker"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sender"
ROOMS = [Room("delivery", "penstock.delivery"), Room("toy", "tests.toyroom")]
ADD = Statement.of("INSERT INTO toy (value) VALUES (?) RETURNING id")
COUNT = Statement.of("SELECT count(*) FROM toy")
LADDER = Ladder((Phase(None, 1000, 300_000, growth=2.0),), 86_400_000, "these tests")
SENDER = Source.of_service("s3.amazonaws.com", "arn:aws:s3:::b", ACCOUNT, "S3")


class Queue(Target):
    """Takes messages within the transaction, and keeps them in the toy table."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.max_bytes: int | None = None
        self.taken: list[tuple[str, Source, Message]] = []

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        if arn in self.missing:
            raise DestinationError("the queue does not exist")

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        self.check(tx, arn, source)
        if self.max_bytes is not None and len(message.body) > self.max_bytes:
            raise DestinationError("the message is too long")
        self.taken.append((arn, source, message))
        return str(tx.insert(ADD, message.body.decode()))


class Function(Target):
    """Is carried to, and does what each test tells it."""

    def __init__(self, results: list[Attempt | Exception]) -> None:
        self.results = results
        self.jobs: list[Job] = []
        self.held: asyncio.Event | None = None
        self.forbidden = False
        self.defect: Exception | None = None

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        if self.forbidden:
            raise DestinationError("the function forbids it")

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> None:
        self.check(tx, arn, source)

    async def attempt(self, job: Job) -> Attempt:
        self.jobs.append(job)
        number = len(self.jobs) - 1
        if self.held:
            await self.held.wait()
        result = self.results[number] if number < len(self.results) else Attempt(ok=True)
        if isinstance(result, Exception):
            raise result
        return result

    def finish(self, tx: Tx, job: Job, attempt: Attempt) -> Outcome:
        if self.defect:
            raise self.defect
        if attempt.ok:
            return Delivered("r-1")
        if job.attempts == 0:
            return Retry(tx.now_ms + 60_000, attempt.error, LADDER)
        return Dead(attempt.error, QUEUE)


class Topic(Target):
    """Sends what it accepts to each of its subscribers."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.subscribers: list[str] = []

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        return

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        mine = Source.of_service("sns.amazonaws.com", arn, ACCOUNT, "SNS")
        for subscriber in self.subscribers:
            self.delivery.send(tx, subscriber, mine, message._replace(body=b"news"), LADDER)
        return "published"


class Keeper:
    """Keeps one role, which may be taken away."""

    def __init__(self) -> None:
        self.principal: Principal | None = Principal(
            "role", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/sender/s", "AROA1:s", role_arn=ROLE
        )

    def role_principal(
        self, tx: ReadTx, role_arn: str, *, service: str, session: str, source: str = ""
    ) -> Principal | None:
        return self.principal if role_arn == ROLE else None


class PatientClock(Clock):
    """A pause in real time takes none."""

    async def elapse(self, seconds: float) -> None:
        await asyncio.sleep(0)


class World:
    """A store with delivery on it and time that stands still."""

    def __init__(self, folder: Path, *results: Attempt | Exception) -> None:
        self.clock = PatientClock()
        self.clock.freeze()
        self.queue = Queue()
        self.function = Function(list(results))
        self.keeper = Keeper()
        identities = Identities()
        identities.keeper = self.keeper  # type: ignore[assignment]
        self.store = SqliteStore(folder / "w.db", ROOMS, durability="full", clock=self.clock, ids=Ids())
        self.delivery = Delivery()
        self.delivery.sender = ChangeSender(lambda *_: SENDER, body, _replayed, _rule_to, LADDER)
        self.topic = Topic(self.delivery)
        self.delivery.add_targets({"sqs": self.queue, "lambda": self.function, "sns": self.topic})
        self.store.recorder = self.delivery.record
        self.supervisor = Supervisor(self.clock)
        self.carrier = Carrier(self.delivery, identities, self.store, self.clock, Ids())

    async def start(self) -> None:
        await self.store.write(self.delivery.open)
        self.carrier.start(self.supervisor)

    async def stop(self) -> None:
        await self.carrier.drain()
        await self.supervisor.close()
        await self.store.close()

    async def change(self, key: str, event: str = "ObjectCreated:Put", trace: str | None = None) -> None:
        await self.store.write(lambda tx: tx.emit(replace(change(key, event, trace), time_ms=tx.now_ms)))

    async def rules(self, *rules: Rule) -> None:
        await self.store.write(self.delivery.put_rules, "b", list(rules))

    async def story(self, key: str) -> list[dict[str, Any]]:
        return await self.store.read(object_story, "b", key)

    async def deliveries(self, key: str) -> list[dict[str, Any]]:
        """Returns the deliveries of the object's only change."""
        (event,) = await self.story(key)
        found: list[dict[str, Any]] = event["deliveries"]
        return found

    async def messages(self) -> int:
        row = await self.store.read(lambda tx: tx.one(COUNT))
        assert row
        return int(row[0])

    async def row(self, columns: str) -> tuple[Any, ...]:
        """Returns these columns of the only delivery."""
        (found,) = await self.store.read(lambda tx: tx.all(Statement.of(f"SELECT {columns} FROM delivery")))
        return tuple(found)

    async def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        await self.carrier.settled()

    @contextmanager
    def failing(self, *, reads: bool = False, writes: bool = False) -> Iterator[None]:
        """The store fails within the block."""
        whole = self.store.read, self.store.write

        async def fail(*args: Any, **kwargs: Any) -> Any:
            raise StoreUnavailable("database or disk is full")

        if reads:
            self.store.read = fail  # type: ignore[method-assign]
        if writes:
            self.store.write = fail  # type: ignore[method-assign]
        try:
            yield
        finally:
            self.store.read, self.store.write = whole  # type: ignore[method-assign]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Returns when ``holds`` does."""
        for _ in range(100_000):
            if holds():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came")


def body(change: ObjectChange, seq: int, rule: Rule) -> bytes:
    return f'{{"seq":{seq},"key":"{change.key}","rule":"{rule.id}"}}'.encode()


def _replayed(change: ObjectChange, seq: int, rule: Rule, replay: str) -> bytes:
    return body(change, seq, rule)


def _rule_to(arn: str) -> Rule:
    return Rule("replay", arn, ("ObjectCreated:*", "ObjectRemoved:*"))


def change(key: str, event: str = "ObjectCreated:Put", trace: str | None = None) -> ObjectChange:
    return ObjectChange(
        event, ACCOUNT, "us-east-1", "b", key, None, 3, "etag", 0, "me", "127.0.0.1", "R", "H", trace
    )


def run(folder: Path, scenario: Callable[[World], Awaitable[None]], *results: Attempt | Exception) -> None:
    """Runs ``scenario`` with a function whose runs end with ``results``, and then well."""

    async def main() -> None:
        world = World(folder, *results)
        await world.start()
        try:
            await scenario(world)
        finally:
            await world.stop()

    asyncio.run(main())
