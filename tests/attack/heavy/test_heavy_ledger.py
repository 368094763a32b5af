"""Millions of events in the ledger are forgotten in steps, and so is what was logged."""

from collections.abc import Iterator

import pytest

from penstock.delivery.pruning import prune
from penstock.services.logs.sweep import empty_group
from penstock.store import Statement, queries
from penstock.testing import LocalServer
from tests.attack.heavy.held import MOST_MS, fill, held_by, on_loop, scaled

ADD = queries("penstock.delivery").add_event
ADD_LINE = Statement.of(
    "INSERT INTO logs_event (log_group, stream, time_ms, ingested_ms, message) VALUES (?, ?, ?, ?, ?)"
)
ADD_DELIVERED = Statement.of(
    "INSERT INTO delivery (arn, message, state, attempts, created_ms, finished_ms) "
    "VALUES (?, '{}', 'delivered', 1, ?, ?)"
)
STREAM = Statement.of("SELECT log_group, id FROM logs_stream WHERE name = ?")


@pytest.fixture
def heavy() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


def test_pruning_millions_of_events(heavy: LocalServer) -> None:
    now_ms = heavy.clock.now_ms()
    change = '{"v":1,"name":"ObjectCreated:Put","size":1}'
    rows = ((n, "b", f"k{n}", now_ms, None, None, change, "[]") for n in range(1, scaled(5_000_000)))
    fill(heavy, ADD, rows)
    work = on_loop(heavy, lambda: prune(heavy.app.store, now_ms + 1))
    assert held_by(heavy, work).busy_ms < MOST_MS


@pytest.mark.parametrize(("count", "length"), [(1_000_000, 100), (50_000, 250_000)], ids=["short", "long"])
def test_deleting_a_log_group(heavy: LocalServer, count: int, length: int) -> None:
    logs = heavy.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    ((group, stream),) = heavy.wait(heavy.app.store.read(lambda tx: tx.all(STREAM, "s")))
    now_ms = heavy.clock.now_ms()
    some = min(scaled(count), 100_000_000 // length)
    fill(heavy, ADD_LINE, ((group, stream, now_ms, now_ms, "x" * length) for _ in range(some)))

    async def sweep() -> None:
        while await heavy.app.store.write(empty_group):
            pass

    def read() -> None:
        logs.get_log_events(logGroupName="g", logStreamName="s")

    def search() -> None:
        logs.filter_log_events(logGroupName="g", filterPattern="nothing")

    reads = [held_by(heavy, read), held_by(heavy, search)]
    logs.delete_log_group(logGroupName="g")
    assert max(held.busy_ms for held in [*reads, held_by(heavy, on_loop(heavy, sweep))]) < MOST_MS


def test_pruning_what_was_delivered_long_ago(heavy: LocalServer) -> None:
    now_ms = heavy.clock.now_ms()
    rows = (("arn:aws:sqs:us-east-1:000000000000:q", now_ms, now_ms + n) for n in range(scaled(1_000_000)))
    fill(heavy, ADD_DELIVERED, rows)
    work = on_loop(heavy, lambda: prune(heavy.app.store, now_ms + scaled(1_000_000)))
    assert held_by(heavy, work).busy_ms < MOST_MS
