"""Reads an expression of operators and functions into a tree.

What stands open is kept in a list of its own and not on Python's stack: clients nest as deep as they like.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from dataclasses import dataclass
from enum import Enum, auto

from penstock.services.dynamodb.expressions.cursor import Cursor
from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.path import read_path
from penstock.services.dynamodb.expressions.syntax import (
    ARITHMETIC,
    COMPARATORS,
    FUNCTIONS,
    Operation,
    Syntax,
    ValueSyntax,
    may_be_condition,
    may_be_operand,
)
from penstock.services.dynamodb.expressions.tokens import Sort

MAX_OPERATORS = 300
"""Of one expression; so a tree is never deeper, and may be walked by functions that call themselves."""

_OR, _AND, _NOT, _COMPARISON, _SUM = range(1, 6)
_PRECEDENCE = {
    "OR": _OR,
    "AND": _AND,
    "NOT": _NOT,
    "BETWEEN": _COMPARISON,
    **dict.fromkeys(COMPARATORS, _COMPARISON),
    **dict.fromkeys(ARITHMETIC, _SUM),
}
_LOGIC = frozenset({"OR", "AND", "NOT"})


class _Shape(Enum):
    OPERATOR = auto()
    HALF_BETWEEN = auto()
    GROUP = auto()
    FUNCTION = auto()
    LIST = auto()


@dataclass(slots=True)
class _Open:
    """What waits for its operands; those from ``first`` on are its own."""

    shape: _Shape
    operator: str
    first: int


class TreeReader:
    """Reads one tree from where a cursor stands, up to the first token that cannot be part of it."""

    def __init__(self, cursor: Cursor, allowed: frozenset[str]) -> None:
        """``allowed`` are the operators that the expression may have, ``NOT``, ``IN`` and ``BETWEEN`` among them."""
        self._cursor = cursor
        self._allowed = allowed
        self._done: list[Syntax] = []
        self._open: list[_Open] = []
        self._grouped: Syntax | None = None
        self._operators = 0

    def read(self) -> Syntax:
        """Returns the tree; ExpressionError when there is none."""
        while True:
            self._operand()
            if not self._operator():
                break
        self._reduce(0)
        if self._open:
            self._cursor.fail()
        [tree] = self._done
        return tree

    def read_condition(self) -> Syntax:
        """Returns the tree of what is true or false; ExpressionError when there is none."""
        tree = self.read()
        if not may_be_condition(tree):
            self._cursor.fail()
        return tree

    def _operand(self) -> None:
        """Takes what may stand before an operand, and the operand."""
        while self._prefix():
            pass
        if self._cursor.token.sort is Sort.VALUE:
            self._done.append(ValueSyntax(self._cursor.take().text))
        else:
            self._done.append(read_path(self._cursor))

    def _prefix(self) -> bool:
        token, first = self._cursor.token, len(self._done)
        if token.sort is Sort.WORD and self._cursor.following.text == "(" and token.key not in _PRECEDENCE:
            self._function(token.text, first)
        elif token.key == "NOT" and "NOT" in self._allowed:
            self._only_where_a_condition_may_be()
            self._push(_Shape.OPERATOR, "NOT", first)
        elif token.text == "(":
            self._open.append(_Open(_Shape.GROUP, "(", first))
        else:
            return False
        self._cursor.take()
        return True

    def _function(self, name: str, first: int) -> None:
        if name not in FUNCTIONS:
            raise ExpressionError(f"Invalid function name; function: {name}")
        self._cursor.take()
        self._push(_Shape.FUNCTION, name, first)

    def _operator(self) -> bool:
        """Takes what may stand behind an operand; returns whether another operand has to follow."""
        while self._cursor.token.text == ")" and self._innermost() is not None:
            self._close()
        operator = self._cursor.token.key
        if operator == ",":
            return self._comma()
        if operator not in self._allowed or operator == "NOT":
            return False
        if self._innermost() in (_Shape.FUNCTION, _Shape.LIST):
            self._cursor.fail()
        if operator == "IN":
            self._in()
        else:
            self._infix(operator)
        self._cursor.take()
        return True

    def _comma(self) -> bool:
        if self._innermost() not in (_Shape.FUNCTION, _Shape.LIST):
            return False
        self._reduce(0)
        self._check_operand()
        self._cursor.take()
        return True

    def _infix(self, operator: str) -> None:
        if operator in ARITHMETIC and self._open and self._open[-1].operator in ARITHMETIC:
            self._cursor.fail()
        self._reduce(_SUM)
        if operator == "AND" and self._second_of_between():
            return
        if operator in _LOGIC:
            self._reduce(_PRECEDENCE[operator])
            self._check_condition()
        else:
            self._check_operand()
        if operator in COMPARATORS or operator == "BETWEEN":
            self._check_nothing_is_compared()
        self._push(_Shape.OPERATOR, operator, len(self._done) - 1)

    def _second_of_between(self) -> bool:
        top = self._open[-1] if self._open else None
        if top is None or top.shape is not _Shape.OPERATOR or top.operator != "BETWEEN":
            return False
        self._check_operand()
        top.shape = _Shape.HALF_BETWEEN
        return True

    def _in(self) -> None:
        self._reduce(_SUM)
        self._check_operand()
        self._check_nothing_is_compared()
        self._cursor.take()
        if self._cursor.token.text != "(":
            self._cursor.fail()
        self._push(_Shape.LIST, "IN", len(self._done) - 1)

    def _close(self) -> None:
        """Closes the innermost group, function or list."""
        self._reduce(0)
        top = self._open.pop()
        if top.shape is _Shape.GROUP:
            if self._done[-1] is self._grouped:
                raise ExpressionError("The expression has redundant parentheses;")
            self._grouped = self._done[-1]
        else:
            self._check_operand()
            self._apply(top)
        self._cursor.take()

    def _reduce(self, precedence: int) -> None:
        """Applies the operators at the end of what is open that bind at least so strongly."""
        while self._open and self._open[-1].shape in (_Shape.OPERATOR, _Shape.HALF_BETWEEN):
            top = self._open[-1]
            if _PRECEDENCE[top.operator] < precedence:
                return
            if top.operator in _LOGIC:
                self._check_condition()
            else:
                self._check_operand()
            if top.operator == "BETWEEN" and top.shape is _Shape.OPERATOR:
                if precedence == 0:
                    self._cursor.fail()
                return
            self._open.pop()
            self._apply(top)

    def _apply(self, what: _Open) -> None:
        operands = tuple(self._done[what.first :])
        del self._done[what.first :]
        self._done.append(Operation(what.operator, operands))

    def _push(self, shape: _Shape, operator: str, first: int) -> None:
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise ExpressionError(
                f"The expression contains too many operators; operator count: {self._operators}"
            )
        self._open.append(_Open(shape, operator, first))

    def _innermost(self) -> _Shape | None:
        for what in reversed(self._open):
            if what.shape in (_Shape.GROUP, _Shape.FUNCTION, _Shape.LIST):
                return what.shape
        return None

    def _only_where_a_condition_may_be(self) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.shape is not _Shape.GROUP and top.operator not in _LOGIC:
            self._cursor.fail()

    def _check_nothing_is_compared(self) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and _PRECEDENCE.get(top.operator) == _COMPARISON:
            self._cursor.fail()

    def _check_operand(self) -> None:
        if not may_be_operand(self._done[-1]):
            self._cursor.fail()

    def _check_condition(self) -> None:
        if not may_be_condition(self._done[-1]):
            self._cursor.fail()
