"""TransactGetItems.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
"""

from typing import Any, NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid, transaction_cancelled
from penstock.services.dynamodb.expressions import Projection
from penstock.services.dynamodb.items.capacity import Reading, Units, read_units, shown_units, wanted
from penstock.services.dynamodb.items.stating import Stated, stated_projection
from penstock.services.dynamodb.items.store import Stored, find_item
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.transactions.actions import check_count, check_distinct, may
from penstock.services.dynamodb.values import Item, check_item
from penstock.store import ReadTx


class _Get(NamedTuple):
    """One item that is wanted."""

    asked: Asked
    key: Item
    projection: Projection | None


class Got(NamedTuple):
    """What was found of an item."""

    table: Table
    stored: Stored | None


@operation("TransactGetItems", action=None, max_body=limits.MAX_REQUEST_BYTES, long_answer=True)
async def transact_get_items(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the items as they are at one moment, in the order of the request."""
    check_count(params["TransactItems"])
    gets = [await _get(call, item["Get"]) for item in params["TransactItems"]]
    found = await dynamo.store.read(_read, gets)
    if sum(got.stored.bytes for got in found if got.stored) > limits.MAX_TRANSACTION_BYTES:
        raise invalid("Transaction request size exceeds the limit of 4 MB")
    answer: Params = {"Responses": [_shown(get, got) for get, got in zip(gets, found, strict=True)]}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = consumed_by_reads(found, mode)
    return answer


async def _get(call: Call, params: Params) -> _Get:
    stated = Stated(params)
    projection = stated_projection(params, stated)
    stated.check_used()
    key = check_item(params["Key"])
    return _Get(await may(call, "dynamodb:GetItem", params), key, projection)


def _read(tx: ReadTx, gets: list[_Get]) -> list[Got]:
    tables = [items_table(tx, get.asked) for get in gets]
    places, reasons = [], []
    for get, table in zip(gets, tables, strict=True):
        try:
            places.append((table, table.keys.place_of_key(get.key)))
            reasons.append({"Code": "None"})
        except AwsError as error:
            reasons.append({"Code": "ValidationError", "Message": error.message})
    if len(places) < len(gets):
        raise transaction_cancelled(reasons)
    check_distinct([(table.id, place) for table, place in places])
    return [Got(table, find_item(tx, table, place)) for table, place in places]


def _shown(get: _Get, got: Got) -> dict[str, Any]:
    if got.stored is None:
        return {}
    item = got.stored.item
    return {"Item": get.projection.of(item) if get.projection else item}


def consumed_by_reads(found: list[Got], mode: str) -> list[dict[str, Any]]:
    """Returns what a transaction's reads have consumed, by tables."""
    units: dict[int, tuple[Table, Units]] = {}
    for table, stored in found:
        _, total = units.setdefault(table.id, (table, Units()))
        total.table += read_units(stored.bytes if stored else 0, Reading.TRANSACTIONAL)
    return [shown_units(table, total, mode, "ReadCapacityUnits") for table, total in units.values()]
