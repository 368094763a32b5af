"""Replicas of a table in other regions of this server: global tables, of version 2019.11.21.

All of them lie in one store, so a write is written to every replica by its own commit (``items.store``): none is ever
behind, and of two writes the later one stands everywhere. A new replica is filled in the background, as an index is.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from penstock.server import Call, Params
from penstock.services.dynamodb.arns import Key, table_arn
from penstock.services.dynamodb.errors import in_use, invalid, protected
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.adding import Definition, add_table, definition_of
from penstock.services.dynamodb.tables.copies import begin_plain_copy
from penstock.services.dynamodb.tables.index import Index, IndexState, Kind
from penstock.services.dynamodb.tables.streams import begin_stream, end_stream
from penstock.services.dynamodb.tables.table import Table, find_table, forget_table, get_table, store_settings
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

VIEW: Final = "NEW_AND_OLD_IMAGES"
"""What the stream of every replica shows."""

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_SYNCED = frozenset(
    {
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexUpdates",
        "OnDemandThroughput",
        "ProvisionedThroughput",
    }
)
"""What UpdateTable changes in every replica; the rest is each replica's own."""


def checked_replica(params: Params) -> Params | None:
    """Returns the one update of replicas that a request asks for, None when it asks for none; ValidationException."""
    updates = params.get("ReplicaUpdates")
    if not updates:
        return None
    if len(updates) > 1 or any(params.get(name) for name in _SYNCED):
        raise invalid("Only one replica can be updated in a request, and nothing else besides")
    [update] = updates
    kinds = [kind for kind, value in update.items() if value is not None]
    if kinds not in (["Create"], ["Delete"]):
        raise invalid(
            "ReplicaUpdates cannot be used so: replicas are created and deleted here, one at a time."
        )
    change: Params = update[kinds[0]]
    if more := [name for name, value in change.items() if name != "RegionName" and value is not None]:
        raise invalid(f"{more[0]} cannot be used: replicas have the settings of their table here.")
    if not _REGION.fullmatch(change["RegionName"]):
        raise invalid(f"Invalid region: {change['RegionName'][:50]}")
    return {"kind": kinds[0], "region": change["RegionName"]}


# Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2gt_IAM.html
_TAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "Create": (
        "CreateTableReplica",
        "CreateTable",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "UpdateItem",
    ),
    "Delete": ("DeleteTableReplica", "DeleteTable"),
}


async def authorize_replica(call: Call, key: Key, update: Params) -> None:
    """Returns when the caller may make, or delete, the replica; AccessDeniedException."""
    arn = table_arn((key[0], update["region"], key[2]))
    for action in _TAKES[update["kind"]]:
        await call.authorize(f"dynamodb:{action}", arn)


def update_replica(tx: Tx, dynamo: DynamoState, table: Table, update: Params) -> None:
    """Adds the replica, or takes it away; ValidationException, ResourceInUseException."""
    ready_replicas(tx, table)
    key = (table.key[0], update["region"], table.name)
    if update["kind"] == "Create":
        _create(tx, dynamo, table, key)
    else:
        _delete(tx, dynamo, table, key)


def ready_replicas(tx: ReadTx, table: Table) -> list[Table]:
    """Returns the other replicas of the table; ResourceInUseException while one of them is made."""
    found = _replicas_of(tx, table)
    if not all(replica.is_ready for replica in found):
        raise in_use(f"Table is being updated: {table.name}")
    return found


def leave_replicas(tx: Tx, table: Table) -> None:
    """Takes a table that is being deleted out of the lists of the others; ResourceInUseException while one is made."""
    for replica in ready_replicas(tx, table):
        _store_regions(tx, replica, {key[1] for key in replica.replicas} - {table.key[1]})


def synced(params: Params) -> Params:
    """Returns what a request to update a table says of each of its replicas."""
    return {name: value for name, value in params.items() if name in _SYNCED and value is not None}


def shown_replicas(tx: ReadTx, table: Table) -> list[dict[str, Any]]:
    """Returns AWS's ``Replicas``: the others."""
    return [
        {"RegionName": replica.key[1], "ReplicaStatus": "ACTIVE" if replica.is_ready else "CREATING"}
        for replica in _replicas_of(tx, table)
    ]


def with_stream(tx: Tx, table: Table, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings with a stream as replicas have it; ValidationException when there is another one."""
    if table.stream is None:
        stream = begin_stream(tx, table.id, table.key, settings["KeySchema"], VIEW)
        return {**settings, "stream": stream, "last_stream": stream["label"]}
    if table.stream.view != VIEW:
        raise invalid(f"The stream of a table with replicas must show {VIEW}: TableName: {table.name}")
    return dict(settings)


def _replicas_of(tx: ReadTx, table: Table) -> list[Table]:
    return [get_table(tx, key) for key in table.replicas]


def _create(tx: Tx, dynamo: DynamoState, table: Table, key: Key) -> None:
    if key[1] == table.key[1] or key in table.replicas or find_table(tx, key):
        raise invalid(
            f"Failed to create a the new replica of table with name: '{table.name}' "
            "because one or more replicas already existed as tables."  # AWS writes it so
        )
    for index in table.secondary.values():
        if not index.is_active:
            raise in_use(f"Table is being updated: {table.name}")
    settings, indexes = definition_of(table)
    replica = add_table(tx, key, Definition({**settings, "status": "CREATING"}, indexes), {})
    if table.expiry is not None:
        _add_expiry(tx, replica, table.expiry)
    store_settings(tx, table, with_stream(tx, table, table.settings))
    regions = {table.key[1], key[1], *(found[1] for found in table.replicas)}
    for region in regions:
        _store_regions(tx, get_table(tx, (key[0], region, key[2])), regions - {region})
    begin_plain_copy(tx, table.id, get_table(tx, key).id)
    tx.after_commit(dynamo.copier.wake)


def _add_expiry(tx: Tx, replica: Table, expiry: Index) -> None:
    text = orjson.dumps(dict(expiry.settings)).decode()
    tx.insert(Q.add_index, replica.id, expiry.name, Kind.EXPIRY, IndexState.ACTIVE, text, b"", b"")
    forget_table(tx, replica.key)


def _delete(tx: Tx, dynamo: DynamoState, table: Table, key: Key) -> None:
    replica = find_table(tx, key)
    if replica is None or key not in table.replicas:
        raise invalid(
            "Update global table operation failed because one or more replicas were not part of the global table."
        )
    if replica.settings["DeletionProtectionEnabled"]:
        raise protected()
    leave_replicas(tx, replica)
    if replica.stream:
        end_stream(tx, replica.stream.id)
    tx.run(Q.put_dropped, replica.id)
    forget_table(tx, key)
    tx.after_commit(dynamo.sweeper.wake)


def _store_regions(tx: Tx, table: Table, regions: set[str]) -> None:
    settings = {name: value for name, value in table.settings.items() if name != "replicas"}
    store_settings(tx, table, {**settings, "replicas": sorted(regions)} if regions else settings)
