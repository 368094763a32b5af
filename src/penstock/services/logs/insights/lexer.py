"""A query in pieces. What a slash means depends on where it stands, so the parser asks for pieces one by one."""

import re
from typing import NamedTuple

from penstock.services.logs.insights.malformed import MalformedQuery

_BLANK = re.compile(r"(?:\s+|#[^\n]*)+")
_PIECE = re.compile(
    r"""(?P<period>\d+(?:ms|[smhdw])\b)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<field>`[^`]+`)
      | (?P<name>@?[A-Za-z_][A-Za-z0-9_@.]*)
      | (?P<sign>=~|!=|<=|>=|[|,()\[\]=<>+*/^%-])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/((?:[^/\\]|\\.)+)/", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class Piece(NamedTuple):
    """One piece with its place; ``kind`` is ``end`` behind the last one."""

    kind: str
    text: str
    start: int
    end: int


class Lexer:
    """Reads a text piece by piece, one ahead."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.ahead = Piece("", "", 0, 0)
        self._read(0)

    def next(self) -> Piece:
        """Returns the piece ahead and goes on behind it."""
        piece = self.ahead
        self._read(piece.end)
        return piece

    def skip(self, *texts: str) -> bool:
        """Returns whether one of the signs or words comes next, and reads it; words in any case."""
        found = self.at(*texts)
        if found:
            self.next()
        return found

    def at(self, *texts: str) -> bool:
        """Returns whether one of the signs or words comes next."""
        return self.ahead.kind in ("sign", "name") and self.ahead.text.lower() in texts

    def expect(self, text: str) -> None:
        """Reads a sign or word; MalformedQuery when something else comes next."""
        if not self.skip(text):
            raise self.malformed(f"expected {text}")

    def regex(self) -> str | None:
        """Returns the regular expression between slashes that comes next, and reads it; None when there is none."""
        match = _REGEX.match(self.source, self.ahead.start)
        if match is None:
            return None
        self._read(match.end())
        return match[1]

    def quoted(self) -> str:
        """Reads a text in quotation marks; MalformedQuery."""
        if self.ahead.kind != "quoted":
            raise self.malformed("expected a text in quotation marks")
        return unquoted(self.next().text)

    def malformed(self, reason: str) -> MalformedQuery:
        """Returns what is wrong with the piece ahead."""
        found = self.ahead.text or "end of query"
        return MalformedQuery(f"unexpected symbol found {found}: {reason}", self.ahead.start, self.ahead.end)

    def _read(self, position: int) -> None:
        blank = _BLANK.match(self.source, position)
        start = blank.end() if blank else position
        if start >= len(self.source):
            self.ahead = Piece("end", "", start, start)
            return
        match = _PIECE.match(self.source, start)
        if match is None or match.lastgroup is None:
            self.ahead = Piece("other", self.source[start], start, start + 1)
            return
        self.ahead = Piece(match.lastgroup, match[0], start, match.end())


def unquoted(text: str) -> str:
    """Returns what stands between quotation marks."""
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), text[1:-1])
