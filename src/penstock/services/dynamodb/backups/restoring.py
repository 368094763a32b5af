"""RestoreTableFromBackup, RestoreTableToPointInTime: a new table with the items of a former time.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CreateBackup.html and its neighbours
"""

from datetime import datetime
from typing import Any, NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb.arns import Key, named, table_arn
from penstock.services.dynamodb.backups.backup import find_backup
from penstock.services.dynamodb.backups.continuous import earliest_ms
from penstock.services.dynamodb.backups.overriding import overridden
from penstock.services.dynamodb.backups.source import named_backup, source_table
from penstock.services.dynamodb.errors import invalid_value, target_exists
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.adding import Definition, add_table, definition_of
from penstock.services.dynamodb.tables.copies import begin_copy, begin_plain_copy, moment_now
from penstock.services.dynamodb.tables.describing import Description, describe
from penstock.services.dynamodb.tables.names import Asked, asked_key, table_key
from penstock.services.dynamodb.tables.table import Table, find_table
from penstock.store import Tx

# Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_IAM.html
_READ_AND_WRITE = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


class _Target(NamedTuple):
    """The table that is to be, and what the request says of it."""

    key: Key
    params: Params


@operation("RestoreTableFromBackup", action="dynamodb:RestoreTableFromBackup", resource=named_backup)
async def restore_table_from_backup(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the new table, which is ``CREATING`` until all items of the backup are in it."""
    target = await _target(call, params)
    shown = await dynamo.store.write(_from_backup, dynamo, call, params["BackupArn"], target)
    return {"TableDescription": shown}


def _source_resource(dynamo: object, call: Call, params: Params) -> str:
    return table_arn(_source_key(call, params))


@operation(
    "RestoreTableToPointInTime", action="dynamodb:RestoreTableToPointInTime", resource=_source_resource
)
async def restore_table_to_point_in_time(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the new table, which is ``CREATING`` until all items that the source had then are in it."""
    target = await _target(call, params)
    source = asked_key(call, _source_key(call, params))
    return {"TableDescription": await dynamo.store.write(_to_time, dynamo, source, target)}


def _source_key(call: Call, params: Params) -> Key:
    by_arn, by_name = params.get("SourceTableArn") or "", params.get("SourceTableName") or ""
    if bool(by_arn) == bool(by_name):
        raise invalid_value("Exactly one of SourceTableArn and SourceTableName must be specified")
    if by_arn and named(by_arn) is None:
        raise invalid_value(f"Invalid SourceTableArn: {by_arn}")
    return table_key(call, by_arn or by_name)


async def _target(call: Call, params: Params) -> _Target:
    """Returns the table that is to be, which the caller may restore, read and write."""
    key = table_key(call, params["TargetTableName"])
    for action in (call.operation, *_READ_AND_WRITE):
        await call.authorize(f"dynamodb:{action}", table_arn(key))
    return _Target(key, params)


def _from_backup(tx: Tx, dynamo: DynamoState, call: Call, arn: str, target: _Target) -> Description:
    backup = find_backup(tx, call, arn)
    if not backup.is_whole:
        raise AwsError("BackupInUseException", f"Backup is being created: {arn}")
    summary = {
        "SourceBackupArn": arn,
        "SourceTableArn": table_arn(backup.table),
        "RestoreDateTime": backup.created_ms,
    }
    table = _add(tx, target, backup.definition, summary)
    begin_plain_copy(tx, backup.items_id, table.id)
    tx.after_commit(dynamo.copier.wake)
    return describe(tx, table)


def _to_time(tx: Tx, dynamo: DynamoState, asked: Asked, target: _Target) -> Description:
    source = source_table(tx, asked)
    at_ms = _restored_ms(tx, source, target.params)
    moment_ms = moment_now(tx, source) if at_ms >= tx.now_ms else at_ms + 1
    summary = {"SourceTableArn": source.arn, "RestoreDateTime": at_ms}
    table = _add(tx, target, definition_of(source), summary)
    begin_copy(tx, source, moment_ms, table.id)
    tx.after_commit(dynamo.copier.wake)
    return describe(tx, table)


def _add(tx: Tx, target: _Target, definition: Definition, summary: dict[str, Any]) -> Table:
    if find_table(tx, target.key):
        raise target_exists(target.key[2])
    settings, indexes = overridden(definition, target.params)
    new = Definition({**settings, "status": "CREATING", "restored": summary}, indexes)
    return add_table(tx, target.key, new, {})


def _restored_ms(tx: Tx, source: Table, params: Params) -> int:
    """Returns the time to which the source is to be brought back; AwsError when that is none of those it can be."""
    earliest = earliest_ms(source, tx.now_ms)
    if earliest is None:
        raise AwsError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{source.name}'",
        )
    at: datetime | None = params.get("RestoreDateTime")
    if (at is None) == (not params.get("UseLatestRestorableTime")):
        raise invalid_value("Exactly one of RestoreDateTime and UseLatestRestorableTime must be specified")
    at_ms = tx.now_ms if at is None else int(at.timestamp() * 1000)
    if not earliest <= at_ms <= tx.now_ms:
        raise AwsError(
            "InvalidRestoreTimeException",
            "The restore time must be between EarliestRestorableDateTime and LatestRestorableDateTime",
        )
    return at_ms
