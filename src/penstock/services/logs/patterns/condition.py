"""Conditions, as patterns over JSON and over fields have them: comparisons joined by ``&&``, ``||`` and parentheses."""

import operator
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.matching.wildcard import Wildcard
from penstock.services.logs.patterns.malformed import malformed
from penstock.services.logs.patterns.regex import MAX_IN_PATTERN, compile_regex

Condition = Callable[[Any], bool]

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")

_ESCAPED = re.compile(r"\\(.)")
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_SIGNS = ("=", "!=", *_ORDER)
_MAX_DEPTH = 32


class Token(NamedTuple):
    """A piece of a pattern; ``kind`` is the name of the group that found it."""

    kind: str
    text: str


def tokens_of(text: str, syntax: re.Pattern[str]) -> list[Token]:
    """Returns the pieces of ``text``, of which ``quoted`` ones lose their quotation marks; AwsError."""
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = syntax.match(text, position)
        if match is None or match.lastgroup is None:
            raise malformed()
        found = match[match.lastgroup]
        if match.lastgroup == "quoted":
            found = _ESCAPED.sub(r"\1", found[1:-1])
        tokens.append(Token(match.lastgroup, found))
        position = match.end()
    return tokens


class ConditionReader(ABC):
    """Reads a condition: ``||`` binds weakest, then ``&&``, then parentheses and comparisons."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0
        self.regexes = 0

    @abstractmethod
    def operand(self) -> Condition:
        """Reads one comparison."""

    @abstractmethod
    def number(self, value: Any) -> float | None:
        """Returns the number that a value is, or None."""

    @property
    def at_end(self) -> bool:
        """Returns whether all has been read."""
        return self._position == len(self._tokens)

    def condition(self) -> Condition:
        """Reads as much as is one condition; AwsError."""
        parts = [self._both()]
        while self.skip("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda subject: any(part(subject) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self.skip("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda subject: all(part(subject) for part in parts)

    def _one(self) -> Condition:
        if not self.skip("("):
            return self.operand()
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise malformed("it is nested too deeply")
        condition = self.condition()
        self._depth -= 1
        if not self.skip(")"):
            raise malformed()
        return condition

    def next(self) -> Token:
        """Returns the next piece; AwsError at the end."""
        if self.at_end:
            raise malformed()
        self._position += 1
        return self._tokens[self._position - 1]

    def skip(self, text: str) -> bool:
        """Returns whether the operator ``text`` comes next, and reads it."""
        found = not self.at_end and self._tokens[self._position] == ("operator", text)
        self._position += found
        return found

    def comparison(self, sign: str) -> Condition:
        """Reads what a value is compared with by ``sign``; returns whether a value meets that."""
        token = self.next()
        if sign not in _SIGNS or token.kind not in ("quoted", "word", "regex"):
            raise malformed()
        if sign in _ORDER:
            return self._order(_ORDER[sign], token)
        equal = self._equality(token)
        return equal if sign == "=" else lambda value: not equal(value)

    def _order(self, compare: Callable[[float, float], bool], token: Token) -> Condition:
        if token.kind != "word" or not NUMBER.fullmatch(token.text):
            raise malformed()
        bound = float(token.text)
        return lambda value: (number := self.number(value)) is not None and compare(number, bound)

    def _equality(self, token: Token) -> Condition:
        if token.kind == "regex":
            self.regexes += 1
            if self.regexes > MAX_IN_PATTERN:
                raise malformed(f"it has more than {MAX_IN_PATTERN} regular expressions")
            matches = compile_regex(token.text)
            return lambda value: (text := text_of(value)) is not None and matches(text)
        if token.text.startswith("%") and token.kind == "word":
            raise malformed()
        if token.kind == "word" and NUMBER.fullmatch(token.text):
            wanted = float(token.text)
            return lambda value: self.number(value) == wanted
        if token.text == "*":
            return lambda value: True
        if "*" not in token.text:
            return lambda value: value == token.text
        wildcard = Wildcard.of([(piece, piece != "*") for piece in re.split(r"(\*)", token.text)])
        return lambda value: (text := text_of(value)) is not None and wildcard(text)


def text_of(value: Any) -> str | None:
    """Returns a text as it is, and a number as JSON writes it; None for what is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return None
