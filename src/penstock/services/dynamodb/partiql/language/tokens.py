"""The words and signs of a statement, and who stands among them.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import NoReturn

from penstock.errors import AwsError
from penstock.services.dynamodb.values import Value
from penstock.services.dynamodb.values.invalid import invalid


class Sort(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()
    STRING = auto()
    NUMBER = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A word, name, literal or sign; ``text`` is without its quotation marks."""

    sort: Sort
    text: str

    @property
    def key(self) -> str:
        """Returns the text as keywords and signs are compared; nothing when it can be neither."""
        return self.text.upper() if self.sort in (Sort.WORD, Sort.SIGN) else ""


_TOKEN = re.compile(
    r"""\s+
    | (?P<WORD>[A-Za-z_][A-Za-z0-9_]*)
    | "(?P<QUOTED>(?:[^"]|"")*)"
    | '(?P<STRING>(?:[^']|'')*)'
    | (?P<NUMBER>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<SIGN><<|>>|<>|<=|>=|!=|.)""",
    re.VERBOSE | re.DOTALL,
)
_MARKS = {Sort.QUOTED: '"', Sort.STRING: "'"}


class Cursor:
    """Goes through a statement, and gives its parameters away in their order."""

    def __init__(self, text: str, parameters: list[Value]) -> None:
        self._tokens = [*map(_token, _TOKEN.finditer(text))]
        self._tokens = [token for token in self._tokens if token is not _SPACE]
        self._at = 0
        self._parameters = iter(parameters)

    @property
    def token(self) -> Token:
        """Returns the token that has not been taken."""
        return self._ahead(0)

    @property
    def following(self) -> Token:
        """Returns the token behind it."""
        return self._ahead(1)

    def take(self) -> Token:
        """Returns the token and moves behind it."""
        token = self.token
        self._at += 1
        return token

    def take_if(self, *keys: str) -> bool:
        """Returns whether these words or signs come next, and takes them then."""
        if any(self._ahead(number).key != key for number, key in enumerate(keys)):
            return False
        self._at += len(keys)
        return True

    def expect(self, *keys: str) -> None:
        """Takes these words or signs, or fails."""
        if not self.take_if(*keys):
            self.fail()

    def name(self) -> str:
        """Takes a name, which may stand in double quotation marks, or fails."""
        if self.token.sort not in (Sort.WORD, Sort.QUOTED) or self.token.key in KEYWORDS:
            self.fail()
        return self.take().text

    def parameter(self) -> Value:
        """Returns the next of the request's parameters; ValidationException when there are too few."""
        try:
            return next(self._parameters)
        except StopIteration:
            raise mismatched_parameters() from None

    def end(self) -> None:
        """Returns when all has been taken, the parameters too; ValidationException."""
        if self.token.sort is not Sort.END:
            self.fail()
        if next(self._parameters, None) is not None:
            raise mismatched_parameters()

    def fail(self) -> NoReturn:
        """Raises the refusal of what is no statement."""
        shown = "end of statement" if self.token.sort is Sort.END else self.token.text
        raise invalid(f"Statement wasn't well formed, can't be processed: Unexpected token: {shown}")

    def _ahead(self, count: int) -> Token:
        at = self._at + count
        return self._tokens[at] if at < len(self._tokens) else _END


KEYWORDS = frozenset(
    {
        *("SELECT", "FROM", "WHERE", "ORDER", "BY", "INSERT", "INTO", "VALUE", "UPDATE", "SET", "REMOVE"),
        *(
            "DELETE",
            "RETURNING",
            "AND",
            "OR",
            "NOT",
            "IN",
            "BETWEEN",
            "IS",
            "MISSING",
            "NULL",
            "TRUE",
            "FALSE",
        ),
    }
)

_END = Token(Sort.END, "")
_SPACE = Token(Sort.SIGN, " ")


def mismatched_parameters() -> AwsError:
    """There are more or fewer parameters than question marks."""
    return invalid("Number of parameters in request and statement don't match.")


def _token(match: re.Match[str]) -> Token:
    if match.lastgroup is None:
        return _SPACE
    sort, text = Sort[match.lastgroup], match[match.lastgroup]
    if mark := _MARKS.get(sort):
        text = text.replace(mark * 2, mark)
    return Token(sort, text)
