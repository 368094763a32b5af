"""BatchWriteItem.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.batches.keys import admitted, check_distinct
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.capacity import Units, shown_units, wanted, write_units
from penstock.services.dynamodb.items.collection import collection_metrics, wants_metrics
from penstock.services.dynamodb.items.long import LONG_BODY_BYTES, prepared
from penstock.services.dynamodb.items.writes import Delete, Guard, Put, Written, checked_image
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.values import check_item
from penstock.store import Tx

_FREE = Guard(None, shows_old=False)


class _Part(NamedTuple):
    """What is to be done with one table; ``name`` is what the request calls it."""

    name: str
    asked: Asked
    writes: list[Put | Delete]


class _Done(NamedTuple):
    """What was done with one table."""

    name: str
    table: Table
    written: list[Written]


@operation("BatchWriteItem", action=None, max_body=limits.MAX_REQUEST_BYTES, long_body=LONG_BODY_BYTES)
async def batch_write_item(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns when every item of the batch is written; none is left over here."""
    requested: dict[str, list[Params]] = params["RequestItems"]
    if sum(map(len, requested.values())) > limits.MAX_BATCH_WRITE:
        raise invalid("Too many items requested for the BatchWriteItem call")
    parts = [await _part(call, name, requests, params) for name, requests in requested.items()]
    return _answer(await dynamo.store.write(_perform, parts), params)


async def _part(call: Call, name: str, requests: list[Params], params: Params) -> _Part:
    writes = await prepared(call, _writes, {"requests": requests})
    items = [write.image.item if isinstance(write, Put) else write.key for write in writes]
    about = {"ReturnConsumedCapacity": params.get("ReturnConsumedCapacity")}
    asked = await admitted(call, "dynamodb:BatchWriteItem", name, items, about)
    return _Part(name, asked, writes)


def _writes(params: Mapping[str, Any]) -> list[Put | Delete]:
    return [_write(request) for request in params["requests"]]


def _write(request: Params) -> Put | Delete:
    put, delete = request.get("PutRequest"), request.get("DeleteRequest")
    if put is not None and delete is None:
        return Put(checked_image(check_item(put["Item"])), _FREE)
    if delete is not None and put is None:
        return Delete(check_item(delete["Key"]), _FREE)
    raise invalid(
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    )


def _perform(tx: Tx, parts: list[_Part]) -> list[_Done]:
    done = []
    for part in parts:
        table = items_table(tx, part.asked)
        places = [write.place(table) for write in part.writes]
        check_distinct(places)
        written = [write.perform(tx, table, place) for write, place in zip(part.writes, places, strict=True)]
        done.append(_Done(part.name, table, written))
    return done


def _answer(done: list[_Done], params: Params) -> Params:
    answer: Params = {"UnprocessedItems": {}}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = [shown_units(part.table, _units(part), mode) for part in done]
    if wants_metrics(params):
        metrics: dict[str, list[Any]] = defaultdict(list)
        for part in done:
            for written in part.written:
                if found := collection_metrics(part.table, written):
                    metrics[part.name].append(found)
        answer["ItemCollectionMetrics"] = metrics
    return answer


def _units(part: _Done) -> Units:
    units = Units()
    for written in part.written:
        units.add(write_units(part.table, written))
    return units
