"""Reads a statement.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.statements.html
"""

from collections.abc import Callable

from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.operands import Attribute, Literal, Operand
from penstock.services.dynamodb.expressions.path import Path
from penstock.services.dynamodb.expressions.projections import projection_of
from penstock.services.dynamodb.expressions.updates import Action, Add, ListAppend, Remove, Set, Sum
from penstock.services.dynamodb.expressions.updates import Delete as DeleteMembers
from penstock.services.dynamodb.expressions.updates import Update as Change
from penstock.services.dynamodb.partiql.language.conditions import read_condition
from penstock.services.dynamodb.partiql.language.statement import (
    Delete,
    Exists,
    Insert,
    Returning,
    Select,
    SelectList,
    Statement,
    Update,
    Where,
)
from penstock.services.dynamodb.partiql.language.tokens import Cursor
from penstock.services.dynamodb.partiql.language.values import is_literal, read_path, read_value
from penstock.services.dynamodb.values import Value, check_value
from penstock.services.dynamodb.values.invalid import invalid
from penstock.services.dynamodb.values.sets import SET_TYPES


def parse(text: str, parameters: list[Value]) -> Statement:
    """Returns the statement with its parameters put in; ValidationException when it is none."""
    cursor = Cursor(text, [check_value(parameter) for parameter in parameters])
    read = _STATEMENTS.get(cursor.token.key)
    if read is None:
        cursor.fail()
    cursor.take()
    try:
        statement = read(cursor)
    except ExpressionError as error:
        raise invalid(f"Statement wasn't well formed, can't be processed: {error}") from None
    cursor.take_if(";")
    cursor.end()
    return statement


def _select(cursor: Cursor) -> Select:
    wanted = SelectList() if cursor.take_if("*") else SelectList(tuple(_paths(cursor)))
    cursor.expect("FROM")
    table = cursor.name()
    index = cursor.name() if cursor.take_if(".") else None
    where = _where(cursor) if cursor.token.key == "WHERE" else None
    return Select(table, index, wanted, where, _order(cursor))


def _paths(cursor: Cursor) -> list[Path]:
    paths = [read_path(cursor)]
    while cursor.take_if(","):
        paths.append(read_path(cursor))
    return paths


def _order(cursor: Cursor) -> tuple[str, bool] | None:
    if not cursor.take_if("ORDER", "BY"):
        return None
    name = cursor.name()
    descends = cursor.take_if("DESC")
    if not descends:
        cursor.take_if("ASC")
    return name, descends


def _exists(cursor: Cursor) -> Exists:
    cursor.expect("(", "SELECT")
    select = _select(cursor)
    cursor.expect(")")
    if select.where is None or select.index is not None:
        cursor.fail()
    return Exists(select.table, select.where)


def _insert(cursor: Cursor) -> Insert:
    cursor.expect("INTO")
    table = cursor.name()
    cursor.expect("VALUE")
    item = read_value(cursor)
    if "M" not in item:
        cursor.fail()
    return Insert(table, item["M"])


def _delete(cursor: Cursor) -> Delete:
    cursor.expect("FROM")
    table = cursor.name()
    where = _where(cursor)
    returning = _returning(cursor)
    if returning not in (None, Returning.ALL_OLD):
        cursor.fail()
    return Delete(table, where, returning)


def _update(cursor: Cursor) -> Update:
    table = cursor.name()
    actions: list[Action] = []
    while cursor.token.key in ("SET", "REMOVE"):
        read = _assignment if cursor.take().key == "SET" else _removal
        actions.append(read(cursor))
        while cursor.take_if(","):
            actions.append(read(cursor))
    if not actions:
        cursor.fail()
    where = _where(cursor)
    change = Change(actions, projection_of([action.path for action in actions]))
    return Update(table, change, where, _returning(cursor))


def _removal(cursor: Cursor) -> Action:
    return Remove(read_path(cursor))


def _assignment(cursor: Cursor) -> Action:
    path = read_path(cursor)
    cursor.expect("=")
    if cursor.following.key == "(" and cursor.token.key in ("SET_ADD", "SET_DELETE"):
        return _set_action(cursor, path)
    return Set(path, _sum(cursor))


def _set_action(cursor: Cursor, path: Path) -> Action:
    function = cursor.take().key
    cursor.expect("(")
    of = read_path(cursor)
    cursor.expect(",")
    value = read_value(cursor)
    cursor.expect(")")
    if of != path or not SET_TYPES & value.keys():
        cursor.fail()
    return Add(path, value) if function == "SET_ADD" else DeleteMembers(path, value)


def _sum(cursor: Cursor) -> Operand:
    left = _operand(cursor)
    for operator in "+", "-":
        if cursor.take_if(operator):
            return Sum(operator, left, _operand(cursor))
    return left


def _operand(cursor: Cursor) -> Operand:
    if is_literal(cursor):
        return Literal(read_value(cursor))
    if cursor.following.key == "(" and cursor.take_if("LIST_APPEND"):
        cursor.expect("(")
        first = _plain_operand(cursor)
        cursor.expect(",")
        second = _plain_operand(cursor)
        cursor.expect(")")
        return ListAppend(first, second)
    return Attribute(read_path(cursor))


def _plain_operand(cursor: Cursor) -> Operand:
    return Literal(read_value(cursor)) if is_literal(cursor) else Attribute(read_path(cursor))


def _where(cursor: Cursor) -> Where:
    cursor.expect("WHERE")
    return Where(read_condition(cursor))


def _returning(cursor: Cursor) -> Returning | None:
    if not cursor.take_if("RETURNING"):
        return None
    for returning in Returning:
        if cursor.take_if(*returning.value.split(), "*"):
            return returning
    cursor.fail()


_STATEMENTS: dict[str, Callable[[Cursor], Statement]] = {
    "SELECT": _select,
    "INSERT": _insert,
    "UPDATE": _update,
    "DELETE": _delete,
    "EXISTS": _exists,
}
