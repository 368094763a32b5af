"""CreateTable.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from typing import Any

from penstock.server import Call, Params, operation, requested_tags
from penstock.services.dynamodb.arns import Key, table_arn
from penstock.services.dynamodb.errors import invalid, invalid_value, table_exists
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.adding import Definition, add_table
from penstock.services.dynamodb.tables.definition import (
    check_keys,
    check_local,
    check_numbers,
    check_projection,
    check_used,
    checked_stream,
    checked_throughput,
    checked_types,
)
from penstock.services.dynamodb.tables.describing import Description, describe
from penstock.services.dynamodb.tables.index import Kind
from penstock.services.dynamodb.tables.keying import check_plain, new_sealing, wanted_key
from penstock.services.dynamodb.tables.names import table_key, table_resource
from penstock.services.dynamodb.tables.policy_text import checked_policy
from penstock.services.dynamodb.tables.streams import begin_stream
from penstock.services.dynamodb.tables.table import find_table, get_table, store_settings
from penstock.services.dynamodb.tables.tag_list import checked_tags
from penstock.store import Tx

_REFUSED = {
    "GlobalTableSourceArn": "Global tables of several accounts are",
    "GlobalTableSettingsReplicationMode": "Settings of global tables are",
    "VectorIndexes": "Vector indexes are",
}


@operation("CreateTable", action="dynamodb:CreateTable", resource=table_resource, context=requested_tags)
async def create_table(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the new table, which can be used at once."""
    key = table_key(call, params["TableName"])
    refuse_absent(params, _REFUSED)
    if params.get("Tags"):
        await call.authorize("dynamodb:TagResource", table_arn(key), requested_tags(dynamo, call, params))
    if params.get("ResourcePolicy"):
        await call.authorize("dynamodb:PutResourcePolicy", table_arn(key))
    definition = checked_definition(params)
    return {"TableDescription": await dynamo.store.write(_create, dynamo, call, key, params, definition)}


def refuse_absent(params: Params, absent: dict[str, str]) -> None:
    """Returns when ``params`` ask for nothing that is not there; ValidationException naming it."""
    for member, what in absent.items():
        if params.get(member):
            raise invalid(f"{member} cannot be used: {what} not available here.")


def index_settings(index: Params, types: dict[str, str], *, on_demand: bool | None) -> dict[str, Any]:
    """Returns what is stored of an index, given whether its table is on demand; None for a local index."""
    names = [element["AttributeName"] for element in index["KeySchema"]]
    settings: dict[str, Any] = {
        "version": 1,
        "KeySchema": index["KeySchema"],
        "Projection": index["Projection"],
        "types": {name: types[name] for name in names},
    }
    if on_demand is not None:
        whose = f" for index: {index['IndexName']}"
        settings["ProvisionedThroughput"] = checked_throughput(
            on_demand, index.get("ProvisionedThroughput"), whose
        )
        if index.get("OnDemandThroughput"):
            settings["OnDemandThroughput"] = index["OnDemandThroughput"]
    return settings


def checked_definition(params: Params) -> Definition:
    """Returns what a request wants its table to be; ValidationException."""
    definitions, elements = params.get("AttributeDefinitions"), params.get("KeySchema")
    if not definitions or not elements:
        member = "AttributeDefinitions" if not definitions else "KeySchema"
        raise invalid_value(f"{member} is required to create a table")
    types = checked_types(definitions)
    check_keys(elements, types)
    on_demand = params.get("BillingMode") == "PAY_PER_REQUEST"
    settings = {
        "AttributeDefinitions": definitions,
        "KeySchema": elements,
        "BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        "ProvisionedThroughput": checked_throughput(on_demand, params.get("ProvisionedThroughput"), ""),
        "DeletionProtectionEnabled": bool(params.get("DeletionProtectionEnabled")),
    }
    if params.get("TableClass"):
        settings["TableClassSummary"] = {"TableClass": params["TableClass"]}
    if params.get("OnDemandThroughput"):
        settings["OnDemandThroughput"] = params["OnDemandThroughput"]
    return Definition(settings, _checked_indexes(params, types, on_demand))


def _checked_indexes(params: Params, types: dict[str, str], on_demand: bool) -> list[tuple[Kind, str, Any]]:
    local, global_ = params.get("LocalSecondaryIndexes"), params.get("GlobalSecondaryIndexes")
    for member, given in (("LocalSecondaryIndexes", local), ("GlobalSecondaryIndexes", global_)):
        if given == []:
            raise invalid_value(f"List of {member} is empty")
    for index in local or ():
        check_local(index, params["KeySchema"], types)
    for index in global_ or ():
        check_keys(index["KeySchema"], types)
        check_projection(index["Projection"])
    check_numbers(local or (), global_ or ())
    schemas = [params["KeySchema"], *(index["KeySchema"] for index in (*(local or ()), *(global_ or ())))]
    check_used(types, schemas)
    found = [(Kind.LOCAL, i["IndexName"], index_settings(i, types, on_demand=None)) for i in local or ()]
    return found + [
        (Kind.GLOBAL, i["IndexName"], index_settings(i, types, on_demand=on_demand)) for i in global_ or ()
    ]


def _create(
    tx: Tx, dynamo: DynamoState, call: Call, key: Key, params: Params, definition: Definition
) -> Description:
    if find_table(tx, key):
        raise table_exists(key[2])
    tags = checked_tags({}, params.get("Tags") or [])
    policy = checked_policy(params["ResourcePolicy"], tx.ids) if params.get("ResourcePolicy") else ""
    view = checked_stream(params.get("StreamSpecification"))
    if kms_key := wanted_key(params):
        sealing = new_sealing(tx, dynamo.keys, call, key, kms_key)
        definition = definition._replace(settings={**definition.settings, **sealing})
    table = add_table(tx, key, definition, tags, policy)
    if view:
        check_plain(table, "StreamSpecification")
        stream = begin_stream(tx, table.id, key, table.settings["KeySchema"], view)
        store_settings(tx, table, {**table.settings, "stream": stream, "last_stream": stream["label"]})
    description = describe(tx, get_table(tx, key), "CREATING")
    for shown in description.get("GlobalSecondaryIndexes", ()):
        shown["IndexStatus"] = "CREATING"
    return description
