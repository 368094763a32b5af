"""What requests cost: commits, and statements, which are the same however much is in the table."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.kit.tables import index, make_table, row

from penstock.testing import LocalServer

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
OURS = (
    "dynamodb_item",
    "dynamodb_entry",
    "dynamodb_count",
    "dynamodb_changes",
    "dynamodb_stream ",
    "dynamodb_undo",
)
SWEEPS = "_ms < "  # what is too old is looked for at the start and once an hour


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


@contextmanager
def statements(server: LocalServer) -> Iterator[list[str]]:
    """Collects the statements about items that are run meanwhile, by their verbs, and the commits of any."""
    found: list[str] = []

    def note(sql: str) -> None:
        is_ours = any(table in sql for table in OURS) and SWEEPS not in sql
        if is_ours or sql == "COMMIT":
            found.append(sql.split()[0])

    async def trace(callback: Callable[[str], None] | None) -> None:
        connections = server.app.store._connections
        connections.writer.set_trace_callback(callback)
        connections.reader.set_trace_callback(callback)

    server.wait(trace(note))
    yield found
    server.wait(trace(None))


def run(found: list[str]) -> list[str]:
    return [verb for verb in found if verb != "COMMIT"]


@pytest.mark.embedded
def test_an_item_with_its_index_entries_and_its_change_is_one_commit(
    server: LocalServer, dynamo: Any
) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")], StreamSpecification=STREAM)
    with statements(server) as found:
        dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}))
        dynamo.transact_write_items(
            TransactItems=[{"Put": {"TableName": table, "Item": row(pk, by={"S": "y"})}} for pk in "abc"]
        )
    commits = "".join("|" if verb == "COMMIT" else "." for verb in found).strip("|").split("|")
    assert len([part for part in commits if part]) == 2


@pytest.mark.embedded
@pytest.mark.parametrize("others", [0, 200])
def test_statements_do_not_grow_with_the_table(server: LocalServer, dynamo: Any, others: int) -> None:
    table = make_table(dynamo, "pk", "sk")
    for number in range(others):
        dynamo.put_item(TableName=table, Item=row("a", number))
    with statements(server) as found:
        dynamo.put_item(TableName=table, Item=row("a", 1000))
        assert run(found) == ["SELECT", "INSERT", "INSERT"]  # what was there; the item; the counts
        found.clear()
        dynamo.put_item(TableName=table, Item=row("a", 1000))
        assert run(found) == ["SELECT", "UPDATE"]
        found.clear()
        dynamo.get_item(TableName=table, Key=row("a", 1000))
        assert run(found) == ["SELECT"]
        found.clear()
        dynamo.query(
            TableName=table,
            KeyConditionExpression="pk = :p AND sk >= :s",
            ExpressionAttributeValues={":p": {"S": "a"}, ":s": {"N": "999"}},
        )
        assert run(found) == ["SELECT"]


@pytest.mark.embedded
def test_an_index_and_a_stream_cost_what_they_write(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")], StreamSpecification=STREAM)
    with statements(server) as found:
        dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}))
        # What was there; the item and its count; the entry and its count; the change behind the last one.
        assert run(found) == ["SELECT", "INSERT", "INSERT", "INSERT", "INSERT", "UPDATE", "INSERT"]
        found.clear()
        dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}))
        assert run(found) == ["SELECT", "UPDATE"]


@pytest.mark.embedded
def test_the_past_of_an_item_and_a_replica_cost_what_they_write(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    dynamo.put_item(TableName=table, Item=row("a"))
    specification = {"PointInTimeRecoveryEnabled": True}
    dynamo.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=specification)
    with statements(server) as found:
        dynamo.put_item(TableName=table, Item=row("a"))
        assert run(found) == ["SELECT", "UPDATE", "INSERT"]  # what was there; the item; what it was
    dynamo.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    dynamo.update_table(TableName=table, ReplicaUpdates=[{"Create": {"RegionName": "eu-west-1"}}])
    server.settle()
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    with statements(server) as found:
        dynamo.put_item(TableName=table, Item=row("a"))
        assert run(found) == ["SELECT", "UPDATE", "SELECT", "UPDATE"]  # here, and there
