"""DescribeTable, ListTables, DeleteTable."""

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.describing import Description, describe
from penstock.services.dynamodb.tables.names import Asked, asked_table, requested_table, table_resource
from penstock.services.dynamodb.tables.streams import end_stream
from penstock.services.dynamodb.tables.table import forget_table
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@operation("DescribeTable", action="dynamodb:DescribeTable", resource=table_resource)
async def describe_table(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the table's settings, its size and its indexes."""
    return {"Table": await dynamo.store.read(_describe, asked_table(call, params["TableName"]))}


@operation("ListTables", action="dynamodb:ListTables")
async def list_tables(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the names of the account's tables in the region, in order."""
    limit = params.get("Limit") or limits.MAX_LISTED_TABLES
    names = await dynamo.store.read(_names, call, params.get("ExclusiveStartTableName") or "", limit + 1)
    answer: Params = {"TableNames": names[:limit]}
    if len(names) > limit:
        answer["LastEvaluatedTableName"] = names[limit - 1]
    return answer


@operation("DeleteTable", action="dynamodb:DeleteTable", resource=table_resource)
async def delete_table(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the table that is gone; its items go in small steps afterwards."""
    gone = await dynamo.store.write(_delete, dynamo, asked_table(call, params["TableName"]))
    return {"TableDescription": gone}


def _describe(tx: ReadTx, asked: Asked) -> Description:
    return describe(tx, requested_table(tx, asked))


def _names(tx: ReadTx, call: Call, after: str, limit: int) -> list[str]:
    return [name for (name,) in tx.all(Q.find_names, call.account, call.region, after, limit)]


def _delete(tx: Tx, dynamo: DynamoState, asked: Asked) -> Description:
    table = requested_table(tx, asked)
    if table.settings["DeletionProtectionEnabled"]:
        raise invalid(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    gone = describe(tx, table, "DELETING")
    if table.stream:
        end_stream(tx, table.stream.id)
    tx.run(Q.put_dropped, table.id)
    forget_table(tx, table.key)
    tx.after_commit(dynamo.sweeper.wake)
    return gone
