"""TransactGetItems.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions import Projection
from penstock.services.dynamodb.items.capacity import Reading, Units, read_units, shown_units, wanted
from penstock.services.dynamodb.items.stating import Stated, stated_projection
from penstock.services.dynamodb.items.store import Stored, find_item
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Throttle, Way
from penstock.services.dynamodb.transactions.actions import check_count, check_distinct, may
from penstock.services.dynamodb.transactions.reasons import each
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
    gets = [await _get(dynamo, call, item["Get"], params) for item in params["TransactItems"]]
    found = await dynamo.store.read(_read, dynamo.throttle, gets)
    spend_reads(dynamo.throttle, found)
    if sum(got.stored.bytes for got in found if got.stored) > limits.MAX_TRANSACTION_BYTES:
        raise invalid("Transaction request size exceeds the limit of 4 MB")
    answer: Params = {"Responses": [_shown(get, got) for get, got in zip(gets, found, strict=True)]}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = consumed_by_reads(found, mode)
    return answer


async def _get(dynamo: DynamoState, call: Call, params: Params, request: Params) -> _Get:
    stated = Stated(params)
    projection = stated_projection(params, stated)
    stated.check_used()
    key = check_item(params["Key"])
    return _Get(await may(dynamo, call, "dynamodb:GetItem", params, request), key, projection)


def _read(tx: ReadTx, throttle: Throttle, gets: list[_Get]) -> list[Got]:
    tables = [items_table(tx, get.asked) for get in gets]
    return read_at(tx, throttle, tables, [partial(_place, get) for get in gets])


def read_at(
    tx: ReadTx, throttle: Throttle, tables: list[Table], places: list[Callable[[Table], Place]]
) -> list[Got]:
    """Returns what stands in each table at the place that is named for it; TransactionCanceledException."""
    each(tables, lambda table: throttle.admit(table, Way.READ))
    placed = each(list(zip(tables, places, strict=True)), lambda job: (job[0], job[1](job[0])))
    check_distinct([(table.id, place) for table, place in placed])
    return [Got(table, find_item(tx, table, place)) for table, place in placed]


def _place(get: _Get, table: Table) -> Place:
    return table.keys.place_of_key(get.key)


def _shown(get: _Get, got: Got) -> dict[str, Any]:
    if got.stored is None:
        return {}
    item = got.stored.item
    return {"Item": get.projection.of(item) if get.projection else item}


def spend_reads(throttle: Throttle, found: list[Got]) -> None:
    """Takes what a transaction's reads have consumed from their tables."""
    for table, stored in found:
        throttle.spend(table, Way.READ, partial(_units, stored))


def _units(stored: Stored | None) -> Units:
    return Units(read_units(stored.bytes if stored else 0, Reading.TRANSACTIONAL))


def consumed_by_reads(found: list[Got], mode: str) -> list[dict[str, Any]]:
    """Returns what a transaction's reads have consumed, by tables."""
    units: dict[int, tuple[Table, Units]] = {}
    for table, stored in found:
        _, total = units.setdefault(table.id, (table, Units()))
        total.add(_units(stored))
    return [shown_units(table, total, mode, "ReadCapacityUnits") for table, total in units.values()]
