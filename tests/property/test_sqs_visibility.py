"""A queue against a model of it: who sees which message when, whatever is sent, received, deleted, or waited for."""

import asyncio
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

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
from penstock.services.sqs import Sqs, tenants
from penstock.services.sqs.messages.sweep import empty_box, expire
from penstock.store import SqliteStore, Statement
from penstock.supervisor import Supervisor

ACCOUNT = "000000000000"
URL = f"http://localhost/{ACCOUNT}/q"
DEAD_URL = f"http://localhost/{ACCOUNT}/dead"
DEAD_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
RETENTION_S = 600
MAX_RECEIVES = 3
DEAD = Statement.of(
    "SELECT 1 FROM sqs_message JOIN sqs_queue USING (box) WHERE sqs_queue.name = ? AND message_id = ?"
)


@dataclass
class Expected:
    """What the model knows of a message; ``handle`` is that of its last receive."""

    sent_ms: int
    due_ms: int
    queue: str = "q"
    receives_here: int = 0
    received_ms: int = 0
    handle: str = ""

    @property
    def turn(self) -> tuple[int, int]:
        """Whoever was received before comes first."""
        return self.receives_here == 0, self.due_ms


class QueueMachine(RuleBasedStateMachine):
    """Drives the service without a socket; the clock stands still unless a rule moves it."""

    tenants: ClassVar[tuple[str | None, ...]] = (None,)

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
        self.model: dict[str, Expected] = {}
        self.purged_ms: int | None = None
        self.handles: list[str] = []
        self.given: dict[str, tuple[str, str]] = {}
        self.ask("CreateQueue", QueueName="dead")
        redrive = f'{{"deadLetterTargetArn":"{DEAD_ARN}","maxReceiveCount":{MAX_RECEIVES}}}'
        attributes = {"MessageRetentionPeriod": str(RETENTION_S), "RedrivePolicy": redrive}
        self.ask("CreateQueue", QueueName="q", Attributes=attributes)

    @rule(delay=st.sampled_from([0, 0, 5, 60]), count=st.integers(1, 4), data=st.data())
    def send(self, delay: int, count: int, data: st.DataObject) -> None:
        tenant = data.draw(st.sampled_from(self.tenants)) if len(self.tenants) > 1 else None
        group = {"MessageGroupId": tenant} if tenant else {}
        entries = [
            {"Id": str(n), "MessageBody": f"m{n}", "DelaySeconds": delay, **group} for n in range(count)
        ]
        for sent in self.ask("SendMessageBatch", QueueUrl=URL, Entries=entries)["Successful"]:
            self.model[sent["MessageId"]] = Expected(self.now, self.now + delay * 1000)

    @rule(count=st.integers(1, 10), timeout=st.sampled_from([None, 0, 3, 50, 700]))
    def receive(self, count: int, timeout: int | None) -> None:
        visible = [id for id, message in self.live("q") if message.due_ms <= self.now]
        spent = [id for id in visible if self.model[id].receives_here >= MAX_RECEIVES]
        fresh = [id for id in visible if id not in spent]
        options = {} if timeout is None else {"VisibilityTimeout": timeout}
        received = self.ask("ReceiveMessage", QueueUrl=URL, MaxNumberOfMessages=count, **options)
        got = [message["MessageId"] for message in received.get("Messages", [])]
        assert len(got) == len(set(got)) == min(count, len(fresh))
        assert set(got) <= set(fresh)
        # Nobody is passed over: what came back comes first, then what was visible earlier.
        latest = max((self.model[id].turn for id in got), default=(0, 0))
        if got and not spent and len(self.tenants) == 1:
            assert all(self.model[id].turn >= latest for id in fresh if id not in got)
        for message in received.get("Messages", []):
            self.took(self.model[message["MessageId"]], message, 30 if timeout is None else timeout)
        for id in spent:
            passed = len(self.tenants) == 1 and self.model[id].turn < latest
            if passed or len(got) < count or self.is_in_dead_queue(id):
                self.model[id] = Expected(self.model[id].sent_ms, self.now, "dead")

    @rule()
    def receive_dead_letters(self) -> None:
        visible = [id for id, message in self.live("dead") if message.due_ms <= self.now]
        received = self.ask(
            "ReceiveMessage", QueueUrl=DEAD_URL, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        messages = received.get("Messages", [])
        assert {message["MessageId"] for message in messages} <= set(visible)
        assert len(messages) == min(10, len(visible))
        for message in messages:
            assert message["Attributes"]["DeadLetterQueueSourceArn"].endswith(":q")
            assert int(message["Attributes"]["ApproximateReceiveCount"]) > MAX_RECEIVES
            self.took(self.model[message["MessageId"]], message, 30)

    @precondition(lambda self: self.handles)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        handle = data.draw(st.sampled_from(self.handles))
        id, queue = self.given[handle]
        self.ask("DeleteMessage", QueueUrl=URL if queue == "q" else DEAD_URL, ReceiptHandle=handle)
        if id in self.model and self.model[id].handle == handle:
            del self.model[id]

    @precondition(lambda self: self.handles)
    @rule(data=st.data(), seconds=st.sampled_from([0, 1, 40, 43_200]))
    def change_visibility(self, data: st.DataObject, seconds: int) -> None:
        handle = data.draw(st.sampled_from(self.handles))
        id, queue = self.given[handle]
        url = DEAD_URL if queue == "dead" else URL
        message = dict(self.live(queue)).get(id)
        if message is None and id in self.model and self.model[id].queue == queue:
            return  # it is too old: nobody sees it, and nobody says when its row goes
        due_ms = self.now + seconds * 1000
        allowed = message and due_ms - message.received_ms <= 43_200_000
        try:
            self.ask("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=seconds)
        except AwsError:
            assert not allowed
        else:
            assert allowed
            assert message
            message.due_ms = due_ms

    @rule(seconds=st.sampled_from([1, 4, 31, 61, 299, RETENTION_S]))
    def pass_time(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def purge(self) -> None:
        try:
            self.ask("PurgeQueue", QueueUrl=URL)
        except AwsError as error:
            assert error.code == "PurgeQueueInProgress"
            assert self.purged_ms is not None
            assert self.now - self.purged_ms < 60_000
        else:
            assert self.purged_ms is None or self.now - self.purged_ms >= 60_000
            self.purged_ms = self.now
            self.model = {id: message for id, message in self.model.items() if message.queue == "dead"}

    @rule()
    def sweep(self) -> None:
        while self.loop.run_until_complete(self.store.write(empty_box)):
            pass
        self.loop.run_until_complete(self.store.write(partial(expire, self.sqs.state.lines), 0))

    @invariant()
    def counts_are_exact(self) -> None:
        if not hasattr(self, "loop"):
            return
        names = [f"ApproximateNumberOfMessages{state}" for state in ("", "NotVisible", "Delayed")]
        found = self.ask("GetQueueAttributes", QueueUrl=URL, AttributeNames=names)["Attributes"]
        hidden = [message for _, message in self.live("q") if message.due_ms > self.now]
        in_flight = sum(message.receives_here > 0 for message in hidden)
        visible = len(self.live("q")) - len(hidden)
        assert [int(found[name]) for name in names] == [visible, in_flight, len(hidden) - in_flight]

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

    def live(self, queue: str) -> list[tuple[str, Expected]]:
        """Returns the messages of the queue that are not too old."""
        age_ms = RETENTION_S * 1000 if queue == "q" else 345_600_000
        found = ((id, message) for id, message in self.model.items() if message.queue == queue)
        return [(id, message) for id, message in found if message.sent_ms > self.now - age_ms]

    def took(self, expected: Expected, message: dict[str, Any], timeout_s: int) -> None:
        expected.due_ms = self.now + timeout_s * 1000
        expected.receives_here += 1
        expected.received_ms = self.now
        expected.handle = message["ReceiptHandle"]
        self.handles.append(expected.handle)
        self.given[expected.handle] = message["MessageId"], expected.queue

    def is_in_dead_queue(self, id: str) -> bool:
        found = self.store.read(lambda tx: tx.one(DEAD, "dead", id))
        return self.loop.run_until_complete(found) is not None


class FairMachine(QueueMachine):
    """With tenants, of whom each is noisy with two messages in flight: the order differs, and nothing else does."""

    tenants = (None, "a", "b", "c")
    purge = None  # too often nothing would be left

    @initialize(backlog=st.lists(st.sampled_from(tenants), min_size=10, max_size=30), count=st.integers(2, 6))
    def open(self, backlog: list[str | None], count: int) -> None:
        self.least, tenants._MIN_IN_FLIGHT = tenants._MIN_IN_FLIGHT, 2
        super().open()
        for tenant in backlog:
            group = {"MessageGroupId": tenant} if tenant else {}
            sent = self.ask("SendMessage", QueueUrl=URL, MessageBody="m", **group)
            self.model[sent["MessageId"]] = Expected(self.now, self.now)
        received = self.ask("ReceiveMessage", QueueUrl=URL, MaxNumberOfMessages=count, VisibilityTimeout=50)
        for message in received["Messages"]:
            self.took(self.model[message["MessageId"]], message, 50)

    def teardown(self) -> None:
        super().teardown()
        tenants._MIN_IN_FLIGHT = getattr(self, "least", tenants._MIN_IN_FLIGHT)


QueueMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
FairMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
test_a_queue_behaves_like_its_model = QueueMachine.TestCase
test_a_queue_with_tenants_loses_and_repeats_nothing = FairMachine.TestCase
