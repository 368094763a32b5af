"""A queue of a million messages costs its neighbours nothing."""

from collections.abc import Iterator
from functools import partial

import pytest

from penstock.services.sqs.messages.sweep import empty_box, expire
from penstock.store import Statement, queries
from penstock.testing import LocalServer
from tests.attack.heavy.held import MOST_MS, fill, held_by, on_loop, scaled

ADD = queries("penstock.services.sqs.messages").add_message
BOX = Statement.of("SELECT box FROM sqs_queue WHERE name = ?")
DAY_MS = 86_400_000


@pytest.fixture
def heavy() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


def put_messages(
    server: LocalServer, queue: str, count: int, *, due_in_ms: int = 0, body: str = "b" * 200
) -> str:
    """Returns the URL of a new queue with ``count`` messages."""
    url: str = server.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
    ((box,),) = server.wait(server.app.store.read(lambda tx: tx.all(BOX, queue)))
    now_ms = server.clock.now_ms()
    rows = (
        (
            box,
            now_ms + due_in_ms + n % 1000,
            now_ms,
            f"{n:08x}-0000-4000-8000-000000000000",
            "sender",
            None,
            None,
            None,
            "0" * 32,
            body,
            None,
            None,
            None,
        )
        for n in range(count)
    )
    fill(server, ADD, rows)
    return url


def test_sending_receiving_deleting_and_counting_in_a_long_queue(heavy: LocalServer) -> None:
    url, sqs = put_messages(heavy, "long", scaled(1_000_000)), heavy.client("sqs")

    def work() -> None:
        for _ in range(10):
            sqs.send_message(QueueUrl=url, MessageBody="x")
            got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(got)]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])

    assert held_by(heavy, work).busy_ms < MOST_MS


def test_purging_and_sweeping_a_long_queue(heavy: LocalServer) -> None:
    url = put_messages(heavy, "purged", scaled(1_000_000))
    assert held_by(heavy, lambda: heavy.client("sqs").purge_queue(QueueUrl=url)).busy_ms < MOST_MS

    async def sweep() -> None:
        while await heavy.app.store.write(empty_box):
            pass

    assert held_by(heavy, on_loop(heavy, sweep)).busy_ms < MOST_MS


def test_sweeping_long_messages(heavy: LocalServer) -> None:
    url = put_messages(heavy, "bodies", min(scaled(3000), 300), body="b" * 1_000_000)
    assert held_by(heavy, lambda: heavy.client("sqs").purge_queue(QueueUrl=url)).busy_ms < MOST_MS

    async def sweep() -> None:
        while await heavy.app.store.write(empty_box):
            pass

    assert held_by(heavy, on_loop(heavy, sweep)).busy_ms < MOST_MS


def test_messages_that_are_too_old(heavy: LocalServer) -> None:
    url = put_messages(heavy, "old", scaled(1_000_000))
    heavy.advance(5 * 86_400)
    sqs = heavy.client("sqs")
    receive = held_by(heavy, lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))

    async def sweep() -> None:
        lines, after = heavy.app.service("sqs").state.lines, 0
        while after is not None:
            after = await heavy.app.store.write(partial(expire, lines), after)

    assert max(receive.busy_ms, held_by(heavy, on_loop(heavy, sweep)).busy_ms) < MOST_MS


def test_delayed_messages_beside_others(heavy: LocalServer) -> None:
    url, sqs = put_messages(heavy, "delayed", scaled(900_000), due_in_ms=600_000), heavy.client("sqs")
    other = sqs.create_queue(QueueName="other")["QueueUrl"]

    def work() -> None:
        for _ in range(10):
            sqs.receive_message(QueueUrl=url)
            sqs.send_message(QueueUrl=other, MessageBody="x")
            sqs.receive_message(QueueUrl=other)
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])

    assert held_by(heavy, work).busy_ms < MOST_MS
