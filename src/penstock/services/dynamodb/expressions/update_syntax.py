"""The clauses of an UpdateExpression, as they are written.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from dataclasses import dataclass

from penstock.services.dynamodb.expressions.cursor import Cursor
from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.path import PathSyntax, read_path
from penstock.services.dynamodb.expressions.syntax import ARITHMETIC, Syntax, ValueSyntax
from penstock.services.dynamodb.expressions.tokens import Sort
from penstock.services.dynamodb.expressions.tree_reader import TreeReader

SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")


@dataclass(frozen=True, slots=True)
class Clause:
    """One change: in which section, of what, and by what; a ``REMOVE`` has no operand."""

    section: str
    path: PathSyntax
    operand: Syntax | None


def read_update(text: str) -> tuple[Clause, ...]:
    """Returns the clauses in their order; ExpressionError when the text is no UpdateExpression."""
    cursor = Cursor(text)
    clauses: list[Clause] = []
    seen: set[str] = set()
    while not cursor.ended:
        section = cursor.token.key
        if section not in SECTIONS:
            cursor.fail()
        cursor.take()
        if section in seen:
            raise ExpressionError(f'The "{section}" section can only be used once in an update expression;')
        seen.add(section)
        clauses += _section(cursor, section)
    return tuple(clauses)


def _section(cursor: Cursor, section: str) -> list[Clause]:
    clauses = [_clause(cursor, section)]
    while cursor.take_if(","):
        clauses.append(_clause(cursor, section))
    return clauses


def _clause(cursor: Cursor, section: str) -> Clause:
    if cursor.token.key in SECTIONS:
        cursor.fail()
    path = read_path(cursor)
    match section:
        case "SET":
            cursor.expect("=")
            return Clause(section, path, TreeReader(cursor, ARITHMETIC).read())
        case "REMOVE":
            return Clause(section, path, None)
    return Clause(section, path, ValueSyntax(cursor.take_sort(Sort.VALUE).text))
