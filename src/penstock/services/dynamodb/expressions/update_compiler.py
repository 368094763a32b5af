"""Makes updates of their syntax: looks at what operators and functions are applied to, as AWS does beforehand.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html,
texts that people report from AWS.
"""

from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.operands import Attribute, Literal, Operand
from penstock.services.dynamodb.expressions.path import Path, PathSyntax
from penstock.services.dynamodb.expressions.placeholders import Placeholders
from penstock.services.dynamodb.expressions.projections import projection_of
from penstock.services.dynamodb.expressions.syntax import FUNCTIONS, Operation, Syntax, ValueSyntax
from penstock.services.dynamodb.expressions.update_syntax import Clause
from penstock.services.dynamodb.expressions.updates import (
    Action,
    Add,
    Delete,
    IfNotExists,
    ListAppend,
    Remove,
    Set,
    Sum,
    Update,
)
from penstock.services.dynamodb.values import type_of
from penstock.services.dynamodb.values.sets import SET_TYPES

_TYPES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
    "L": "LIST",
    "M": "MAP",
    "BOOL": "BOOLEAN",
    "NULL": "NULL",
}
_ADDED = SET_TYPES | {"N"}


def compile_update(clauses: tuple[Clause, ...], placeholders: Placeholders) -> Update:
    """Returns the update; ExpressionError when an operand cannot be what it is, or two paths overlap."""
    compiler = _UpdateCompiler(placeholders)
    actions = [compiler.action(clause) for clause in clauses]
    touched = projection_of([action.path for action in actions])
    return Update(sorted(actions, key=lambda action: _place(action.path)), touched)


class _UpdateCompiler:
    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders

    def action(self, clause: Clause) -> Action:
        path = self._placeholders.path(clause.path)
        if clause.operand is None:
            return Remove(path)
        if clause.section == "SET":
            return Set(path, self._operand(clause.operand))
        assert isinstance(clause.operand, ValueSyntax)  # the reader takes nothing else there
        value = self._placeholders.value(clause.operand.name)
        kind = type_of(value)
        if kind not in (_ADDED if clause.section == "ADD" else SET_TYPES):
            raise ExpressionError(
                f"Incorrect operand type for operator or function; operator: {clause.section}, "
                f"operand type: {_TYPES[kind]}, typeSet: ALLOWED_FOR_{clause.section}_OPERAND"
            )
        return Add(path, value) if clause.section == "ADD" else Delete(path, value)

    def _operand(self, syntax: Syntax) -> Operand:
        if isinstance(syntax, PathSyntax):
            return Attribute(self._placeholders.path(syntax))
        if isinstance(syntax, ValueSyntax):
            return Literal(self._placeholders.value(syntax.name))
        operands = syntax.operands
        match syntax.operator:
            case "+" | "-":
                left = self._typed(syntax.operator, operands[0], "N")
                return Sum(syntax.operator, left, self._typed(syntax.operator, operands[1], "N"))
            case "if_not_exists":
                return self._if_not_exists(syntax)
            case "list_append":
                _check_count(syntax)
                first = self._typed(syntax.operator, operands[0], "L")
                return ListAppend(first, self._typed(syntax.operator, operands[1], "L"))
        raise ExpressionError(
            f"The function is not allowed in an update expression; function: {syntax.operator}"
        )

    def _if_not_exists(self, syntax: Operation) -> Operand:
        _check_count(syntax)
        path, otherwise = syntax.operands
        if not isinstance(path, PathSyntax):
            raise ExpressionError(
                f"Operator or function requires a document path; operator or function: {syntax.operator}"
            )
        return IfNotExists(self._operand(path), self._operand(otherwise))

    def _typed(self, operator: str, syntax: Syntax, kind: str) -> Operand:
        operand = self._operand(syntax)
        if isinstance(operand, Literal) and kind not in operand.content:
            raise ExpressionError(
                "Incorrect operand type for operator or function; "
                f"operator or function: {operator}, operand type: {type_of(operand.content)}"
            )
        return operand


def _check_count(syntax: Operation) -> None:
    if len(syntax.operands) != FUNCTIONS[syntax.operator]:
        raise ExpressionError(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {syntax.operator}, number of operands: {len(syntax.operands)}"
        )


def _place(path: Path) -> int:
    """Orders what is put behind the end of a list as its places say."""
    last = path.steps[-1]
    return last if isinstance(last, int) else 0
