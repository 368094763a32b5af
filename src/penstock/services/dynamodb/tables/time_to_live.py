"""UpdateTimeToLive and DescribeTimeToLive.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

import orjson

from penstock.server import Call, Params, operation
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.index import IndexState, Kind
from penstock.services.dynamodb.tables.names import (
    Asked,
    asked_table,
    ready_table,
    requested_table,
    table_resource,
)
from penstock.services.dynamodb.tables.replicas import ready_replicas
from penstock.services.dynamodb.tables.table import Table, forget_table
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

EXPIRY_INDEX = "~expiry"
"""No name that an index can be given."""


@operation("UpdateTimeToLive", action="dynamodb:UpdateTimeToLive", resource=table_resource)
async def update_time_to_live(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the specification; the items that have the attribute are found in the background."""
    await dynamo.store.write(_update, dynamo, asked_table(call, params["TableName"]), params)
    return {"TimeToLiveSpecification": params["TimeToLiveSpecification"]}


@operation("DescribeTimeToLive", action="dynamodb:DescribeTimeToLive", resource=table_resource)
async def describe_time_to_live(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns whether items end, and by which attribute."""
    return {
        "TimeToLiveDescription": await dynamo.store.read(_describe, asked_table(call, params["TableName"]))
    }


def _describe(tx: ReadTx, asked: Asked) -> Params:
    expiry = requested_table(tx, asked).expiry
    if expiry is None:
        return {"TimeToLiveStatus": "DISABLED"}
    status = "ENABLED" if expiry.is_active else "ENABLING"
    return {"TimeToLiveStatus": status, "AttributeName": expiry.settings["AttributeName"]}


def _update(tx: Tx, dynamo: DynamoState, asked: Asked, params: Params) -> None:
    table = ready_table(tx, asked)
    for each in (table, *ready_replicas(tx, table)):
        _apply(tx, each, params["TimeToLiveSpecification"])
    tx.after_commit(dynamo.builder.wake)
    tx.after_commit(dynamo.sweeper.wake)


def _apply(tx: Tx, table: Table, specification: Params) -> None:
    expiry, attribute = table.expiry, specification["AttributeName"]
    if not specification["Enabled"]:
        if expiry is None:
            raise invalid("TimeToLive is already disabled")
        if attribute != expiry.settings["AttributeName"]:
            raise invalid(
                "TimeToLive is active on a different AttributeName: current AttributeName is "
                f"{expiry.settings['AttributeName']}"
            )
        tx.run(Q.put_index_state, IndexState.DELETING, expiry.id)
    elif expiry is not None:
        raise invalid("TimeToLive is already enabled")
    else:
        settings = orjson.dumps({"version": 1, "AttributeName": attribute}).decode()
        tx.insert(Q.add_index, table.id, EXPIRY_INDEX, Kind.EXPIRY, IndexState.CREATING, settings, b"", b"")
    forget_table(tx, table.key)
