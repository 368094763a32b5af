"""BatchExecuteStatement: up to 25 statements, each for itself.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
"""

import asyncio
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.items.capacity import (
    Units,
    read_units,
    reading,
    shown_units,
    wanted,
    write_units,
)
from penstock.services.dynamodb.items.single import perform
from penstock.services.dynamodb.items.store import Stored
from penstock.services.dynamodb.partiql.admission import admitted
from penstock.services.dynamodb.partiql.language import Select, Statement, parse
from penstock.services.dynamodb.partiql.mixture import check_mixture
from penstock.services.dynamodb.partiql.reads import read_one
from penstock.services.dynamodb.partiql.writes import returned, write_of
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Throttle, Way
from penstock.store import ReadTx

_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
    "ValidationException": "ValidationError",
    "ResourceNotFoundException": "ResourceNotFound",
    "DuplicateItemException": "DuplicateItem",
    "AccessDeniedException": "AccessDenied",
}


@operation("BatchExecuteStatement", action=None, max_body=limits.MAX_REQUEST_BYTES, long_answer=True)
async def batch_execute_statement(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns for each statement the item that it reads, or why it could not be run."""
    requests = params["Statements"]
    statements = [parse(each["Statement"], each.get("Parameters") or []) for each in requests]
    check_mixture(statements, "batch")
    batch = _Batch(dynamo, call, params)
    responses = []
    for statement, request in zip(statements, requests, strict=True):
        responses.append(await batch.run(statement, request))
        await asyncio.sleep(0)  # others have their turn
    answer: Params = {"Responses": responses}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = [
            shown_units(table, units, mode) for table, units in batch.consumed.values()
        ]
    return answer


class _Batch:
    """Runs the statements of one request, and counts what they consume."""

    def __init__(self, dynamo: DynamoState, call: Call, params: Params) -> None:
        self._dynamo = dynamo
        self._call = call
        self._params = params
        self.consumed: dict[int, tuple[Table, Units]] = {}

    async def run(self, statement: Statement, request: Params) -> Params:
        """Returns the statement's answer, which may be an error."""
        answer: Params = {"TableName": statement.table}
        try:
            asked = await admitted(self._dynamo, self._call, statement, self._params)
            item = await self._item(asked, statement, request)
        except AwsError as error:
            if error.code not in _CODES:
                raise
            return {**answer, "Error": _shown(error)}
        return answer if item is None else {**answer, "Item": item}

    async def _item(self, asked: Asked, statement: Statement, request: Params) -> dict[str, Any] | None:
        if isinstance(statement, Select):
            table, stored = await self._dynamo.store.read(_read, self._dynamo.throttle, asked, statement)
            how = reading(request.get("ConsistentRead"))
            self._count(table, Way.READ, Units(read_units(stored.bytes if stored else 0, how)))
            return statement.wanted.of(stored.item) if stored else None
        write = write_of(statement, request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")
        assert write is not None  # only a SELECT writes nothing
        table, written = await self._dynamo.store.write(perform, self._dynamo.throttle, asked, write)
        self._count(table, Way.WRITE, write_units(table, written))
        return returned(statement, written)

    def _count(self, table: Table, way: Way, units: Units) -> None:
        self._dynamo.throttle.spend(table, way, lambda: units)
        _, total = self.consumed.setdefault(table.id, (table, Units()))
        total.add(units)


def _read(tx: ReadTx, throttle: Throttle, asked: Asked, select: Select) -> tuple[Table, Stored | None]:
    table = items_table(tx, asked)
    throttle.admit(table, Way.READ)
    return table, read_one(tx, table, select)


def _shown(error: AwsError) -> dict[str, Any]:
    return {"Code": _CODES[error.code], "Message": error.message} | {
        name: value for name, value in error.fields.items() if name == "Item"
    }
