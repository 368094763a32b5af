"""Filter patterns over fields between spaces: ``[ip, user, ..., request = "*.html*", status = 4* || status = 5*]``.

What stands in quotation marks or brackets is one field, without them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

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
        fields = _fields(message)
        places = self._places(len(fields))
        return places is not None and all(
            field.condition is None or field.condition(fields[at]) for at, field in places
        )

    def values(self, message: str) -> Values:
        """Returns what fields are, by ``$name``; those of the ellipsis are called by their number."""
        return self.extracted(message).get

    def means(self, reference: str) -> bool:
        """Returns whether it is ``$name`` of a field, or the number of one that the ellipsis may stand for."""
        named = any(reference == f"${field.name}" for field in (*self._before, *(self._after or ())))
        return named or (self._after is not None and reference[1:].isdecimal())

    def extracted(self, message: str) -> Mapping[str, str]:
        """Returns all fields of a message that matches, by ``$name``."""
        fields = _fields(message)
        places = self._places(len(fields)) or []
        known = {at: field.name for at, field in places}
        return {f"${known.get(at, at + 1)}": text for at, text in enumerate(fields)}

    def _places(self, count: int) -> list[tuple[int, _Field]] | None:
        """Returns where each field of the pattern stands among ``count`` fields; None when they do not fit."""
        after = self._after or []
        missing = count - len(self._before) - len(after)
        if missing < 0 or (missing and self._after is None):
            return None
        return [*enumerate(self._before), *enumerate(after, count - len(after))]


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


@lru_cache(maxsize=1)  # the patterns of a group look at one message after the other
def _fields(message: str) -> list[str]:
    """Returns the fields of a message."""
    if '"' not in message and "[" not in message:
        return message.split()
    # What is not closed is a plain character: behind the last that closes, nothing is looked for any more.
    last = {'"': message.rfind('"'), "[": message.rfind("]")}
    fields, position = [], 0
    while (start := _START.search(message, position)) is not None:
        position = start.start()
        first = message[position]
        if position < last.get(first, -1):
            end = message.index(_CLOSING[first], position + 1)
            fields.append(message[position + 1 : end])
            position = end + 1
        else:
            word = _WORD.match(message, position)
            assert word is not None
            fields.append(word[0])
            position = word.end()
    return fields


_START = re.compile(r"\S")
_WORD = re.compile(r"\S+")
