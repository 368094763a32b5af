"""A FIFO queue against a naive one: each group a list, of which a receive takes the head when nothing of it is out."""

import asyncio
import json
import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from penstock.access import Principal
from penstock.audit import Journal
from penstock.clock import Clock, Ids
from penstock.config import Config
from penstock.delivery import TraceKey
from penstock.errors import AwsError
from penstock.identities import Identities
from penstock.measurements import Measurements
from penstock.server import Call
from penstock.services.customer_keys import CustomerKeys
from penstock.services.service import Parts
from penstock.services.sqs import Sqs
from penstock.services.sqs.messages.sweep import empty_box, expire, forget
from penstock.store import SqliteStore, Statement
from penstock.supervisor import Supervisor

ACCOUNT = "000000000000"
URLS = {name: f"http://localhost/{ACCOUNT}/{name}" for name in ("q.fifo", "dead.fifo")}
RETENTION_MS = 600_000
MAX_RECEIVES = 2
KEPT_MS = 300_000
GROUPS = ("a", "b", "c")
DEAD = Statement.of(
    "SELECT 1 FROM sqs_message JOIN sqs_queue USING (box) WHERE sqs_queue.name = ? AND message_id = ?"
)
GROUPS_KEPT = Statement.of("SELECT box, name, due_ms FROM sqs_group ORDER BY box, name")
GROUPS_FOUND = Statement.of(
    """SELECT box, message_group, coalesce(max(CASE WHEN in_flight THEN due_ms END), min(due_ms))
    FROM sqs_message GROUP BY box, message_group ORDER BY box, message_group"""
)


@dataclass
class Naive:
    """One message. ``out_ms`` is when it comes back, or came back; 0 before its first receive."""

    id: str
    body: str
    group: str
    sent_ms: int
    out_ms: int = 0
    received_ms: int = 0
    receives: int = 0
    receives_here: int = 0
    handle: str = ""


@dataclass
class NaiveQueue:
    """Its messages in the order in which they came."""

    messages: list[Naive] = field(default_factory=list)

    def group(self, name: str) -> list[Naive]:
        return [message for message in self.messages if message.group == name]

    def is_free(self, name: str, now: int) -> bool:
        return all(message.out_ms <= now for message in self.group(name))


class FifoMachine(RuleBasedStateMachine):
    """Drives the service without a socket; the clock stands still unless a rule moves it."""

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.clock.freeze(1_700_000_000_000)
        ids = Ids(1)
        path = Path(self.folder.name) / "store.db"
        self.store = SqliteStore(path, [Sqs.room], durability="off", clock=self.clock, ids=ids)
        self.sqs = Sqs(
            Parts(
                config=Config(),
                clock=self.clock,
                ids=ids,
                store=self.store,
                bodies=None,  # type: ignore[arg-type] - a queue has none
                delivery=None,  # type: ignore[arg-type] - nothing is delivered here
                trace_key=TraceKey(b""),
                supervisor=Supervisor(self.clock),
                identities=Identities(),
                keys=CustomerKeys(),
                measurements=Measurements(self.clock),
                journal=Journal(self.store, self.clock),
                call=None,  # type: ignore[arg-type] - a queue calls nobody
                endpoint="",
                runtime="",
                extension_port=0,
                ca_bundle=None,
                roots=(),
                sources={},
            )
        )
        self.queues = {name: NaiveQueue() for name in URLS}
        self.seen: dict[str, tuple[int, str]] = {}  # deduplication id to when, and which message
        self.given: list[tuple[str, str, str]] = []  # handle, queue, message id
        self.attempts: dict[str, tuple[int, int, list[tuple[Naive, str]]]] = {}
        self.last: dict[str, str] = {}  # queue and group to the last sequence number that came new
        self.purged_ms = 0
        self.dropped: set[str] = set()
        fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        fifo["MessageRetentionPeriod"] = str(RETENTION_MS // 1000)
        self.ask("CreateQueue", QueueName="dead.fifo", Attributes=fifo)
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead.fifo"
        fifo["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVES})
        self.ask("CreateQueue", QueueName="q.fifo", Attributes=fifo)

    @rule(group=st.sampled_from(GROUPS), bodies=st.lists(st.integers(0, 20), min_size=1, max_size=4))
    def send(self, group: str, bodies: list[int]) -> None:
        entries = [
            {
                "Id": str(n),
                "MessageBody": f"m{body}",
                "MessageGroupId": group,
                "MessageDeduplicationId": f"d{body}",
            }
            for n, body in enumerate(bodies)
        ]
        sent = self.ask("SendMessageBatch", QueueUrl=URLS["q.fifo"], Entries=entries)["Successful"]
        for body, entry in zip(bodies, sent, strict=True):
            seen = self.seen.get(f"d{body}")
            if seen is not None and seen[0] + KEPT_MS > self.now:
                assert entry["MessageId"] == seen[1]
                continue
            self.seen[f"d{body}"] = self.now, entry["MessageId"]
            self.queues["q.fifo"].messages.append(Naive(entry["MessageId"], f"m{body}", group, self.now))

    @rule(
        name=st.sampled_from(["q.fifo", "q.fifo", "dead.fifo"]),
        count=st.integers(1, 10),
        timeout=st.sampled_from([0, 3, 50, 700]),
        attempt=st.sampled_from([None, None, "x", "y"]),
    )
    def receive(self, name: str, count: int, timeout: int, attempt: str | None) -> None:
        self.drop_old(name)
        options: dict[str, Any] = {"VisibilityTimeout": timeout, "AttributeNames": ["All"]}
        if attempt:
            options["ReceiveRequestAttemptId"] = attempt
        answer = self.ask("ReceiveMessage", QueueUrl=URLS[name], MaxNumberOfMessages=count, **options)
        messages = answer.get("Messages", [])
        again = self.expected_again(f"{name} {attempt}") if attempt else None
        if again is not None:
            assert [message["ReceiptHandle"] for message in messages] == [handle for _, handle in again]
            for message, _ in again:
                message.out_ms = self.now + timeout * 1000
            self.attempts[f"{name} {attempt}"] = (
                self.attempts[f"{name} {attempt}"][0],
                self.now + timeout * 1000,
                again,
            )
            return
        self.took(name, messages, count, timeout)
        if attempt and messages:
            held = {message.handle: message for message in self.queues[name].messages}
            out = [(held[message["ReceiptHandle"]], message["ReceiptHandle"]) for message in messages]
            self.attempts[f"{name} {attempt}"] = self.now, self.now + timeout * 1000, out

    def expected_again(self, attempt: str) -> list[tuple[Naive, str]] | None:
        """Returns what the attempt must give again, or None when it is a new one."""
        begun_ms, out_ms, given = self.attempts.get(attempt, (0, 0, []))
        present = self.queues[attempt.split()[0]].messages
        same = all(
            any(message is one for one in present) and message.handle == handle and message.out_ms == out_ms
            for message, handle in given
        )
        return given if given and begun_ms + KEPT_MS > self.now and out_ms > self.now and same else None

    def took(self, name: str, messages: list[dict[str, Any]], count: int, timeout: int) -> None:
        """Checks a receive against the lists, and does to them what it did."""
        queue, now = self.queues[name], self.now
        free = {group for group in GROUPS if queue.is_free(group, now)}
        groups = list(dict.fromkeys(message["Attributes"]["MessageGroupId"] for message in messages))
        assert free.issuperset(groups)
        # What had its last receive leaves the head of a group that the receive came to.
        asked = list(messages)
        for group in groups:
            self.bury(
                name,
                group,
                until=next(m["MessageId"] for m in asked if m["Attributes"]["MessageGroupId"] == group),
            )
        room = count
        for at, group in enumerate(groups):
            got = [message for message in messages if message["Attributes"]["MessageGroupId"] == group]
            room -= len(got)
            found = self.took_group(name, group, got, timeout)
            if at < len(groups) - 1 or room > 0:
                rest = queue.group(group)[found:]
                assert all(self.is_spent(name, message) for message in rest) or room == 0
                self.bury(name, group, until=None, after=found)
        for group in free - set(groups):
            # One that had only spent messages may have come before the receive was full.
            if room > 0 or any(self.has_died(name, message.id) for message in queue.group(group)):
                self.bury(name, group, until=None)
                assert queue.group(group) == [], "a free group was passed over"

    def took_group(self, name: str, group: str, got: list[dict[str, Any]], timeout: int) -> int:
        """Checks that ``got`` is the head of the group, but for spent messages; returns how long the head is now."""
        for position, message in enumerate(got):
            while self.queues[name].group(group)[position].id != message["MessageId"]:
                self.bury_one(name, self.queues[name].group(group)[position])
            naive = self.queues[name].group(group)[position]
            assert naive.body == message["Body"]
            assert not self.is_spent(name, naive)
            sequence = message["Attributes"]["SequenceNumber"]
            if not naive.receives_here:
                assert sequence > self.last.get(name + group, "")
                self.last[name + group] = sequence
            naive.receives += 1
            naive.receives_here += 1
            assert message["Attributes"]["ApproximateReceiveCount"] == str(naive.receives)
            naive.received_ms, naive.out_ms = self.now, self.now + timeout * 1000
            naive.handle = message["ReceiptHandle"]
            self.given.append((naive.handle, name, naive.id))
        return len(got)

    def has_died(self, name: str, id: str) -> bool:
        if name == "dead.fifo":
            return False
        return bool(self.rows(DEAD, "dead.fifo", id))

    def is_spent(self, name: str, message: Naive) -> bool:
        return name == "q.fifo" and message.receives_here >= MAX_RECEIVES

    def bury(self, name: str, group: str, until: str | None, after: int = 0) -> None:
        """Moves the spent messages of the group, up to the one with the id ``until``."""
        for message in self.queues[name].group(group)[after:]:
            if message.id == until or not self.is_spent(name, message):
                return
            self.bury_one(name, message)

    def bury_one(self, name: str, message: Naive) -> None:
        assert self.is_spent(name, message), "a message was passed over"
        self.queues[name].messages.remove(message)
        dead = Naive(message.id, message.body, message.group, self.now, receives=message.receives)
        self.queues["dead.fifo"].messages.append(dead)

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        handle, name, id = data.draw(st.sampled_from(self.given))
        message = self.find(name, id)
        # When the row of a message that is too old goes, nobody says.
        old = id in self.dropped or (message is not None and message.sent_ms <= self.now - RETENTION_MS)
        allowed = message is None or (message.handle == handle and message.out_ms > self.now)
        try:
            self.ask("DeleteMessage", QueueUrl=URLS[name], ReceiptHandle=handle)
        except AwsError as error:
            assert "has expired" in error.message
            assert not allowed or old
        else:
            assert allowed or old
            if message is not None:
                self.queues[name].messages.remove(message)

    @precondition(lambda self: self.given)
    @rule(data=st.data(), seconds=st.sampled_from([0, 1, 40]))
    def change_visibility(self, data: st.DataObject, seconds: int) -> None:
        handle, name, id = data.draw(st.sampled_from(self.given))
        message = self.find(name, id)
        if message is not None and message.sent_ms <= self.now - RETENTION_MS:
            return
        allowed = message is not None and message.handle == handle and message.out_ms > self.now
        try:
            self.ask(
                "ChangeMessageVisibility",
                QueueUrl=URLS[name],
                ReceiptHandle=handle,
                VisibilityTimeout=seconds,
            )
        except AwsError:
            assert not allowed
        else:
            assert allowed
            assert message
            message.out_ms = self.now + seconds * 1000

    @rule(seconds=st.sampled_from([1, 4, 51, 299]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def purge(self) -> None:
        if self.now - self.purged_ms >= 60_000:
            self.ask("PurgeQueue", QueueUrl=URLS["q.fifo"])
            self.purged_ms = self.now
            self.queues["q.fifo"].messages.clear()

    @rule()
    def sweep(self) -> None:
        for name in URLS:
            self.drop_old(name)
        for step in (empty_box, forget):
            while self.loop.run_until_complete(self.store.write(step)):
                pass
        self.loop.run_until_complete(self.store.write(partial(expire, self.sqs.state.lines), 0))

    @invariant()
    def groups_are_due_when_their_messages_say(self) -> None:
        if not hasattr(self, "loop"):
            return
        assert self.rows(GROUPS_KEPT) == self.rows(GROUPS_FOUND)

    def rows(self, statement: Statement, *params: object) -> list[tuple[Any, ...]]:
        return self.loop.run_until_complete(self.store.read(lambda tx: tx.all(statement, *params)))

    def drop_old(self, name: str) -> None:
        """Takes out of the lists what is too old; what is in flight holds its group until it comes back."""
        queue = self.queues[name]
        old = {
            message.id
            for message in queue.messages
            if message.sent_ms <= self.now - RETENTION_MS and message.out_ms <= self.now
        }
        queue.messages = [message for message in queue.messages if message.id not in old]
        self.dropped |= old

    def find(self, name: str, id: str) -> Naive | None:
        return next((message for message in self.queues[name].messages if message.id == id), None)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.loop.run_until_complete(self.store.close())
            self.loop.close()
            self.folder.cleanup()

    @property
    def now(self) -> int:
        return self.clock.now_ms()

    def ask(self, name: str, **params: Any) -> dict[str, Any]:
        call = Call(
            service="sqs",
            operation=name,
            account=ACCOUNT,
            region="us-east-1",
            principal=Principal.root(ACCOUNT),
            request_id="r",
            now_ms=self.now,
            source_ip="127.0.0.1",
            endpoint="http://localhost",
        )
        operation = self.sqs.operations[name]
        assert operation.resource
        arn = operation.resource(self.sqs.state, call, params)
        found = self.loop.run_until_complete(self.store.read(self.sqs.resource, arn))
        call.seen[found.name] = found.identity
        return self.loop.run_until_complete(operation.handler(self.sqs.state, call, params)) or {}


FifoMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
test_a_fifo_queue_behaves_like_its_model = FifoMachine.TestCase
