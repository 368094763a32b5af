"""Tables when something fails: consumers of streams for most of a day, the database in the middle of a copy."""

from typing import Any

import pytest

from penstock.errors import StoreUnavailable
from penstock.services.dynamodb.background import copier as copier_module
from penstock.testing import LocalServer
from tests.kit.functions import client, zip_of
from tests.kit.tables import every_page, make_table, row
from tests.service.dynamodb.test_dynamodb_stream_functions import TELLS, Fed


def test_nothing_is_lost_of_a_deleted_tables_stream_while_its_consumer_fails(server: LocalServer) -> None:
    fed = Fed(server, before=("bad", "a"))
    assert fed.batches()[0] == ["bad", "a"]
    server.advance(12 * 3600)
    fed.put("b")
    fed.dynamo.delete_table(TableName=fed.table)
    server.advance(11 * 3600)
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    assert fed.batches_in_time()[-1][:2] == ["bad", "a"]  # as ever before all that came later
    name = client(server, "lambda").get_event_source_mapping(UUID=fed.mapping["UUID"])["FunctionArn"]
    mended = TELLS.replace('key.startswith("bad")', "False") % (fed.told, "raises")
    client(server, "lambda").update_function_code(FunctionName=name, ZipFile=zip_of(mended))
    server.settle()
    assert [key for keys in fed.batches_in_time() for key in keys][-3:] == ["bad", "a", "b"]


def test_a_copy_goes_on_when_the_database_could_not_make_a_step(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dynamo = server.client("dynamodb")
    table = make_table(dynamo)
    for number in range(250):
        dynamo.put_item(TableName=table, Item=row(f"{number:03}"))
    made, fails = copier_module._step, [True, False, True]
    monkeypatch.setattr(copier_module, "_PAUSE_S", 0.0)

    def step(tx: Any, *args: Any) -> None:
        made(tx, *args)
        if fails and fails.pop():
            raise StoreUnavailable("made to fail")

    monkeypatch.setattr(copier_module, "_step", step)
    arn = dynamo.create_backup(TableName=table, BackupName="first")["BackupDetails"]["BackupArn"]
    while not is_made(dynamo, arn):
        server.settle()
    dynamo.restore_table_from_backup(BackupArn=arn, TargetTableName=f"{table}-again")
    server.settle()
    assert fails == []
    assert every_page(dynamo.scan, TableName=f"{table}-again") == every_page(dynamo.scan, TableName=table)


def is_made(dynamo: Any, arn: str) -> bool:
    shown = dynamo.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
    return bool(shown["BackupStatus"] == "AVAILABLE")
