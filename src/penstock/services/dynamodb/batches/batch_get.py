"""BatchGetItem.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
"""

import asyncio
from typing import Any, NamedTuple

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.batches.keys import admitted, check_distinct
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.expressions import Projection
from penstock.services.dynamodb.items.capacity import Units, read_units, reading, shown_units, wanted
from penstock.services.dynamodb.items.stating import Stated, stated_projection
from penstock.services.dynamodb.items.store import Stored, find_item
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Way
from penstock.services.dynamodb.values import Item, check_item
from penstock.store import ReadTx

_STEP = 10  # items read at once, of up to 400 KB each


class _Part(NamedTuple):
    """What is wanted of one table; ``name`` is what the request calls it."""

    name: str
    asked: Asked
    keys: list[Item]
    projection: Projection | None
    params: Params


@operation("BatchGetItem", action=None, max_body=limits.MAX_REQUEST_BYTES, long_answer=True)
async def batch_get_item(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the items that are there; the keys of those that are too much for one answer come back."""
    requested: dict[str, Params] = params["RequestItems"]
    if sum(len(part["Keys"]) for part in requested.values()) > limits.MAX_BATCH_GET:
        raise invalid("Too many items requested for the BatchGetItem call")
    parts = [await _part(dynamo, call, name, part, params) for name, part in requested.items()]
    answer = _Answer(wanted(params))
    for part in parts:
        await answer.take(dynamo, part)
    return answer.shown()


async def _part(dynamo: DynamoState, call: Call, name: str, params: Params, request: Params) -> _Part:
    stated = Stated(params)
    projection = stated_projection(params, stated)
    stated.check_used()
    keys = [check_item(key) for key in params["Keys"]]
    about = {**params, "ReturnConsumedCapacity": request.get("ReturnConsumedCapacity")}
    asked = await admitted(dynamo, call, "dynamodb:BatchGetItem", name, keys, about)
    return _Part(name, asked, keys, projection, params)


class _Answer:
    """What has been read so far."""

    def __init__(self, mode: str | None) -> None:
        self._mode = mode
        self._responses: dict[str, list[Item]] = {}
        self._unprocessed: dict[str, Params] = {}
        self._consumed: list[dict[str, Any]] = []
        self._bytes = 0

    async def take(self, dynamo: DynamoState, part: _Part) -> None:
        """Reads what is wanted of one table, in steps."""
        items = self._responses[part.name] = []
        table = await dynamo.store.read(_checked_table, part)
        units = Units()
        how = reading(part.params.get("ConsistentRead"))
        for at in range(0, len(part.keys), _STEP):
            if not self._is_admitted(dynamo, table):
                self._unprocessed[part.name] = {**part.params, "Keys": part.params["Keys"][at:]}
                break
            found = await dynamo.store.read(_read, table, part.keys[at : at + _STEP])
            for number, stored in enumerate(found, at):
                size = stored.bytes if stored else 0
                if self._bytes and self._bytes + size > limits.MAX_BATCH_GET_BYTES:
                    rest = {**part.params, "Keys": part.params["Keys"][number:]}
                    self._unprocessed[part.name] = rest
                    break
                self._bytes += size
                units.table += read_units(size, how)
                if stored:
                    items.append(part.projection.of(stored.item) if part.projection else stored.item)
            if part.name in self._unprocessed:
                break
            await asyncio.sleep(0)  # others have their turn
        dynamo.throttle.spend(table, Way.READ, lambda: units)
        if self._mode:
            self._consumed.append(shown_units(table, units, self._mode))

    def _is_admitted(self, dynamo: DynamoState, table: Table) -> bool:
        """Returns whether a table can be read; AwsError when nothing of the request has been."""
        try:
            dynamo.throttle.admit(table, Way.READ)
        except AwsError:
            if not self._bytes:
                raise
            return False
        return True

    def shown(self) -> Params:
        """Returns the operation's answer."""
        answer: Params = {"Responses": self._responses, "UnprocessedKeys": self._unprocessed}
        if self._mode:
            answer["ConsumedCapacity"] = self._consumed
        return answer


def _checked_table(tx: ReadTx, part: _Part) -> Table:
    table = items_table(tx, part.asked)
    check_distinct([table.keys.place_of_key(key) for key in part.keys])
    return table


def _read(tx: ReadTx, table: Table, keys: list[Item]) -> list[Stored | None]:
    return [find_item(tx, table, table.keys.place_of_key(key)) for key in keys]
