"""The table that is to be backed up, restored or exported, in the words of those operations."""

from penstock.server import Call, Params
from penstock.services.dynamodb.errors import source_in_use, source_not_found
from penstock.services.dynamodb.tables.names import Asked
from penstock.services.dynamodb.tables.table import Table, find_table
from penstock.store import ReadTx


def source_table(tx: ReadTx, asked: Asked) -> Table:
    """Returns the table that the caller was authorised for; TableNotFoundException, TableInUseException."""
    table = find_table(tx, asked.key)
    if table is None or table.uid != asked.uid:
        raise source_not_found(asked.key[2])
    if not table.is_ready:
        raise source_in_use(table.name)
    return table


def named_backup(state: object, call: Call, params: Params) -> str:
    """Returns the ARN of the backup that is among the parameters."""
    return str(params["BackupArn"])
