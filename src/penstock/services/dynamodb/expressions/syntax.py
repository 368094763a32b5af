"""What an expression is before it is known what its ``#names`` and ``:values`` stand for: a tree."""

from dataclasses import dataclass

from penstock.services.dynamodb.expressions.path import PathSyntax

COMPARATORS = frozenset({"=", "<>", "<", "<=", ">", ">="})
ARITHMETIC = frozenset({"+", "-"})
FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
    "if_not_exists": 2,
    "list_append": 2,
}
"""How many operands each takes. Their names are case-sensitive."""


@dataclass(frozen=True, slots=True)
class ValueSyntax:
    """A ``:value``."""

    name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator or function and what it is applied to. ``BETWEEN`` has three operands, ``IN`` two or more."""

    operator: str
    operands: "tuple[Syntax, ...]"

    @property
    def is_function(self) -> bool:
        """Returns whether it was written as one."""
        return self.operator in FUNCTIONS


Syntax = PathSyntax | ValueSyntax | Operation


def may_be_operand(syntax: Syntax) -> bool:
    """Returns whether it could be compared; which functions may be is looked at later, as AWS does."""
    return not isinstance(syntax, Operation) or syntax.is_function or syntax.operator in ARITHMETIC


def may_be_condition(syntax: Syntax) -> bool:
    """Returns whether it could be true or false."""
    return isinstance(syntax, Operation) and syntax.operator not in ARITHMETIC
