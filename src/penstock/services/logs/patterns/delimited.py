"""Filter patterns over fields between spaces: ``[ip, user, ..., request = "*.html*", status = 4* || status = 5*]``.

What stands in quotation marks or brackets is one field, without them.
"""

import re
from collections.abc import Iterator, Mapping

from penstock.services.logs.patterns.condition import NUMBER, Condition, ConditionReader, Token, tokens_of
from penstock.services.logs.patterns.malformed import malformed
from penstock.services.logs.patterns.pattern import Values

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<operator>\.\.\.|,|&&|\|\||!=|<=|>=|=|<|>|\(|\))
      | (?P<quoted>"(?:[^"\\]|\\.)*")
      | (?P<regex>%(?:[^%\\]|\\.)*%)
      | (?P<word>[^\s()="&|<>!,]+)
    )\s*""",
    re.VERBOSE,
)
_NAME = re.compile(r"[A-Za-z0-9_@$-]+")
_CLOSING = {'"': '"', "[": "]"}


class _Field:
    """What one field of a message must be; None for no condition."""

    __slots__ = ("condition", "name")

    def __init__(self, name: str, condition: Condition | None) -> None:
        self.name = name
        self.condition = condition


class Delimited:
    """Fields by their place. Without an ellipsis a message has as many as the pattern; with one it has no fewer."""

    def __init__(self, text: str) -> None:
        """AwsError ``InvalidParameterException``."""
        if not text.endswith("]"):
            raise malformed()
        reader = _Reader(tokens_of(text[1:-1], _TOKEN))
        self._before, self._after = reader.fields()
        self.regexes = reader.regexes

    def __call__(self, message: str) -> bool:
        return self._named(message) is not None

    def values(self, message: str) -> Values:
        """Returns what fields are, by ``$name``; those of the ellipsis are called by their number."""
        return self.extracted(message).get

    def means(self, reference: str) -> bool:
        """Returns whether it is ``$name`` of a field, or the number of one that the ellipsis may stand for."""
        named = any(reference == f"${field.name}" for field in (*self._before, *(self._after or ())))
        return named or (self._after is not None and reference[1:].isdecimal())

    def extracted(self, message: str) -> Mapping[str, str]:
        """Returns all fields of a message that matches, by ``$name``."""
        return self._named(message) or {}

    def _named(self, message: str) -> dict[str, str] | None:
        fields = list(_split(message))
        missing = len(fields) - len(self._before) - len(self._after or ())
        if missing < 0 or (missing and self._after is None):
            return None
        tail = len(fields) - len(self._after or ())
        named = {
            f"${number}": text for number, text in enumerate(fields, 1) if len(self._before) < number <= tail
        }
        places = [*enumerate(self._before), *enumerate(self._after or (), tail)]
        for at, field in places:
            if field.condition is not None and not field.condition(fields[at]):
                return None
            named[f"${field.name}"] = fields[at]
        return named


class _Reader(ConditionReader):
    def __init__(self, tokens: list[Token]) -> None:
        super().__init__(tokens)
        self._name = ""

    def fields(self) -> tuple[list[_Field], list[_Field] | None]:
        """Reads the fields before and after the ellipsis; the latter are None when there is none."""
        before: list[_Field] = []
        after: list[_Field] | None = None
        while True:
            if self.skip("..."):
                if after is not None:
                    raise malformed("it has more than one ellipsis")
                after = []
            else:
                (before if after is None else after).append(self._field())
            if self.at_end:
                return before, after
            if not self.skip(","):
                raise malformed()

    def _field(self) -> _Field:
        self._name = ""
        start = self._position
        name = self.next()
        if name.kind == "word" and (self.at_end or self._tokens[self._position] == ("operator", ",")):
            return _Field(_checked(name.text), None)
        self._position = start
        condition = self.condition()
        return _Field(self._name, condition)

    def operand(self) -> Condition:
        token = self.next()
        if token.kind != "word" or (self._name and token.text != self._name):
            raise malformed()
        self._name = _checked(token.text)
        return self.comparison(self.next().text)

    def number(self, value: str) -> float | None:
        """Returns the number that a field says."""
        return float(value) if NUMBER.fullmatch(value) else None


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise malformed()
    return name


def _split(message: str) -> Iterator[str]:
    """Yields the fields of a message."""
    position, end = 0, len(message)
    unclosed = (
        ""  # what was once not closed is not looked for again: a line of brackets costs no more than another
    )
    while position < end:
        first = message[position]
        if first.isspace():
            position += 1
            continue
        closing = _CLOSING.get(first)
        if closing is not None and closing not in unclosed:
            close = message.find(closing, position + 1)
            if close >= 0:
                yield message[position + 1 : close]
                position = close + 1
                continue
            unclosed += closing
        word = _WORD.match(message, position)
        assert word is not None
        yield word[0]
        position = word.end()


_WORD = re.compile(r"\S+")
