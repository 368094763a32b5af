"""Goes through the tokens of a pattern as Jackson does, so that a refusal names the place where Jackson stood."""

from collections.abc import Iterator
from typing import NoReturn

from penstock.matching.json_tokens import Kind, Token, located, tokens
from penstock.matching.operators import Scalar


class Cursor:
    """Stands in a text. Each of its methods may end in PatternError, at the latest where the text stops being JSON."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._next = 0
        self._at = 0

    def take(self) -> Token:
        """Returns the next token and moves to it, for a string to its first character."""
        token = self._tokens[self._next]
        self._next += 1
        self._at = token.seen
        if token.kind is Kind.BROKEN:
            self.fail(token.text)
        return token

    def peek(self) -> Kind:
        """Returns what the next token is."""
        return self._tokens[self._next].kind

    def text(self, token: Token) -> str:
        """Returns the text of the token just taken and moves behind it."""
        self._at = token.end
        return token.text

    def value(self, token: Token) -> Scalar:
        """Returns the value of the token just taken and moves behind it."""
        self._at = token.end
        return token.value

    def string(self, otherwise: str) -> str:
        """Returns the string that comes next, or fails with ``otherwise``."""
        token = self.take()
        if token.kind is not Kind.STRING:
            self.fail(otherwise)
        return self.text(token)

    def expect(self, kind: Kind, otherwise: str) -> Token:
        """Returns the next token, which is of that kind, or fails with ``otherwise``."""
        token = self.take()
        if token.kind is not kind:
            self.fail(otherwise)
        return token

    def objects_ahead(self) -> list[list[str]]:
        """Returns the names in each object of the list that comes next; nothing if something else comes or is in it."""
        opening, at = self._tokens[self._next], self._next + 1
        found: list[list[str]] = []
        while opening.kind is Kind.ARRAY and at < opening.close:
            if self._tokens[at].kind is not Kind.OBJECT:
                return []
            found.append(list(self._names(at)))
            at = self._tokens[at].close + 1
        return found

    def fail(self, message: str) -> NoReturn:
        """Raises the PatternError that says so and names the place."""
        raise located(message, self._source, self._at)

    def _names(self, at: int) -> Iterator[str]:
        """Yields the names of the object at the token, without a look at what is under them."""
        close = self._tokens[at].close
        at += 1
        while at < close and self._tokens[at].kind is Kind.NAME:
            yield self._tokens[at].text
            at = self._tokens[at + 1].close + 1
