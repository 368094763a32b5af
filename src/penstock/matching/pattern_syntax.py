"""Reads the text of a pattern, step for step as Event Ruler does, so that what is refused is refused in its words.

Source: https://github.com/aws/event-ruler, which EventBridge and SNS run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.matching.expression_syntax import Dialect, Expressions
from penstock.matching.json_tokens import Kind
from penstock.matching.operators import OneOf, Scalar, Test
from penstock.matching.token_cursor import Cursor

# Ours: what a pattern nests deeper reads no event that a person wrote, and would exhaust the stack.
MAX_DEPTH = 100

_OR = "$or"
_RESERVED_WORDS = """
exactly equals-ignore-case prefix suffix anything-but exists wildcard numeric cidr html = < <= > >=
regex not-wildcard not-equals-ignore-case date-after date-on-or-after date-before date-on-or-before
in-date-range ip-address-in-range ip-address-not-in-range
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the names that lead to it and how many values it lists.

    One of the tests must pass; values that are compared as they are share one.
    """

    names: tuple[str, ...]
    values: int
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """``$or``: of the alternatives one must hold, each a list of what must hold together."""

    alternatives: tuple["Clauses", ...]


Clauses = Sequence[Field | Or]


def read(source: str, dialect: Dialect) -> Clauses:
    """Returns what must hold together, in the order of the text. PatternError for what is not a pattern."""
    return _Reader(source, dialect).whole()


class _Reader:
    def __init__(self, source: str, dialect: Dialect) -> None:
        self._cursor = Cursor(source)
        self._expressions = Expressions(self._cursor, dialect)
        self._depth = 0

    def whole(self) -> Clauses:
        self._cursor.expect(Kind.OBJECT, "Filter is not an object")
        return self._object((), frozenset())

    def _object(self, path: tuple[str, ...], reserved: frozenset[str]) -> Clauses:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._cursor.fail(
                f"Document nesting depth ({self._depth}) exceeds the maximum allowed ({MAX_DEPTH})"
            )
        clauses: list[Field | Or] = []
        while (token := self._cursor.take()).kind is not Kind.END_OBJECT:
            if token.text == _OR and self._is_or():
                clauses.append(self._or(path))
            else:
                clauses += self._member(path, token.text, reserved)
        if not clauses:
            self._cursor.fail("Empty objects are not allowed")
        self._depth -= 1
        return clauses

    def _member(self, path: tuple[str, ...], name: str, reserved: frozenset[str]) -> Clauses:
        if name in reserved:
            self._cursor.fail(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
        match self._cursor.take().kind:
            case Kind.OBJECT:
                return self._object((*path, name), reserved)
            case Kind.ARRAY:
                return [self._field((*path, name))]
        self._cursor.fail(f'"{name}" must be an object or an array')

    def _is_or(self) -> bool:
        """Returns whether a list of at least two objects without reserved names follows; else it is a field."""
        ahead = self._cursor.objects_ahead()
        return len(ahead) > 1 and all(_RESERVED.isdisjoint(names) for names in ahead)

    def _or(self, path: tuple[str, ...]) -> Or:
        self._cursor.take()
        alternatives: list[Clauses] = []
        while self._cursor.take().kind is Kind.OBJECT:
            alternatives.append(self._object(path, _RESERVED))
        return Or(tuple(alternatives))

    def _field(self, path: tuple[str, ...]) -> Field:
        exact: list[Scalar] = []
        tests: list[Test] = []
        while (token := self._cursor.take()).kind is not Kind.END_ARRAY:
            if token.kind is Kind.OBJECT:
                tests.append(self._expressions.read())
            elif token.kind in (Kind.STRING, Kind.NUMBER, Kind.WORD):
                exact.append(self._cursor.value(token))
            else:
                self._cursor.fail("Match value must be String, number, true, false, or null")
        if not exact and not tests:
            self._cursor.fail("Empty arrays are not allowed")
        if ".".join(path).count(".") >= MAX_DEPTH:
            self._cursor.fail(f"More than {MAX_DEPTH} names in a path")
        return Field(path, len(exact) + len(tests), (*([OneOf(exact)] if exact else []), *tests))
