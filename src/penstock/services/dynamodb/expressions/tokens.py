"""The words and signs of an expression.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from penstock.services.dynamodb.expressions.error import ExpressionError

MAX_BYTES = 4096


class Sort(Enum):
    """What a token is."""

    WORD = auto()
    NAME = auto()
    VALUE = auto()
    DIGITS = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign, and where it stands. A keyword is a word; ``key`` is it in capitals."""

    sort: Sort
    text: str
    start: int
    end: int

    @property
    def key(self) -> str:
        """Returns the text as keywords are compared."""
        return self.text.upper()


_TOKEN = re.compile(
    r"""\s+
    | (?P<WORD>[A-Za-z][A-Za-z0-9_]*)
    | (?P<NAME>\#[A-Za-z0-9_]+)
    | (?P<VALUE>:[A-Za-z0-9_]+)
    | (?P<DIGITS>[0-9]+)
    | (?P<SIGN><>|<=|>=|.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> list[Token]:
    """Returns the tokens of an expression, the last of which is its end; ExpressionError when empty or too long."""
    size = len(text.encode())
    if size > MAX_BYTES:
        raise ExpressionError(
            f"Expression size has exceeded the maximum allowed size; expression size: {size}"
        )
    found = [*_read(text)]
    if not found:
        raise ExpressionError("The expression can not be empty;")
    return [*found, Token(Sort.END, "<EOF>", len(text), len(text))]


def _read(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup is not None:
            yield Token(Sort[match.lastgroup], match.group(), match.start(), match.end())
