"""Literals and paths in a statement.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.data-types.html
"""

from collections.abc import Callable
from typing import Any

from penstock.services.dynamodb.expressions.path import MAX_STEPS, Path, Step
from penstock.services.dynamodb.partiql.language.tokens import Cursor, Sort
from penstock.services.dynamodb.values import Value, check_value, type_of
from penstock.services.dynamodb.values.check import MAX_DEPTH

_CONSTANTS: dict[str, Value] = {"TRUE": {"BOOL": True}, "FALSE": {"BOOL": False}, "NULL": {"NULL": True}}
_SETS = {"S": "SS", "N": "NS", "B": "BS"}
_MAX_INDEX_DIGITS = 10


def is_literal(cursor: Cursor) -> bool:
    """Returns whether a literal or parameter comes next."""
    token = cursor.token
    return (
        token.sort in (Sort.STRING, Sort.NUMBER)
        or token.key in _CONSTANTS
        or token.key in ("?", "[", "{", "<<", "-")
    )


def read_value(cursor: Cursor) -> Value:
    """Returns the literal or parameter, in the form in which values are kept; ValidationException."""
    return check_value(_value(cursor, 0))


def read_path(cursor: Cursor) -> Path:
    """Returns the path, as ``a.b[0]['c']``; ValidationException."""
    steps: list[Step] = [cursor.name()]
    while True:
        if cursor.take_if("."):
            steps.append(cursor.name())
        elif cursor.take_if("["):
            steps.append(_step(cursor))
            cursor.expect("]")
        else:
            break
    if len(steps) > MAX_STEPS:
        cursor.fail()
    return Path(tuple(steps))


def _step(cursor: Cursor) -> Step:
    token = cursor.token
    if token.sort is Sort.STRING:
        return cursor.take().text
    if token.sort is not Sort.NUMBER or not token.text.isdecimal() or len(token.text) > _MAX_INDEX_DIGITS:
        cursor.fail()
    return int(cursor.take().text)


def _value(cursor: Cursor, depth: int) -> Value:
    token = cursor.token
    if depth > MAX_DEPTH + 1:
        cursor.fail()
    if token.sort is Sort.STRING:
        return {"S": cursor.take().text}
    if token.sort is Sort.NUMBER or token.key == "-":
        return {"N": _number(cursor)}
    if token.key in _CONSTANTS:
        return _CONSTANTS[cursor.take().key]
    if cursor.take_if("?"):
        return cursor.parameter()
    if cursor.take_if("["):
        return {"L": _members(cursor, "]", lambda: _value(cursor, depth + 1))}
    if cursor.take_if("{"):
        return {"M": dict(_members(cursor, "}", lambda: _pair(cursor, depth + 1)))}
    if cursor.take_if("<<"):
        return _set(cursor, _members(cursor, ">>", lambda: _value(cursor, depth + 1)))
    cursor.fail()


def _number(cursor: Cursor) -> str:
    sign = "-" if cursor.take_if("-") else ""
    if cursor.token.sort is not Sort.NUMBER:
        cursor.fail()
    return sign + cursor.take().text


def _members(cursor: Cursor, end: str, read: Callable[[], Any]) -> list[Any]:
    members: list[Any] = []
    if cursor.take_if(end):
        return members
    members.append(read())
    while cursor.take_if(","):
        members.append(read())
    cursor.expect(end)
    return members


def _pair(cursor: Cursor, depth: int) -> tuple[str, Value]:
    if cursor.token.sort not in (Sort.STRING, Sort.QUOTED, Sort.WORD):
        cursor.fail()
    name = cursor.take().text
    cursor.expect(":")
    return name, _value(cursor, depth)


def _set(cursor: Cursor, members: list[Value]) -> Value:
    kinds = {type_of(member) for member in members}
    if len(kinds) != 1 or not kinds <= _SETS.keys():
        cursor.fail()
    [kind] = kinds
    return {_SETS[kind]: [member[kind] for member in members]}
