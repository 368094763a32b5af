"""ImportTable.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Requesting.html
"""

from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.dynamodb.arns import Key, table_arn
from penstock.services.dynamodb.errors import invalid, table_exists
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.adding import Definition, add_table
from penstock.services.dynamodb.tables.create import checked_definition, refuse_absent
from penstock.services.dynamodb.tables.keying import wanted_key
from penstock.services.dynamodb.tables.names import table_key
from penstock.services.dynamodb.tables.table import find_table
from penstock.services.dynamodb.transfers.transfer import (
    Status,
    Transfer,
    TransferKind,
    add_transfer,
    find_again,
    new_label,
)
from penstock.store import Tx

_COPIED = ("ClientToken", "S3BucketSource", "InputFormat", "InputFormatOptions", "TableCreationParameters")


def _imported_resource(dynamo: object, call: Call, params: Params) -> str:
    return table_arn(table_key(call, params["TableCreationParameters"]["TableName"]))


@operation("ImportTable", action="dynamodb:ImportTable", resource=_imported_resource)
async def import_table(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the import that has begun: a new table, filled from S3, which is read as the caller."""
    _check(params)
    table = params["TableCreationParameters"]
    definition = checked_definition(table)
    key = table_key(call, table["TableName"])
    begun = await dynamo.store.write(_begin, dynamo, call, key, definition, params)
    return {"ImportTableDescription": begun.shown}


def _check(params: Params) -> None:
    if params["InputFormat"] == "ION":
        raise invalid("InputFormat ION cannot be used: imports are CSV or DYNAMODB_JSON here.")
    if params.get("InputCompressionType") == "ZSTD":
        raise invalid(
            "InputCompressionType ZSTD cannot be used: imports are compressed with GZIP here, or not."
        )
    if params["InputFormat"] != "CSV" and (params.get("InputFormatOptions") or {}).get("Csv"):
        raise invalid("InputFormatOptions can only be given for the format CSV")
    refuse_absent(params["TableCreationParameters"], {"VectorIndexes": "Vector indexes are"})
    if wanted_key(params["TableCreationParameters"]):
        raise invalid("SSESpecification cannot be used: imported tables have no key of KMS here.")


def _begin(
    tx: Tx, dynamo: DynamoState, call: Call, key: Key, definition: Definition, params: Params
) -> Transfer:
    request = {name: value for name, value in params.items() if name != "ClientToken" and value is not None}
    token = params.get("ClientToken") or ""
    if again := find_again(tx, call, TransferKind.IMPORT, token, request):
        return again
    if find_table(tx, key):
        raise table_exists(key[2])
    settings = {**definition.settings, "status": "CREATING"}
    table = add_table(tx, key, Definition(settings, definition.indexes), {})
    label = new_label(tx)
    shown: dict[str, Any] = {
        **{name: params[name] for name in _COPIED if params.get(name)},
        "ImportArn": f"{table.arn}/import/{label}",
        "TableArn": table.arn,
        "TableId": table.uid,
        "InputCompressionType": params.get("InputCompressionType") or "NONE",
        "StartTime": tx.now_ms,
        "ErrorCount": 0,
        "ProcessedSizeBytes": 0,
        "ProcessedItemCount": 0,
        "ImportedItemCount": 0,
    }
    begun = Transfer(
        id=0,
        table=key,
        kind=TransferKind.IMPORT,
        label=label,
        status=Status.IN_PROGRESS,
        document={"version": 1, "principal": call.principal.arn, "request": request, "shown": shown},
        table_id=table.id,
        copy_id=0,
        begun_ms=tx.now_ms,
    )
    added = add_transfer(tx, begun, token)
    tx.after_commit(lambda: dynamo.transfers.begin(added.id, call.principal))
    return added
