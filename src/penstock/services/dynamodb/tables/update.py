"""UpdateTable.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from collections.abc import Mapping
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.dynamodb.errors import in_use, invalid, invalid_value, too_many
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.create import index_settings, refuse_absent
from penstock.services.dynamodb.tables.definition import (
    check_keys,
    check_numbers,
    check_projection,
    checked_stream,
    checked_throughput,
    checked_types,
)
from penstock.services.dynamodb.tables.describing import Description, describe
from penstock.services.dynamodb.tables.index import Index, IndexState, Kind
from penstock.services.dynamodb.tables.keying import changed_sealing, check_plain, wanted_key
from penstock.services.dynamodb.tables.names import Asked, asked_table, ready_table, table_resource
from penstock.services.dynamodb.tables.replicas import (
    authorize_replica,
    checked_replica,
    ready_replicas,
    synced,
    update_replica,
)
from penstock.services.dynamodb.tables.streams import begin_stream, end_stream
from penstock.services.dynamodb.tables.table import Table, get_table, store_settings, types_of
from penstock.store import Tx, queries

Q = queries(__package__)

Settings = dict[str, Any]

_REFUSED = {
    "GlobalTableWitnessUpdates": "Witnesses of global tables are",
    "MultiRegionConsistency": "Settings of global tables are",
    "GlobalTableSettingsReplicationMode": "Settings of global tables are",
    "VectorIndexUpdates": "Vector indexes are",
}
_CHANGES = (
    "BillingMode",
    "DeletionProtectionEnabled",
    "DisassociationProtectionEnabled",
    "GlobalSecondaryIndexUpdates",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "ReplicaUpdates",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "WarmThroughput",
)


@operation("UpdateTable", action="dynamodb:UpdateTable", resource=table_resource)
async def update_table(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the table as it is now; a new index is filled in the background."""
    refuse_absent(params, _REFUSED)
    if all(params.get(member) is None for member in _CHANGES):
        raise invalid(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
            "SSESpecification or ReplicaUpdates is required"
        )
    asked = asked_table(call, params["TableName"])
    if replica := checked_replica(params):
        await authorize_replica(call, asked.key, replica)
        return {"TableDescription": await dynamo.store.write(_replicate, dynamo, asked, replica)}
    return {"TableDescription": await dynamo.store.write(_update, dynamo, call, asked, params)}


def _replicate(tx: Tx, dynamo: DynamoState, asked: Asked, update: Params) -> Description:
    table = ready_table(tx, asked)
    check_plain(table, "ReplicaUpdates")
    update_replica(tx, dynamo, table, update)
    return describe(tx, get_table(tx, table.key), "UPDATING")


def _update(tx: Tx, dynamo: DynamoState, call: Call, asked: Asked, params: Params) -> Description:
    table = ready_table(tx, asked)
    if table.replicas and params.get("StreamSpecification"):
        raise invalid(f"The stream of a table with replicas cannot be changed: TableName: {table.name}")
    if params.get("SSESpecification"):
        store_settings(tx, table, changed_sealing(tx, dynamo.keys, call, table, wanted_key(params)))
        table = get_table(tx, table.key)
    _apply(tx, dynamo, table, params)
    if changes := synced(params):
        for replica in ready_replicas(tx, table):
            _apply(tx, dynamo, replica, changes)
    return describe(tx, get_table(tx, table.key), "UPDATING")


def _apply(tx: Tx, dynamo: DynamoState, table: Table, params: Params) -> None:
    settings = dict(table.settings)
    _set_plain(settings, params)
    _set_throughput(tx, table, settings, params)
    if params.get("StreamSpecification"):
        _set_stream(tx, table, settings, params["StreamSpecification"])
    for update in params.get("GlobalSecondaryIndexUpdates") or ():
        _change_index(tx, table, settings, update, params)
        tx.after_commit(dynamo.builder.wake)
        tx.after_commit(dynamo.sweeper.wake)
    store_settings(tx, table, settings)


def _set_plain(settings: Settings, params: Params) -> None:
    if params.get("DeletionProtectionEnabled") is not None:
        settings["DeletionProtectionEnabled"] = params["DeletionProtectionEnabled"]
    if params.get("TableClass"):
        settings["TableClassSummary"] = {"TableClass": params["TableClass"]}
    if params.get("OnDemandThroughput"):
        settings["OnDemandThroughput"] = params["OnDemandThroughput"]


def _set_throughput(tx: Tx, table: Table, settings: Settings, params: Params) -> None:
    mode, given = params.get("BillingMode"), params.get("ProvisionedThroughput")
    if mode is None and given is None:
        return
    on_demand = mode == "PAY_PER_REQUEST" if mode else table.is_on_demand
    new = checked_throughput(on_demand, given, "")
    if on_demand == table.is_on_demand and not on_demand and new == settings["ProvisionedThroughput"]:
        raise invalid(_unchanged(settings["ProvisionedThroughput"], new))
    if on_demand and not table.is_on_demand:
        settings["on_demand_ms"] = tx.now_ms
    settings["BillingMode"] = "PAY_PER_REQUEST" if on_demand else "PROVISIONED"
    settings["ProvisionedThroughput"] = new
    if on_demand != table.is_on_demand:
        for index in _global(table):
            _put_throughput(tx, index, on_demand, _given_to(index, params))


def _unchanged(present: Mapping[str, int], new: Mapping[str, int]) -> str:
    units = " ".join(
        f"Current {name} provisioned for the table: {present[name]}. Requested {name}: {new[name]}."
        for name in new
    )
    return (
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        f"{units} Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )


def _global(table: Table) -> list[Index]:
    return [index for index in table.indexes.values() if index.is_global]


def _given_to(index: Index, params: Params) -> Mapping[str, int] | None:
    for update in params.get("GlobalSecondaryIndexUpdates") or ():
        change = update.get("Update") or {}
        if change.get("IndexName") == index.name:
            found: Mapping[str, int] | None = change.get("ProvisionedThroughput")
            return found
    return None


def _put_throughput(tx: Tx, index: Index, on_demand: bool, given: Mapping[str, int] | None) -> None:
    throughput = checked_throughput(on_demand, given, f" for index: {index.name}")
    _put_index(tx, index, {**index.settings, "ProvisionedThroughput": throughput})


def _put_index(tx: Tx, index: Index, settings: Mapping[str, Any]) -> None:
    tx.run(Q.put_index_document, orjson.dumps(settings).decode(), index.id)


def _set_stream(tx: Tx, table: Table, settings: Settings, specification: Mapping[str, Any]) -> None:
    view = checked_stream(specification)
    if view and table.stream:
        raise invalid(f"Table already has an enabled stream: TableName: {table.name}")
    if not view and not table.stream:
        raise invalid(f"Table has no stream to disable: TableName: {table.name}")
    if view:
        check_plain(table, "StreamSpecification")
        settings["stream"] = begin_stream(tx, table.id, table.key, settings["KeySchema"], view)
        settings["last_stream"] = settings["stream"]["label"]
    elif table.stream:
        end_stream(tx, table.stream.id)
        del settings["stream"]


def _change_index(tx: Tx, table: Table, settings: Settings, update: Params, params: Params) -> None:
    if len([kind for kind in ("Create", "Update", "Delete") if update.get(kind)]) != 1:
        raise invalid_value(
            "Only one of Create, Update or Delete can be specified for a GlobalSecondaryIndexUpdate"
        )
    _check_one(params["GlobalSecondaryIndexUpdates"])
    if create := update.get("Create"):
        _create_index(tx, table, settings, create, params)
    elif delete := update.get("Delete"):
        _delete_index(tx, table, settings, _present(table, delete["IndexName"]))
    else:
        _update_index(tx, table, settings, update["Update"], params)


def _check_one(updates: list[Params]) -> None:
    if sum(1 for update in updates if update.get("Create") or update.get("Delete")) > 1:
        raise too_many(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )


def _present(table: Table, name: str) -> Index:
    index = table.indexes.get(name)
    if index is None or not index.is_global:
        raise invalid_value(f"Index not found: {name}") if index else _not_found(name)
    return index


def _not_found(name: str) -> Exception:
    return invalid(f"The table does not have the specified index: {name}")


def _create_index(tx: Tx, table: Table, settings: Settings, index: Params, params: Params) -> None:
    name = index["IndexName"]
    if name in table.secondary:
        raise invalid(f"Attempting to create an index which already exists: {name}")
    if any(leaving.name == name for leaving in table.leaving) or any(
        not other.is_active for other in _global(table)
    ):
        raise too_many(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
        )
    definitions = _merged(settings["AttributeDefinitions"], params.get("AttributeDefinitions") or [])
    check_keys(index["KeySchema"], types_of(definitions))
    check_projection(index["Projection"])
    check_numbers([], [*({"IndexName": i.name, **i.settings} for i in _global(table)), index])
    made = index_settings(
        index, types_of(definitions), on_demand=settings["BillingMode"] == "PAY_PER_REQUEST"
    )
    settings["AttributeDefinitions"] = _used(
        definitions, [table, made, *(i.settings for i in table.secondary.values())]
    )
    tx.insert(
        Q.add_index, table.id, name, Kind.GLOBAL, IndexState.CREATING, orjson.dumps(made).decode(), b"", b""
    )


def _delete_index(tx: Tx, table: Table, settings: Settings, index: Index) -> None:
    tx.run(Q.put_index_state, IndexState.DELETING, index.id)
    others = [other.settings for other in table.secondary.values() if other.id != index.id]
    settings["AttributeDefinitions"] = _used(settings["AttributeDefinitions"], [table, *others])


def _update_index(tx: Tx, table: Table, settings: Settings, change: Params, params: Params) -> None:
    index = _present(table, change["IndexName"])
    changed = dict(index.settings)
    on_demand = settings["BillingMode"] == "PAY_PER_REQUEST"
    if given := change.get("ProvisionedThroughput"):
        changed["ProvisionedThroughput"] = checked_throughput(on_demand, given, f" for index: {index.name}")
        if changed == index.settings:
            raise invalid(_unchanged(index.settings["ProvisionedThroughput"], given))
    if change.get("OnDemandThroughput"):
        changed["OnDemandThroughput"] = change["OnDemandThroughput"]
    _put_index(tx, index, changed)


def _merged(present: list[dict[str, str]], given: list[dict[str, str]]) -> list[dict[str, str]]:
    checked_types(given)
    types = types_of(present)
    for definition in given:
        name = definition["AttributeName"]
        if types.get(name, definition["AttributeType"]) != definition["AttributeType"]:
            raise in_use(f"The attribute {name} is part of a key with another type")
    return [*present, *(definition for definition in given if definition["AttributeName"] not in types)]


def _used(definitions: list[dict[str, str]], owners: list[Any]) -> list[dict[str, str]]:
    """Returns the definitions of attributes that are part of some key."""
    schemas = [
        owner.settings["KeySchema"] if isinstance(owner, Table) else owner["KeySchema"] for owner in owners
    ]
    names = {element["AttributeName"] for schema in schemas for element in schema}
    return [definition for definition in definitions if definition["AttributeName"] in names]
