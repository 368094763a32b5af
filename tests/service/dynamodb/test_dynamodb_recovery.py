"""Point-in-time recovery: a table as it was at any time since it was switched on, for 35 days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.kit.tables import every_page, index, make_table, refused, row

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


def switch(dynamo: Any, table: str, on: bool, **more: Any) -> dict[str, Any]:
    specification = {"PointInTimeRecoveryEnabled": on, **more}
    answer = dynamo.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=specification)
    shown: dict[str, Any] = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return shown


def now(server: LocalServer) -> datetime:
    return datetime.fromtimestamp(server.app.clock.now_ms() / 1000, UTC)


def restored(server: LocalServer, dynamo: Any, table: str, name: str, **when: Any) -> dict[str, Any]:
    dynamo.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=name, **when)
    server.settle()
    return {item["pk"]["S"]: item for item in every_page(dynamo.scan, TableName=name)}


def test_a_table_is_brought_back_to_each_time(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    dynamo.put_item(TableName=table, Item=row("before", by={"S": "x"}))
    assert switch(dynamo, table, on=True)["PointInTimeRecoveryStatus"] == "ENABLED"
    times, states = [], []
    changes = [
        lambda: dynamo.put_item(TableName=table, Item=row("new", by={"S": "y"})),
        lambda: dynamo.delete_item(TableName=table, Key=row("before")),
        lambda: dynamo.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": row(name, by={"S": "z"})}} for name in ("new", "before")
            ]
        ),
        lambda: dynamo.delete_item(TableName=table, Key=row("new")),
    ]
    for change in changes:
        server.advance(3600)
        change()
        server.advance(1)
        times.append(now(server))
        states.append({item["pk"]["S"]: item for item in every_page(dynamo.scan, TableName=table)})
    server.advance(24 * 3600)
    dynamo.put_item(TableName=table, Item=row("much later"))
    for number, (at, state) in enumerate(zip(times, states, strict=True)):
        name = f"{table}-{number}"
        assert restored(server, dynamo, table, name, RestoreDateTime=at) == state
        shown = dynamo.describe_table(TableName=name)["Table"]
        with_by = [item for item in state.values() if "by" in item]
        assert shown["GlobalSecondaryIndexes"][0]["ItemCount"] == len(with_by)
        assert shown["RestoreSummary"]["RestoreDateTime"].replace(microsecond=0) == at.replace(microsecond=0)
    latest = restored(server, dynamo, table, f"{table}-latest", UseLatestRestorableTime=True)
    assert latest.keys() == {"before", "much later"}


def test_only_times_since_it_was_switched_on_are_there(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    with refused("PointInTimeRecoveryUnavailableException"):
        restored(server, dynamo, table, "never", UseLatestRestorableTime=True)
    shown = switch(dynamo, table, on=True)
    since = shown["EarliestRestorableDateTime"]
    assert shown["RecoveryPeriodInDays"] == 35
    for wrong in (since - timedelta(seconds=2), now(server) + timedelta(hours=1)):
        with refused("InvalidRestoreTimeException"):
            restored(server, dynamo, table, "never", RestoreDateTime=wrong)
    for both in ({}, {"UseLatestRestorableTime": True, "RestoreDateTime": now(server)}):
        with refused("ValidationException"):
            restored(server, dynamo, table, "never", **both)
    with refused("ValidationException"):
        dynamo.restore_table_to_point_in_time(TargetTableName="never", UseLatestRestorableTime=True)
    server.advance(40 * 24 * 3600)
    described = dynamo.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    earliest = described["PointInTimeRecoveryDescription"]["EarliestRestorableDateTime"]
    assert timedelta(days=34) < now(server) - earliest < timedelta(days=36)
    shown = switch(dynamo, table, on=True, RecoveryPeriodInDays=1)
    assert now(server) - shown["EarliestRestorableDateTime"] < timedelta(days=2)
    assert switch(dynamo, table, on=False) == {"PointInTimeRecoveryStatus": "DISABLED"}
    assert switch(dynamo, table, on=True)["EarliestRestorableDateTime"] > earliest + timedelta(days=30)
    with refused("TableNotFoundException"):
        switch(dynamo, "nothing", on=True)


def test_a_deleted_table_leaves_a_backup(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    switch(dynamo, table, on=True)
    dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}))
    dynamo.delete_table(TableName=table)
    server.settle()
    [kept] = dynamo.list_backups(TableName=table, BackupType="SYSTEM")["BackupSummaries"]
    assert (kept["BackupName"], kept["BackupStatus"]) == (f"{table}$DeletedTableBackup", "AVAILABLE")
    assert kept["BackupExpiryDateTime"] - kept["BackupCreationDateTime"] == timedelta(days=35)
    dynamo.restore_table_from_backup(BackupArn=kept["BackupArn"], TargetTableName=table)
    server.settle()
    assert every_page(dynamo.scan, TableName=table, IndexName="by-by") == [row("a", by={"S": "x"})]
    server.advance(36 * 24 * 3600)
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    assert dynamo.list_backups(TableName=table)["BackupSummaries"] == []
    assert every_page(dynamo.scan, TableName=table) == [row("a", by={"S": "x"})]


@pytest.mark.embedded
def test_what_items_were_is_forgotten_after_its_time(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    switch(dynamo, table, on=True)
    dynamo.put_item(TableName=table, Item=row("a"))
    table_id = server.app.store._connections

    async def counted() -> int:
        found: int = table_id.reader.execute("SELECT count(*) FROM dynamodb_undo").fetchone()[0]
        return found

    assert server.wait(counted()) > 0
    server.advance(37 * 24 * 3600)
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    assert server.wait(counted()) == 0
