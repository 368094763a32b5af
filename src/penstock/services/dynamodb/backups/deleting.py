"""DeleteTable. Of a table that could be brought back to a point in time a backup remains: its own rows, not a copy.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.backups.backup import BackupKind, add_backup
from penstock.services.dynamodb.errors import protected
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.describing import Description, describe
from penstock.services.dynamodb.tables.names import Asked, asked_table, ready_table, table_resource
from penstock.services.dynamodb.tables.replicas import leave_replicas
from penstock.services.dynamodb.tables.streams import end_stream
from penstock.services.dynamodb.tables.table import Table, forget_table
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("DeleteTable", action="dynamodb:DeleteTable", resource=table_resource)
async def delete_table(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the table that is gone; its items go in small steps afterwards."""
    gone = await dynamo.store.write(_delete, dynamo, asked_table(call, params["TableName"]))
    return {"TableDescription": gone}


def _delete(tx: Tx, dynamo: DynamoState, asked: Asked) -> Description:
    table = ready_table(tx, asked)
    if table.settings["DeletionProtectionEnabled"]:
        raise protected()
    gone = describe(tx, table, "DELETING")
    leave_replicas(tx, table)
    if table.stream:
        end_stream(tx, table.stream.id)
    if table.settings.get("recovery"):
        _keep(tx, table)
    else:
        tx.run(Q.put_dropped, table.id)
    forget_table(tx, table.key)
    tx.after_commit(dynamo.sweeper.wake)
    return gone


def _keep(tx: Tx, table: Table) -> None:
    """Makes a backup of what was a table until now; its indexes go in small steps."""
    name = f"{table.name}$DeletedTableBackup"
    add_backup(tx, table, name, BackupKind.SYSTEM, table.id, limits.DELETED_TABLE_MS)
    tx.run(Q.put_whole, table.id)
    tx.run(Q.put_kept, table.id)
    for index in table.indexes.values():
        tx.run(Q.put_index_leaving, index.id)
