"""On-demand backups: consistent at one moment while writes go on, restored as new tables."""

from typing import Any

import pytest
from tests.kit.tables import by_hand, client_of_role, every_page, index, make_table, refused, row

from penstock.testing import LocalServer

GLOBAL = index("by-by", "by")
LOCAL = index("at-at", "pk", "at")


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


def fill(dynamo: Any, table: str, count: int, **more: Any) -> None:
    for number in range(0, count, 25):
        puts = [
            {"PutRequest": {"Item": row(f"{n:04}", **more)}} for n in range(number, min(number + 25, count))
        ]
        dynamo.batch_write_item(RequestItems={table: puts})


def items_of(dynamo: Any, table: str) -> dict[str, Any]:
    return {item["pk"]["S"]: item for item in every_page(dynamo.scan, TableName=table)}


def make_backup(server: LocalServer, dynamo: Any, table: str, name: str = "first") -> str:
    made = dynamo.create_backup(TableName=table, BackupName=name)["BackupDetails"]
    assert made["BackupStatus"] == "CREATING"
    server.settle()
    return str(made["BackupArn"])


def restore(server: LocalServer, dynamo: Any, arn: str, name: str, **overrides: Any) -> dict[str, Any]:
    dynamo.restore_table_from_backup(BackupArn=arn, TargetTableName=name, **overrides)
    server.settle()
    shown: dict[str, Any] = dynamo.describe_table(TableName=name)["Table"]
    return shown


def test_a_backup_is_restored_with_its_items_and_indexes(server: LocalServer, dynamo: Any) -> None:
    table = make_table(
        dynamo,
        "pk",
        "sk",
        GlobalSecondaryIndexes=[GLOBAL],
        LocalSecondaryIndexes=[LOCAL],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    dynamo.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
    )
    written = [row("a", n, by={"S": "x"}, at={"N": str(n)}, data={"B": b"\x00"}) for n in range(3)]
    for item in written:
        dynamo.put_item(TableName=table, Item=item)
    arn = make_backup(server, dynamo, table)

    found = dynamo.describe_backup(BackupArn=arn)["BackupDescription"]
    assert found["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert found["BackupDetails"]["BackupType"] == "USER"
    assert found["BackupDetails"]["BackupSizeBytes"] > 0
    assert found["SourceTableDetails"]["ItemCount"] == 3
    assert found["SourceTableDetails"]["BillingMode"] == "PAY_PER_REQUEST"
    features = found["SourceTableFeatureDetails"]
    assert [one["IndexName"] for one in features["GlobalSecondaryIndexes"]] == ["by-by"]
    assert [one["IndexName"] for one in features["LocalSecondaryIndexes"]] == ["at-at"]
    assert features["StreamDescription"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert features["TimeToLiveDescription"]["AttributeName"] == "ends"

    dynamo.delete_table(TableName=table)  # the backup is not the table's
    server.settle()
    restored = f"{table}-again"
    shown = dynamo.restore_table_from_backup(BackupArn=arn, TargetTableName=restored)["TableDescription"]
    assert shown["TableStatus"] == "CREATING"
    assert shown["RestoreSummary"]["RestoreInProgress"] is True
    assert shown["RestoreSummary"]["SourceBackupArn"] == arn
    server.settle()
    shown = dynamo.describe_table(TableName=restored)["Table"]
    assert (shown["TableStatus"], shown["ItemCount"]) == ("ACTIVE", 3)
    assert shown["RestoreSummary"]["RestoreInProgress"] is False
    assert shown["GlobalSecondaryIndexes"][0]["ItemCount"] == 3
    assert "LatestStreamArn" not in shown
    assert dynamo.list_tags_of_resource(ResourceArn=shown["TableArn"])["Tags"] == []
    assert every_page(dynamo.scan, TableName=restored) == written
    for name in ("by-by", "at-at"):
        assert every_page(dynamo.scan, TableName=restored, IndexName=name) == written


def test_a_backup_shows_its_moment_while_writes_go_on(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    fill(dynamo, table, 350, v={"N": "0"})
    before = items_of(dynamo, table)
    with by_hand(server) as step:
        arn = dynamo.create_backup(TableName=table, BackupName="during")["BackupDetails"]["BackupArn"]
        step()
        change_some(dynamo, table)  # of which the copy has passed some, and others not
        step()
        change_some(dynamo, table)
    server.settle()
    restore(server, dynamo, arn, f"{table}-then")
    assert items_of(dynamo, f"{table}-then") == before
    assert dynamo.describe_table(TableName=f"{table}-then")["Table"]["ItemCount"] == 350


def change_some(dynamo: Any, table: str) -> None:
    for number in range(0, 350, 3):
        dynamo.update_item(
            TableName=table,
            Key=row(f"{number:04}"),
            UpdateExpression="ADD v :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        dynamo.delete_item(TableName=table, Key=row(f"{number + 1:04}"))
        dynamo.put_item(TableName=table, Item=row(f"new-{number}"))
        dynamo.delete_item(TableName=table, Key=row(f"new-{number}"))
        dynamo.put_item(TableName=table, Item=row(f"newer-{number}"))


@pytest.mark.embedded
def test_what_was_kept_for_a_copy_goes_with_it(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    dynamo.put_item(TableName=table, Item=row("a"))
    dynamo.create_backup(TableName=table, BackupName="one")
    dynamo.put_item(TableName=table, Item=row("a", v={"N": "1"}))
    server.settle()
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    connections = server.app.store._connections

    async def counted() -> list[int]:
        return [
            connections.reader.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("dynamodb_undo", "dynamodb_copy")
        ]

    assert server.wait(counted()) == [0, 0]


def test_two_backups_within_a_moment_differ_by_what_was_written_between(
    server: LocalServer, dynamo: Any
) -> None:
    table = make_table(dynamo)
    arns = []
    for number in range(4):
        dynamo.put_item(TableName=table, Item=row("a", v={"N": str(number)}))
        arns.append(dynamo.create_backup(TableName=table, BackupName="again")["BackupDetails"]["BackupArn"])
    dynamo.put_item(TableName=table, Item=row("a", v={"N": "9"}))
    server.settle()
    for number, arn in enumerate(arns):
        restore(server, dynamo, arn, f"{table}-{number}")
        assert items_of(dynamo, f"{table}-{number}")["a"]["v"] == {"N": str(number)}


def test_a_table_cannot_be_used_before_it_is_restored(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    fill(dynamo, table, 30)
    arn = make_backup(server, dynamo, table)
    name = f"{table}-early"
    with by_hand(server):
        dynamo.restore_table_from_backup(BackupArn=arn, TargetTableName=name)
        with refused("ResourceNotFoundException"):
            dynamo.get_item(TableName=name, Key=row("0001"))
        with refused("ResourceNotFoundException"):
            dynamo.put_item(TableName=name, Item=row("0001"))
        for change in (
            lambda: dynamo.delete_table(TableName=name),
            lambda: dynamo.update_table(TableName=name, DeletionProtectionEnabled=True),
        ):
            with refused("ResourceInUseException"):
                change()
        with refused("TableInUseException"):
            dynamo.create_backup(TableName=name, BackupName="too-early")
        with refused("TableAlreadyExistsException"):
            dynamo.restore_table_from_backup(BackupArn=arn, TargetTableName=name)
        with refused("BackupInUseException"):
            dynamo.delete_backup(BackupArn=arn)
    server.settle()
    assert len(items_of(dynamo, name)) == 30
    assert (
        dynamo.delete_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    )
    with refused("BackupNotFoundException", "Backup not found"):
        dynamo.describe_backup(BackupArn=arn)
    server.settle()
    assert len(items_of(dynamo, name)) == 30


def test_backups_are_listed_in_their_order(server: LocalServer, dynamo: Any) -> None:
    first, other = make_table(dynamo), make_table(dynamo)
    arns = [make_backup(server, dynamo, first, f"backup-{number}") for number in range(3)]
    make_backup(server, dynamo, other)
    page = dynamo.list_backups(TableName=first, Limit=2)
    assert [one["BackupArn"] for one in page["BackupSummaries"]] == arns[:2]
    rest = dynamo.list_backups(TableName=first, ExclusiveStartBackupArn=page["LastEvaluatedBackupArn"])
    assert [one["BackupName"] for one in rest["BackupSummaries"]] == ["backup-2"]
    assert "LastEvaluatedBackupArn" not in rest
    assert {one["TableName"] for one in dynamo.list_backups()["BackupSummaries"]} >= {first, other}
    at = rest["BackupSummaries"][0]["BackupCreationDateTime"]
    before = dynamo.list_backups(TableName=first, TimeRangeUpperBound=at)["BackupSummaries"]
    assert "backup-2" not in [one["BackupName"] for one in before]
    after = dynamo.list_backups(TableName=first, TimeRangeLowerBound=at)["BackupSummaries"]
    assert "backup-2" in [one["BackupName"] for one in after]
    assert dynamo.list_backups(TableName=first, BackupType="SYSTEM")["BackupSummaries"] == []


def test_a_restore_changes_throughput_and_leaves_indexes_out(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[GLOBAL, index("by-at", "at")])
    dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}))
    arn = make_backup(server, dynamo, table)
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    shown = restore(
        server,
        dynamo,
        arn,
        f"{table}-less",
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units,
        GlobalSecondaryIndexOverride=[{**GLOBAL, "ProvisionedThroughput": units}],
    )
    assert [one["IndexName"] for one in shown["GlobalSecondaryIndexes"]] == ["by-by"]
    assert {one["AttributeName"] for one in shown["AttributeDefinitions"]} == {"pk", "by"}
    assert shown["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert shown["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    with refused("ValidationException", "does not match an index"):
        restore(server, dynamo, arn, f"{table}-no", GlobalSecondaryIndexOverride=[index("by-by", "at")])
    with refused("ValidationException"):
        restore(server, dynamo, arn, f"{table}-no", BillingModeOverride="PROVISIONED")


def test_what_is_not_there_is_refused(server: LocalServer, dynamo: Any) -> None:
    with refused("TableNotFoundException", "Table not found: nothing"):
        dynamo.create_backup(TableName="nothing", BackupName="first")
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/nothing/backup/01489602797149-73d8d5bc"
    for call in (dynamo.describe_backup, dynamo.delete_backup):
        with refused("BackupNotFoundException"):
            call(BackupArn=arn)
    with refused("BackupNotFoundException"):
        dynamo.restore_table_from_backup(BackupArn=arn, TargetTableName="target")
    for hostile in (
        "x" * 1024,
        "arn:aws:dynamodb:us-east-1:000000000000:table/a\x00b/backup/\u2603" + "y" * 9,
    ):
        with refused("BackupNotFoundException"):
            dynamo.describe_backup(BackupArn=hostile)
    table = make_table(dynamo)
    with refused("ValidationException"):
        dynamo.list_backups(ExclusiveStartBackupArn="x" * 40)
    with refused("BackupNotFoundException"):
        dynamo.describe_backup(BackupArn=f"arn:aws:dynamodb:eu-west-1:000000000000:table/{table}/backup/1")


def test_a_role_restores_what_it_may(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    arn = make_backup(server, dynamo, table)
    table_arn = dynamo.describe_table(TableName=table)["Table"]["TableArn"]
    actions = ["dynamodb:RestoreTableFromBackup", "dynamodb:DescribeBackup"]
    backups = {"Effect": "Allow", "Action": actions, "Resource": f"{table_arn}/backup/*"}
    only = client_of_role(server, "restorer", "dynamodb", backups)
    only.describe_backup(BackupArn=arn)
    with refused("AccessDeniedException", "RestoreTableFromBackup"):
        only.restore_table_from_backup(BackupArn=arn, TargetTableName=f"{table}-role")
    with refused("AccessDeniedException", "DeleteBackup"):
        only.delete_backup(BackupArn=arn)


def test_who_restores_must_be_let_read_and_write_the_new_table(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    arn = make_backup(server, dynamo, table)
    may = {"Effect": "Allow", "Action": "dynamodb:Restore*", "Resource": "*"}
    writes = [
        f"dynamodb:{action}"
        for action in ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
    ]
    but_scans = {"Effect": "Allow", "Action": writes, "Resource": f"arn:aws:dynamodb:*:*:table/{table}-new"}
    role = client_of_role(server, "no-writer", "dynamodb", may, but_scans)
    with refused("AccessDeniedException", "dynamodb:Scan"):
        role.restore_table_from_backup(BackupArn=arn, TargetTableName=f"{table}-new")
    with refused("AccessDeniedException", "dynamodb:Scan"):
        role.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=f"{table}-new")
    reads = but_scans | {"Action": "dynamodb:Scan"}
    allowed = client_of_role(server, "writer-of-new", "dynamodb", may, but_scans, reads)
    allowed.restore_table_from_backup(BackupArn=arn, TargetTableName=f"{table}-new")
