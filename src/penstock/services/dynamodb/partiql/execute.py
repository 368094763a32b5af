"""ExecuteStatement.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
"""

from functools import partial

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.errors import invalid
from penstock.services.dynamodb.items.capacity import shown_units, wanted, write_units
from penstock.services.dynamodb.items.single import perform
from penstock.services.dynamodb.items.writes import Write
from penstock.services.dynamodb.partiql.admission import admitted
from penstock.services.dynamodb.partiql.language import Exists, Select, Statement, parse
from penstock.services.dynamodb.partiql.reads import read_token, selection_of, write_token
from penstock.services.dynamodb.partiql.writes import returned, write_of
from penstock.services.dynamodb.reading.answer import units_of
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.throttle import Way


@operation("ExecuteStatement", action=None, max_body=limits.MAX_REQUEST_BYTES, long_answer=True)
async def execute_statement(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the items that a statement reads, or what it is to return of the item that it writes."""
    statement = parse(params["Statement"], params.get("Parameters") or [])
    if isinstance(statement, Exists):
        raise invalid("EXISTS can only be used in a statement of ExecuteTransaction.")
    asked = await admitted(dynamo, call, statement, params)
    shows_old = params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    write = write_of(statement, shows_old)
    if isinstance(statement, Select):
        return await _select(dynamo, asked, statement, params)
    assert write is not None  # only a SELECT writes nothing
    return await _write(dynamo, asked, statement, write, params)


async def _select(dynamo: DynamoState, asked: Asked, select: Select, params: Params) -> Params:
    table = await dynamo.store.read(items_table, asked)
    selection = selection_of(table, select, params)
    dynamo.throttle.admit(table, Way.READ, selection.source.index)
    place = read_token(params, len(selection.ranges))
    page, behind = await selection.page(dynamo.store, params.get("Limit"), place)
    dynamo.throttle.spend(table, Way.READ, partial(units_of, selection.source, page, params))
    answer: Params = {"Items": page.items}
    if behind is not None:
        answer["NextToken"] = write_token(behind, params)
        if behind.key is not None:
            answer["LastEvaluatedKey"] = behind.key
    if mode := wanted(params):
        answer["ConsumedCapacity"] = shown_units(table, units_of(selection.source, page, params), mode)
    return answer


async def _write(
    dynamo: DynamoState, asked: Asked, statement: Statement, write: Write, params: Params
) -> Params:
    table, written = await dynamo.store.write(perform, dynamo.throttle, asked, write)
    dynamo.throttle.spend(table, Way.WRITE, partial(write_units, table, written))
    shown = returned(statement, written)
    answer: Params = {"Items": [] if shown is None else [shown]}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = shown_units(table, write_units(table, written), mode)
    return answer
