"""A server that is killed while it copies tables, or brings them to S3: what comes of it is whole."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.crash.crash_server import KillableServer
from tests.kit.tables import every_page, key_schema, row

pytestmark = pytest.mark.crash

BEFORE = 200  # pairs, whose copy takes several steps
AFTER = 3
RESTORED = "pairs-again"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableServer]:
    killed = KillableServer(tmp_path / "data")
    killed.start()
    yield killed
    killed.stop()


def put_pair(dynamo: Any, name: str, generation: int) -> None:
    items = [row(f"{name}-{side}", at={"N": str(generation)}) for side in ("left", "right")]
    dynamo.transact_write_items(
        TransactItems=[{"Put": {"TableName": "pairs", "Item": item}} for item in items]
    )


class Writer:
    """Rewrites pairs and adds new ones until the server is gone; ``enough`` is set after some."""

    def __init__(self, server: KillableServer) -> None:
        self._server = server
        self.enough = threading.Event()

    def run(self) -> None:
        dynamo = self._server.client("dynamodb")
        try:
            for number in range(100_000):
                put_pair(dynamo, f"old-{number * 7 % BEFORE}", 1)
                put_pair(dynamo, f"new-{number}", 1)
                if number == AFTER:
                    self.enough.set()
        except (BotoCoreError, ClientError):
            return


def killed_while_written(server: KillableServer, begin: Callable[[], Any]) -> Any:
    """Returns what ``begin`` answered; then others write, the server is killed among them, and started again."""
    answer = begin()
    writer = Writer(server)
    thread = threading.Thread(target=writer.run)
    thread.start()
    assert writer.enough.wait(60)
    server.kill()
    thread.join()
    server.reap()
    server.start()
    return answer


def await_that(holds: Callable[[], bool]) -> None:
    while not holds():
        pass  # what is being waited for is the only work that the server has


def generations(dynamo: Any, table: str) -> dict[str, set[str]]:
    """Returns the generations of each pair's halves."""
    found: dict[str, set[str]] = {}
    for item in every_page(dynamo.scan, TableName=table):
        found.setdefault(item["pk"]["S"].rpartition("-")[0], set()).add(item["at"]["N"])
    return found


def test_a_backup_and_its_restore_are_whole_whoever_is_killed(server: KillableServer) -> None:
    dynamo = server.client("dynamodb")
    dynamo.create_table(
        TableName="pairs",
        KeySchema=key_schema("pk"),
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(BEFORE):
        put_pair(dynamo, f"old-{number}", 0)
    made = killed_while_written(server, lambda: dynamo.create_backup(TableName="pairs", BackupName="first"))
    arn = made["BackupDetails"]["BackupArn"]

    def is_made() -> bool:
        shown = server.client("dynamodb").describe_backup(BackupArn=arn)["BackupDescription"]
        return bool(shown["BackupDetails"]["BackupStatus"] == "AVAILABLE")

    await_that(is_made)
    dynamo = server.client("dynamodb")
    killed_while_written(
        server, lambda: dynamo.restore_table_from_backup(BackupArn=arn, TargetTableName=RESTORED)
    )

    def is_restored() -> bool:
        shown = server.client("dynamodb").describe_table(TableName=RESTORED)["Table"]
        return bool(shown["TableStatus"] == "ACTIVE")

    await_that(is_restored)
    dynamo = server.client("dynamodb")
    assert generations(dynamo, RESTORED) == {f"old-{number}": {"0"} for number in range(BEFORE)}
    assert dynamo.describe_table(TableName=RESTORED)["Table"]["ItemCount"] == 2 * BEFORE
    assert all(len(found) == 1 for found in generations(dynamo, "pairs").values())


def test_a_replica_that_was_being_filled_has_every_item(server: KillableServer) -> None:
    dynamo = server.client("dynamodb")
    dynamo.create_table(
        TableName="pairs",
        KeySchema=key_schema("pk"),
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(BEFORE):
        put_pair(dynamo, f"old-{number}", 0)
    replica = [{"Create": {"RegionName": "eu-west-1"}}]
    killed_while_written(server, lambda: dynamo.update_table(TableName="pairs", ReplicaUpdates=replica))
    dynamo = server.client("dynamodb")

    def is_filled() -> bool:
        [shown] = dynamo.describe_table(TableName="pairs")["Table"]["Replicas"]
        return bool(shown["ReplicaStatus"] == "ACTIVE")

    await_that(is_filled)
    here = every_page(dynamo.scan, TableName="pairs")
    assert len(here) >= 2 * BEFORE
    there = server.client("dynamodb", region="eu-west-1")
    assert every_page(there.scan, TableName="pairs") == here


def test_an_export_and_an_import_begin_anew(server: KillableServer) -> None:
    s3, dynamo = server.client("s3"), server.client("dynamodb")
    s3.create_bucket(Bucket="files")
    lines = [json.dumps({"Item": row(f"{number:05}")}) for number in range(3000)]
    s3.put_object(Bucket="files", Key="in/1", Body="\n".join(lines).encode())
    made = dynamo.import_table(
        S3BucketSource={"S3Bucket": "files", "S3KeyPrefix": "in/"},
        InputFormat="DYNAMODB_JSON",
        TableCreationParameters={
            "TableName": "pairs",
            "KeySchema": key_schema("pk"),
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    restart(server)
    arn = made["ImportTableDescription"]["ImportArn"]
    shown = ended(lambda: server.client("dynamodb").describe_import(ImportArn=arn)["ImportTableDescription"])
    assert (shown["ImportStatus"], shown["ImportedItemCount"]) == ("COMPLETED", 3000)

    dynamo = server.client("dynamodb")
    dynamo.update_continuous_backups(
        TableName="pairs", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    begun = dynamo.export_table_to_point_in_time(TableArn=shown["TableArn"], S3Bucket="files")
    dynamo.put_item(TableName="pairs", Item=row("later"))
    restart(server)
    arn = begun["ExportDescription"]["ExportArn"]
    shown = ended(lambda: server.client("dynamodb").describe_export(ExportArn=arn)["ExportDescription"])
    assert (shown["ExportStatus"], shown["ItemCount"]) == ("COMPLETED", 3000)
    s3 = server.client("s3")
    files = s3.get_object(Bucket="files", Key=shown["ExportManifest"].replace("summary", "files"))[
        "Body"
    ].read()
    keys = [json.loads(line)["dataFileS3Key"] for line in files.splitlines()]
    data = b"".join(gzip.decompress(s3.get_object(Bucket="files", Key=key)["Body"].read()) for key in keys)
    assert {json.loads(line)["Item"]["pk"]["S"] for line in data.splitlines()} == {
        f"{number:05}" for number in range(3000)
    }


def restart(server: KillableServer) -> None:
    server.kill()
    server.reap()
    server.start()


def ended(describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    while True:
        shown = describe()
        if "EndTime" in shown:
            return shown
