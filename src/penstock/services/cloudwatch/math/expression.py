"""Reads metric math: text into a tree.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from penstock.services.cloudwatch.math.series import MathError

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    |(?P<text>"[^"]*"|'(?:[^'])*')
    |(?P<name>[A-Za-z][A-Za-z0-9_]*)
    |(?P<mark>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],]))""",
    re.VERBOSE,
)
_MAX_DEPTH = 40
_ALIASES = {"AND": "&&", "OR": "||"}
_LEVELS = (("||",), ("&&",), ("==", "!=", "<=", ">=", "<", ">"), ("+", "-"), ("*", "/"))


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A text in quotation marks."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of another query, or a word like ``REPEAT``."""

    name: str


@dataclass(frozen=True, slots=True)
class Array:
    """``[m1, m2]``."""

    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Negative:
    """``-m1``."""

    of: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """``NAME(…)``."""

    name: str
    arguments: "tuple[Node, ...]"


Node = Number | Text | Name | Array | Negative | Binary | Call


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Node:
    """Returns the tree of an expression; MathError."""
    parser = _Parser(_tokens(text))
    found = parser.level(0)
    parser.end()
    return found


def calls(node: Node) -> Iterator[Call]:
    """Yields every call in an expression."""
    if isinstance(node, Call):
        yield node
    for below in _below(node):
        yield from calls(below)


def names(node: Node) -> Iterator[str]:
    """Yields every name in an expression."""
    if isinstance(node, Name):
        yield node.name
    for below in _below(node):
        yield from names(below)


def _below(node: Node) -> "tuple[Node, ...]":
    match node:
        case Array(items):
            return items
        case Negative(of):
            return (of,)
        case Binary(_, left, right):
            return left, right
        case Call(_, arguments):
            return arguments
    return ()


Token = tuple[str, str]
_END: Token = ("end", "")


def _tokens(text: str) -> list[Token]:
    found, at = list[Token](), 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise MathError(f"Unexpected character at position {at + 1}")
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "name" and value in _ALIASES:
            kind, value = "mark", _ALIASES[value]
        found.append((kind, value))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def end(self) -> None:
        if self._peek() is not _END:
            raise MathError(f"Unexpected '{self._peek()[1]}'")

    def level(self, number: int) -> Node:
        if number == len(_LEVELS):
            return self._unary()
        left = self.level(number + 1)
        while (operator := self._peek())[0] == "mark" and operator[1] in _LEVELS[number]:
            self._at += 1
            left = Binary(operator[1], left, self.level(number + 1))
        return left

    def _unary(self) -> Node:
        if self._takes("-"):
            return self._deeper(lambda: Negative(self._unary()))
        base = self._atom()
        if self._takes("^"):
            return self._deeper(lambda: Binary("^", base, self._unary()))
        return base

    def _atom(self) -> Node:
        kind, value = self._peek()
        self._at += 1
        if kind == "number":
            return Number(float(value))
        if kind == "text":
            return Text(value[1:-1])
        if kind == "name":
            return Call(value, self._list(")")) if self._takes("(") else Name(value)
        if value == "(":
            inner = self._deeper(lambda: self.level(0))
            self._expect(")")
            return inner
        if value == "[":
            return Array(self._list("]"))
        raise MathError(f"Unexpected '{value}'" if value else "Unexpected end of the expression")

    def _list(self, end: str) -> tuple[Node, ...]:
        if self._takes(end):
            return ()
        items = [self._deeper(lambda: self.level(0))]
        while self._takes(","):
            items.append(self._deeper(lambda: self.level(0)))
        self._expect(end)
        return tuple(items)

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise MathError("The expression is nested too deeply")
        found = read()
        self._depth -= 1
        return found

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _takes(self, mark: str) -> bool:
        if self._peek() == ("mark", mark):
            self._at += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._takes(mark):
            raise MathError(f"Expected '{mark}'")
