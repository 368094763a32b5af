"""JSON as a row of tokens that know where they stand, because AWS's refusals of patterns name line and column.

EventBridge and SNS read patterns with Jackson, which reads a text only when it is asked for, and the value's first
character together with the name before it. A token's ``seen`` and ``end`` are where Jackson stands before and after
that; the recorded answers in the tests show both.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

import orjson

from penstock.matching.pattern_error import PatternError

# What Jackson's messages quote of the source, in characters.
_MAX_QUOTED = 500

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.])")
_WORD = re.compile(r"\w+")
_WORDS = {"true": True, "false": False, "null": None}
_VALUE = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class Kind(Enum):
    """What a token is. BROKEN: there the text stops being JSON; ``text`` says why."""

    OBJECT = auto()
    END_OBJECT = auto()
    ARRAY = auto()
    END_ARRAY = auto()
    NAME = auto()
    STRING = auto()
    NUMBER = auto()
    WORD = auto()
    BROKEN = auto()


_PUNCTUATION = {"{": Kind.OBJECT, "}": Kind.END_OBJECT, "[": Kind.ARRAY, "]": Kind.END_ARRAY}


@dataclass(slots=True)
class Token:
    """One token. ``value`` is a string's, number's or word's; ``seen`` and ``end`` are indexes behind it.

    ``close`` is a token's own number, of an opening one that of the token which closes it or where the text breaks.
    """

    kind: Kind
    text: str
    seen: int
    end: int
    close: int
    value: str | int | float | bool | None = None


def tokens(source: str) -> list[Token]:
    """Returns the tokens of the first JSON value in ``source``; where it is not JSON the last one is BROKEN."""
    return _Scanner(source).scan()


def located(message: str, source: str, position: int) -> PatternError:
    """Returns the error that Jackson makes of ``message`` when it stands at ``position``."""
    line = source.count("\n", 0, position) + 1
    column = position - (source.rfind("\n", 0, position) + 1) + 1
    quoted = f'"{source[:_MAX_QUOTED]}"'
    if len(source) > _MAX_QUOTED:
        quoted += f"[truncated {len(source) - _MAX_QUOTED} chars]"
    return PatternError(f"{message}\n at [Source: (String){quoted}; line: {line}, column: {column}]")


class _Scanner:
    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._found: list[Token] = []
        self._open: list[Token] = []
        self._broken = False

    def scan(self) -> list[Token]:
        self._value()
        while self._open and not self._broken:
            if self._open[-1].kind is Kind.OBJECT:
                self._member()
            else:
                self._element()
        for token in self._open:
            token.close = len(self._found) - 1
        return self._found

    def _member(self) -> None:
        if self._closes("}") or not self._separated("Object"):
            return
        name = _STRING.match(self._source, self._at)
        if name is None:
            return self._unexpected("was expecting double-quote to start field name")
        token = self._add(Kind.NAME, name)
        if self._peek() != ":":
            return self._unexpected("was expecting a colon to separate field name and value")
        self._at += 1
        self._value()
        token.seen = self._found[-1].seen

    def _element(self) -> None:
        if not self._closes("]") and self._separated("Array"):
            self._value()

    def _closes(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self._open.pop().close = self._punctuation(mark).close
        return True

    def _separated(self, container: str) -> bool:
        """Returns whether another entry may follow: the first needs no comma."""
        if self._found[-1].kind in (Kind.OBJECT, Kind.ARRAY):
            return True
        if self._peek() != ",":
            self._unexpected(f"was expecting comma to separate {container} entries")
            return False
        self._at += 1
        self._peek()
        return True

    def _value(self) -> None:
        mark = self._peek()
        if mark in ("{", "["):
            self._open.append(self._punctuation(mark))
        elif mark == '"':
            self._string()
        elif match := _NUMBER.match(self._source, self._at):
            self._add(Kind.NUMBER, match).value = _number(match[0])
        elif match := _WORD.match(self._source, self._at):
            self._word(match)
        else:
            self._unexpected(f"expected a valid value {_VALUE}")

    def _string(self) -> None:
        match = _STRING.match(self._source, self._at)
        if match is None:
            return self._break("Unexpected end-of-input in VALUE_STRING", len(self._source))
        token = self._add(Kind.STRING, match)
        token.seen = match.start() + 1

    def _word(self, match: re.Match[str]) -> None:
        if match[0] not in _WORDS:
            return self._break(f"Unrecognized token '{match[0]}': was expecting {_VALUE}", match.end())
        self._add(Kind.WORD, match).value = _WORDS[match[0]]

    def _add(self, kind: Kind, match: re.Match[str]) -> Token:
        self._at = match.end()
        token = Token(kind, match[0], self._at, self._at, len(self._found))
        self._found.append(token)
        if kind in (Kind.STRING, Kind.NAME):
            try:
                token.text = token.value = orjson.loads(match[0])
            except orjson.JSONDecodeError:  # half of a surrogate pair
                self._broken = True
                token.kind, token.text = Kind.BROKEN, "Incomplete surrogate pair"
        return token

    def _punctuation(self, mark: str) -> Token:
        self._at += 1
        token = Token(_PUNCTUATION[mark], mark, self._at, self._at, len(self._found))
        self._found.append(token)
        return token

    def _unexpected(self, wanted: str) -> None:
        if self._at >= len(self._source):
            return self._break(
                "Unexpected end-of-input" if self._found else "Filter is not an object", self._at
            )
        mark = self._source[self._at]
        self._break(f"Unexpected character ('{mark}' (code {ord(mark)})): {wanted}", self._at + 1)

    def _break(self, message: str, position: int) -> None:
        self._broken = True
        self._found.append(Token(Kind.BROKEN, message, position, position, len(self._found)))

    def _peek(self) -> str:
        """Returns the next character that is no space, or nothing, and moves to it."""
        match = _SPACE.match(self._source, self._at)
        self._at = match.end() if match else self._at
        return self._source[self._at : self._at + 1]


def _number(text: str) -> int | float:
    """Returns what orjson makes of the number: a float when it has a fraction or does not fit 64 bits."""
    if len(text) > 20 or not text.lstrip("-").isdecimal():
        return float(text)
    number = int(text)
    return number if -(2**63) <= number < 2**64 else float(number)
