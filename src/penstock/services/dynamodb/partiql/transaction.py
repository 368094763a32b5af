"""ExecuteTransaction: statements that all are done, or none; or that read the items of one moment.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
"""

from functools import partial
from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.dynamodb import limits
from penstock.services.dynamodb.items.capacity import wanted
from penstock.services.dynamodb.partiql.admission import admitted
from penstock.services.dynamodb.partiql.language import Select, Statement, parse
from penstock.services.dynamodb.partiql.mixture import check_mixture
from penstock.services.dynamodb.partiql.writes import key_of, returned, write_of
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.names import Asked, items_table
from penstock.services.dynamodb.tables.schema import Place
from penstock.services.dynamodb.tables.table import Table
from penstock.services.dynamodb.throttle import Throttle
from penstock.services.dynamodb.transactions.actions import Action
from penstock.services.dynamodb.transactions.tokens import token_of
from penstock.services.dynamodb.transactions.transact_get import Got, consumed_by_reads, read_at, spend_reads
from penstock.services.dynamodb.transactions.transact_write import consumed_by_writes, spend_writes, transact
from penstock.store import ReadTx


@operation("ExecuteTransaction", action=None, max_body=limits.MAX_REQUEST_BYTES, long_answer=True)
async def execute_transaction(dynamo: DynamoState, call: Call, params: Params) -> Params:
    """Returns the item that each statement reads or returns; TransactionCanceledException when nothing was done."""
    requests = params["TransactStatements"]
    statements = [parse(each["Statement"], each.get("Parameters") or []) for each in requests]
    check_mixture(statements, "transaction")
    asked = [await admitted(dynamo, call, statement, params) for statement in statements]
    selects = [statement for statement in statements if isinstance(statement, Select)]
    if selects:
        return await _read(dynamo, selects, asked, params)
    return await _write(dynamo, call, statements, asked, params)


async def _read(dynamo: DynamoState, selects: list[Select], asked: list[Asked], params: Params) -> Params:
    found = await dynamo.store.read(_find, dynamo.throttle, selects, asked)
    spend_reads(dynamo.throttle, found)
    answer: Params = {"Responses": [_shown(s, got) for s, got in zip(selects, found, strict=True)]}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = consumed_by_reads(found, mode)
    return answer


async def _write(
    dynamo: DynamoState, call: Call, statements: list[Statement], asked: list[Asked], params: Params
) -> Params:
    actions = []
    for statement, table, request in zip(statements, asked, params["TransactStatements"], strict=True):
        write = write_of(statement, request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")
        assert write is not None  # only a SELECT writes nothing
        actions.append(Action(table, write))
    token = token_of(call, params, "TransactStatements")
    done, again = await dynamo.store.write(transact, dynamo.throttle, actions, token)
    spend_writes(dynamo.throttle, done)
    items = [returned(s, each.written) for s, each in zip(statements, done, strict=True)] if done else []
    answer: Params = {"Responses": [{} if item is None else {"Item": item} for item in items]}
    if mode := wanted(params):
        answer["ConsumedCapacity"] = again if again is not None else consumed_by_writes(done, mode)
    return answer


def _find(tx: ReadTx, throttle: Throttle, selects: list[Select], asked: list[Asked]) -> list[Got]:
    tables = [items_table(tx, each) for each in asked]
    return read_at(tx, throttle, tables, [partial(_place, select) for select in selects])


def _place(select: Select, table: Table) -> Place:
    return table.keys.place_of_key(key_of(select.where, table.keys))


def _shown(select: Select, got: Got) -> dict[str, Any]:
    assert select.where is not None  # it has named the key
    if got.stored is None or not select.where.condition.holds(got.stored.item):
        return {}
    return {"Item": select.wanted.of(got.stored.item)}
