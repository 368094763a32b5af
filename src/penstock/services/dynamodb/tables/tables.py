"""DescribeTable, ListTables."""

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.describing import Description, describe
from penstock.services.dynamodb.tables.keying import refusal_of
from penstock.services.dynamodb.tables.names import (
    Asked,
    asked_table,
    requested_table,
    table_resource,
)
from penstock.store import ReadTx, queries

Q = queries(__package__)


@operation("DescribeTable", action="dynamodb:DescribeTable", resource=table_resource)
async def describe_table(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the table's settings, its size and its indexes."""
    return {"Table": await dynamo.store.read(_describe, dynamo, asked_table(call, params["TableName"]))}


@operation("ListTables", action="dynamodb:ListTables")
async def list_tables(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the names of the account's tables in the region, in order."""
    limit = params.get("Limit") or limits.MAX_LISTED_TABLES
    names = await dynamo.store.read(_names, call, params.get("ExclusiveStartTableName") or "", limit + 1)
    answer: Params = {"TableNames": names[:limit]}
    if len(names) > limit:
        answer["LastEvaluatedTableName"] = names[limit - 1]
    return answer


def _describe(tx: ReadTx, dynamo: DynamoState, asked: Asked) -> Description:
    table = requested_table(tx, asked)
    shown = describe(tx, table)
    if missed_ms := refusal_of(tx, dynamo.keys, table):
        shown["TableStatus"] = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
        shown["SSEDescription"] = {
            **shown["SSEDescription"],
            "InaccessibleEncryptionDateTime": missed_ms,
        }
    return shown


def _names(tx: ReadTx, call: Call, after: str, limit: int) -> list[str]:
    return [name for (name,) in tx.all(Q.find_names, call.account, call.region, after, limit)]
