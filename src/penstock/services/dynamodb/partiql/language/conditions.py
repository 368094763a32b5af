"""The condition behind ``WHERE``, as the same tests that expressions make.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-operators.html, ql-functions.html
"""

from collections.abc import Callable

from penstock.services.dynamodb.expressions import conditions as tests
from penstock.services.dynamodb.expressions.conditions import Test
from penstock.services.dynamodb.expressions.operands import Attribute, Literal, Operand, Size
from penstock.services.dynamodb.partiql.language.tokens import Cursor
from penstock.services.dynamodb.partiql.language.values import is_literal, read_path, read_value

MAX_DEPTH = 64
"""How deep parentheses and NOT may stand in one another."""

_TYPES = {
    "NULL": "NULL",
    "BOOLEAN": "BOOL",
    "NUMBER": "N",
    "STRING": "S",
    "BINARY": "B",
    "LIST": "L",
    "MAP": "M",
}
_ORDERED = ("<", "<=", ">", ">=")


def read_condition(cursor: Cursor, depth: int = 0) -> Test:
    """Returns the condition that comes next; ValidationException."""
    if depth > MAX_DEPTH:
        cursor.fail()
    parts = [_all(cursor, depth)]
    while cursor.take_if("OR"):
        parts.append(_all(cursor, depth))
    return parts[0] if len(parts) == 1 else tests.Any(tuple(parts))


def _all(cursor: Cursor, depth: int) -> Test:
    parts = [_one(cursor, depth)]
    while cursor.take_if("AND"):
        parts.append(_one(cursor, depth))
    return parts[0] if len(parts) == 1 else tests.All(tuple(parts))


def _one(cursor: Cursor, depth: int) -> Test:
    negated = False
    while cursor.take_if("NOT"):
        negated = not negated
    if cursor.take_if("("):
        test = read_condition(cursor, depth + 1)
        cursor.expect(")")
    elif cursor.following.key == "(" and cursor.token.key in _FUNCTIONS:
        test = _FUNCTIONS[cursor.take().key](cursor)
    else:
        test = _compared(cursor)
    return tests.Not(test) if negated else test


def _compared(cursor: Cursor) -> Test:
    operand = _operand(cursor)
    if cursor.take_if("BETWEEN"):
        low = _operand(cursor)
        cursor.expect("AND")
        return tests.Between(operand, low, _operand(cursor))
    if cursor.take_if("IS"):
        negated = cursor.take_if("NOT")
        test = _is(cursor, operand)
        return tests.Not(test) if negated else test
    if cursor.take_if("NOT", "IN"):
        return tests.Not(_in(cursor, operand))
    if cursor.take_if("IN"):
        return _in(cursor, operand)
    return _comparison(cursor, operand)


def _comparison(cursor: Cursor, left: Operand) -> Test:
    operator = cursor.token.key
    if operator not in ("=", "<>", "!=", *_ORDERED):
        cursor.fail()
    cursor.take()
    right = _operand(cursor)
    if operator in _ORDERED:
        return tests.Ordered(operator, left, right)
    equals = tests.Equals(left, right)
    return equals if operator == "=" else tests.Not(equals)


def _is(cursor: Cursor, operand: Operand) -> Test:
    if cursor.take_if("MISSING"):
        return tests.Not(tests.Exists(operand))
    kind = _TYPES.get(cursor.token.key)
    if kind is None:
        cursor.fail()
    cursor.take()
    return tests.HasType(operand, kind)


def _in(cursor: Cursor, operand: Operand) -> Test:
    end = "]" if cursor.take_if("[") else ")"
    if end == ")":
        cursor.expect("(")
    candidates = [_operand(cursor)]
    while cursor.take_if(","):
        candidates.append(_operand(cursor))
    cursor.expect(end)
    return tests.OneOf(operand, tuple(candidates))


def _operand(cursor: Cursor) -> Operand:
    if is_literal(cursor):
        return Literal(read_value(cursor))
    if cursor.following.key == "(" and cursor.take_if("SIZE"):
        cursor.expect("(")
        size = Size(Attribute(read_path(cursor)))
        cursor.expect(")")
        return size
    return Attribute(read_path(cursor))


def _two(cursor: Cursor) -> tuple[Operand, Operand]:
    cursor.expect("(")
    first = _operand(cursor)
    cursor.expect(",")
    second = _operand(cursor)
    cursor.expect(")")
    return first, second


def _has_type(cursor: Cursor) -> Test:
    operand, kind = _two(cursor)
    if not isinstance(kind, Literal) or "S" not in kind.content:
        cursor.fail()
    return tests.HasType(operand, kind.content["S"])


_FUNCTIONS: dict[str, Callable[[Cursor], Test]] = {
    "BEGINS_WITH": lambda cursor: tests.BeginsWith(*_two(cursor)),
    "CONTAINS": lambda cursor: tests.Contains(*_two(cursor)),
    "ATTRIBUTE_TYPE": _has_type,
}
