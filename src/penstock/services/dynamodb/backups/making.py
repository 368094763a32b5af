"""CreateBackup, DeleteBackup.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
"""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb.backups.backup import Backup, BackupKind, add_backup, find_backup
from penstock.services.dynamodb.backups.describing import Status, description, details, status_of
from penstock.services.dynamodb.backups.source import named_backup, source_table
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.copies import begin_copy, is_copied, moment_now
from penstock.services.dynamodb.tables.keying import check_plain
from penstock.services.dynamodb.tables.names import Asked, asked_table, table_resource
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("CreateBackup", action="dynamodb:CreateBackup", resource=table_resource)
async def create_backup(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the backup, which shows the table as it is now; its items are copied in the background."""
    asked = asked_table(call, params["TableName"])
    backup = await dynamo.store.write(_create, dynamo, asked, params["BackupName"])
    return {"BackupDetails": details(backup, status_of(backup))}


@operation("DeleteBackup", action="dynamodb:DeleteBackup", resource=named_backup)
async def delete_backup(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the backup that is gone; its items go in small steps afterwards."""
    backup = await dynamo.store.write(_delete, dynamo, call, params["BackupArn"])
    return {"BackupDescription": description(backup, Status.DELETED)}


def _create(tx: Tx, dynamo: DynamoState, asked: Asked, name: str) -> Backup:
    table = source_table(tx, asked)
    check_plain(table, "CreateBackup")
    items_id = tx.insert(Q.add_kept_table, *table.key, tx.now_ms)
    backup = add_backup(tx, table, name, BackupKind.USER, items_id, None)
    begin_copy(tx, table, moment_now(tx, table), items_id)
    tx.after_commit(dynamo.copier.wake)
    return backup


def _delete(tx: Tx, dynamo: DynamoState, call: Call, arn: str) -> Backup:
    backup = find_backup(tx, call, arn)
    if not backup.is_whole or is_copied(tx, backup.items_id):
        raise AwsError("BackupInUseException", f"Backup is being created or restored: {arn}")
    tx.run(Q.delete_backup, backup.id)
    tx.run(Q.put_dropped, backup.items_id)
    tx.after_commit(dynamo.sweeper.wake)
    return backup
