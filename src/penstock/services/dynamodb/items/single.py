"""GetItem, PutItem, UpdateItem, DeleteItem.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html and its neighbours
"""

from functools import partial
from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.capacity import (
    Units,
    read_units,
    reading,
    shown_units,
    wanted,
    write_units,
)
from penstock.services.dynamodb.items.circumstances import get_keys, item_keys
from penstock.services.dynamodb.items.collection import collection_metrics, wants_metrics
from penstock.services.dynamodb.items.long import LONG_BODY_BYTES, note_length, prepared
from penstock.services.dynamodb.items.stating import Stated, stated_projection
from penstock.services.dynamodb.items.store import Stored, find_item
from penstock.services.dynamodb.items.writes import Write, Written, change_of, delete_of, put_of
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, asked_items, items_table, table_resource
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Throttle, Way
from penstock.services.dynamodb.values import Item, check_item
from penstock.store import ReadTx, Tx

_RETURNS = {
    "PutItem": ("NONE", "ALL_OLD"),
    "DeleteItem": ("NONE", "ALL_OLD"),
    "UpdateItem": ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"),
}


@operation(
    "GetItem",
    action="dynamodb:GetItem",
    resource=table_resource,
    context=get_keys,
    max_body=limits.MAX_REQUEST_BYTES,
    long_body=LONG_BODY_BYTES,
)
async def get_item(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the item with the key, or of it what is wanted; nothing when there is none."""
    stated = Stated(params)
    projection = stated_projection(params, stated)
    stated.check_used()
    key = check_item(params["Key"])
    asked = asked_items(dynamo, call, params["TableName"])
    table, found = await dynamo.store.read(_get, dynamo.throttle, asked, key)
    units = partial(_units_read, found, params)
    dynamo.throttle.spend(table, Way.READ, units)
    answer: Params = {}
    if found is not None:
        answer["Item"] = projection.of(found.item) if projection else found.item
        note_length(call, found.bytes)
    if mode := wanted(params):
        answer["ConsumedCapacity"] = shown_units(table, units(), mode)
    return answer


@operation(
    "PutItem",
    action="dynamodb:PutItem",
    resource=table_resource,
    context=item_keys,
    max_body=limits.MAX_REQUEST_BYTES,
    long_body=LONG_BODY_BYTES,
)
async def put_item(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns, when it is to, the item that the new one has replaced."""
    _check_returns(call, params)
    return await _write(dynamo, call, params, await prepared(call, put_of, params))


@operation(
    "UpdateItem",
    action="dynamodb:UpdateItem",
    resource=table_resource,
    context=item_keys,
    max_body=limits.MAX_REQUEST_BYTES,
    long_body=LONG_BODY_BYTES,
)
async def update_item(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns, when it is to, the item before or after, or of it what was to change."""
    _check_returns(call, params)
    return await _write(dynamo, call, params, await prepared(call, change_of, params))


@operation(
    "DeleteItem",
    action="dynamodb:DeleteItem",
    resource=table_resource,
    context=item_keys,
    max_body=limits.MAX_REQUEST_BYTES,
    long_body=LONG_BODY_BYTES,
)
async def delete_item(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns, when it is to, the item that is gone."""
    _check_returns(call, params)
    return await _write(dynamo, call, params, await prepared(call, delete_of, params))


def _check_returns(call: Call, params: Params) -> None:
    if params.get("ReturnValues", "NONE") not in _RETURNS[call.operation]:
        raise invalid("Return values set to invalid value")


def _units_read(found: Stored | None, params: Params) -> Units:
    return Units(read_units(found.bytes if found else 0, reading(params.get("ConsistentRead"))))


def _get(tx: ReadTx, throttle: Throttle, asked: Asked, key: Item) -> tuple[Table, Stored | None]:
    table = items_table(tx, asked)
    throttle.admit(table, Way.READ)
    return table, find_item(tx, table, table.keys.place_of_key(key))


async def _write(dynamo: DynamoState, call: Call, params: Params, write: Write) -> Params:
    table, written = await dynamo.store.write(
        perform, dynamo.throttle, asked_items(dynamo, call, params["TableName"]), write
    )
    dynamo.throttle.spend(table, Way.WRITE, partial(write_units, table, written))
    answer: Params = {}
    returned = _returned(written, params.get("ReturnValues"))
    if returned is not None:
        answer["Attributes"] = returned
        note_length(call, max(image.bytes for image in (written.old, written.new) if image))
    if mode := wanted(params):
        answer["ConsumedCapacity"] = shown_units(table, write_units(table, written), mode)
    if wants_metrics(params) and (metrics := collection_metrics(table, written)):
        answer["ItemCollectionMetrics"] = metrics
    return answer


def perform(tx: Tx, throttle: Throttle, asked: Asked, write: Write) -> tuple[Table, Written]:
    """Does one write, alone; AwsError."""
    table = items_table(tx, asked)
    throttle.admit(table, Way.WRITE)
    return table, write.perform(tx, table, write.place(table))


def _returned(written: Written, which: str | None) -> dict[str, Any] | None:
    if which in (None, "NONE"):
        return None
    image = written.new if which in ("ALL_NEW", "UPDATED_NEW") else written.old
    if image is None:
        return None
    if which in ("ALL_OLD", "ALL_NEW"):
        return image.item
    # Of what was to change nothing may be there: then nothing is returned.
    return (written.touched.of(image.item) or None) if written.touched else None
