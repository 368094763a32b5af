"""Makes conditions of their syntax: looks at what operators and functions are applied to, as AWS does beforehand.

Sources: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html,
texts that people report from AWS.
"""

from penstock.services.dynamodb.expressions import conditions as tests
from penstock.services.dynamodb.expressions.conditions import Test
from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.operands import SIZED_TYPES, Attribute, Literal, Operand, Size
from penstock.services.dynamodb.expressions.path import PathSyntax
from penstock.services.dynamodb.expressions.placeholders import Placeholders
from penstock.services.dynamodb.expressions.syntax import FUNCTIONS, Operation, Syntax, ValueSyntax
from penstock.services.dynamodb.values import compare, type_of
from penstock.services.dynamodb.values.compare import ORDERED_TYPES

MAX_CANDIDATES = 100
_ONLY_IN_UPDATES = frozenset({"if_not_exists", "list_append"})
_TEXTS = frozenset({"S", "B"})
_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")


class ConditionCompiler:
    """Compiles with the names and values of one request. Every method may raise ExpressionError."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders

    def test(self, syntax: Syntax) -> Test:
        """Returns the test."""
        assert isinstance(syntax, Operation)  # the reader gives nothing else
        if syntax.is_function:
            return self._function(syntax)
        operator, operands = syntax.operator, syntax.operands
        match operator:
            case "AND" | "OR":
                return self._connected(syntax)
            case "NOT":
                return tests.Not(self.test(operands[0]))
            case "BETWEEN":
                return self._between(operands)
            case "IN":
                return self._one_of(operands)
        return self._comparison(operator, operands)

    def operand(self, syntax: Syntax) -> Operand:
        """Returns what is compared."""
        if isinstance(syntax, PathSyntax):
            return Attribute(self._placeholders.path(syntax))
        if isinstance(syntax, ValueSyntax):
            return Literal(self._placeholders.value(syntax.name))
        _check_function(syntax)
        if syntax.operator != "size":
            raise _not_this_way(syntax.operator)
        return Size(self._typed("size", syntax.operands[0], SIZED_TYPES))

    def _function(self, syntax: Operation) -> Test:
        _check_function(syntax)
        name, operands = syntax.operator, syntax.operands
        match name:
            case "attribute_exists":
                return tests.Exists(self._attribute(name, operands))
            case "attribute_not_exists":
                return tests.Not(tests.Exists(self._attribute(name, operands)))
            case "attribute_type":
                return self._has_type(operands)
            case "begins_with":
                return self._begins_with(operands)
            case "contains":
                return self._contains(operands)
        raise _not_this_way(name)

    def _connected(self, syntax: Operation) -> Test:
        """Returns one test for all that the same operator connects, so that a long expression is not a deep one."""
        found: list[Test] = []
        rest: list[Syntax] = [syntax]
        while rest:
            part = rest.pop()
            if isinstance(part, Operation) and part.operator == syntax.operator:
                rest.extend(reversed(part.operands))
            else:
                found.append(self.test(part))
        return tests.All(tuple(found)) if syntax.operator == "AND" else tests.Any(tuple(found))

    def _comparison(self, operator: str, operands: tuple[Syntax, ...]) -> Test:
        if operator in ("=", "<>"):
            left, right = map(self.operand, operands)
            _check_distinct(operator, left, right)
            equals = tests.Equals(left, right)
            return equals if operator == "=" else tests.Not(equals)
        left, right = (self._typed(operator, syntax, ORDERED_TYPES) for syntax in operands)
        _check_distinct(operator, left, right)
        return tests.Ordered(operator, left, right)

    def _between(self, operands: tuple[Syntax, ...]) -> Test:
        operand, low, high = (self._typed("BETWEEN", syntax, ORDERED_TYPES) for syntax in operands)
        _check_distinct("BETWEEN", operand, low, high)
        if isinstance(low, Literal) and isinstance(high, Literal):
            _check_bounds(low, high)
        return tests.Between(operand, low, high)

    def _one_of(self, operands: tuple[Syntax, ...]) -> Test:
        if len(operands) - 1 > MAX_CANDIDATES:
            raise ExpressionError(
                f"The IN operator is provided with too many operands; number of operands: {len(operands) - 1}"
            )
        operand, *candidates = map(self.operand, operands)
        _check_distinct("IN", operand, *candidates)
        return tests.OneOf(operand, tuple(candidates))

    def _has_type(self, operands: tuple[Syntax, ...]) -> Test:
        attribute = self._attribute("attribute_type", operands)
        kind = self._typed("attribute_type", operands[1], frozenset({"S"}))
        if not isinstance(kind, Literal):
            raise _wrong_type("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        name = kind.content["S"]
        if name not in _TYPES:
            raise ExpressionError(
                f"Invalid attribute type name found; type: {name}, valid types: {{{','.join(_TYPES)}}}"
            )
        return tests.HasType(attribute, name)

    def _begins_with(self, operands: tuple[Syntax, ...]) -> Test:
        operand, prefix = (self._typed("begins_with", syntax, _TEXTS) for syntax in operands)
        _check_distinct("begins_with", operand, prefix)
        return tests.BeginsWith(operand, prefix)

    def _contains(self, operands: tuple[Syntax, ...]) -> Test:
        operand, part = map(self.operand, operands)
        _check_distinct("contains", operand, part)
        return tests.Contains(operand, part)

    def _attribute(self, function: str, operands: tuple[Syntax, ...]) -> Operand:
        if not isinstance(operands[0], PathSyntax):
            raise ExpressionError(
                f"Operator or function requires a document path; operator or function: {function}"
            )
        return self.operand(operands[0])

    def _typed(self, operator: str, syntax: Syntax, allowed: frozenset[str]) -> Operand:
        """Returns the operand, which has one of these types as far as can be known."""
        operand = self.operand(syntax)
        kind = _known_type(operand)
        if kind is not None and kind not in allowed:
            raise _wrong_type(operator, kind)
        return operand


def _known_type(operand: Operand) -> str | None:
    if isinstance(operand, Size):
        return "N"
    return type_of(operand.content) if isinstance(operand, Literal) else None


def _check_function(syntax: Operation) -> None:
    name, count = syntax.operator, len(syntax.operands)
    if name in _ONLY_IN_UPDATES:
        raise ExpressionError(f"The function is not allowed in a condition expression; function: {name}")
    if count != FUNCTIONS[name]:
        raise ExpressionError(
            "Incorrect number of operands for operator or function; "
            f"operator or function: {name}, number of operands: {count}"
        )


def _check_distinct(operator: str, first: Operand, *others: Operand) -> None:
    if isinstance(first, Attribute) and first in others:
        raise ExpressionError(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {operator}, first operand: {first}"
        )


def _check_bounds(low: Literal, high: Literal) -> None:
    shown = f"lower bound operand: {low}, upper bound operand: {high}"
    if type_of(low.content) != type_of(high.content):
        raise ExpressionError(
            f"The BETWEEN operator requires same data type for lower and upper bounds; {shown}"
        )
    if compare(low.content, high.content) == 1:
        raise ExpressionError(
            f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {shown}"
        )


def _not_this_way(function: str) -> ExpressionError:
    return ExpressionError(
        f"The function is not allowed to be used this way in an expression; function: {function}"
    )


def _wrong_type(operator: str, kind: str) -> ExpressionError:
    return ExpressionError(
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {kind}"
    )
