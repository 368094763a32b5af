"""Input transformers: a template with ``<name>`` where values of the event go.

Within quotes a value stands as its text, and nothing in it is escaped, as at AWS; elsewhere as JSON. Of a variable
whose path finds nothing there is nothing in quotes, and ``null`` elsewhere.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.matching.json_path import NOTHING, JsonPath

_PLACEHOLDER = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_QUOTES = re.compile(r'\\.|"', re.DOTALL)
_PREDEFINED = "aws.events."


class Facts(NamedTuple):
    """What is known of an event and of the rule that has matched it; ``text`` is the event as JSON."""

    document: dict[str, Any]
    text: bytes
    ingested: str
    rule_arn: str
    rule_name: str


class Unrenderable(ValueError):
    """What a template makes of an event is not JSON."""


_FACTS: Mapping[str, Callable[[Facts], Any]] = {
    "aws.events.rule-arn": lambda facts: facts.rule_arn,
    "aws.events.rule-name": lambda facts: facts.rule_name,
    "aws.events.event": lambda facts: {k: v for k, v in facts.document.items() if k != "detail"},
    "aws.events.event.json": lambda facts: facts.document,
    "aws.events.event.ingestion-time": lambda facts: facts.ingested,
}


class _Piece(NamedTuple):
    """Some text, or a variable within quotes or not."""

    text: str
    is_variable: bool = False
    quoted: bool = False


class Template:
    """A compiled transformer; ValueError when a path is none. ``unknown`` is a variable without a value, or ""."""

    __slots__ = ("_paths", "_pieces", "is_json", "unknown")

    def __init__(self, text: str, paths: Mapping[str, str]) -> None:
        self._paths = {name: JsonPath(path) for name, path in paths.items()}
        self._pieces = _pieces(text)
        self.is_json = text.lstrip()[:1] in ("{", "[")
        names = [piece.text for piece in self._pieces if piece.is_variable]
        self.unknown = next((name for name in names if name not in self._paths and name not in _FACTS), "")

    def render(self, facts: Facts) -> bytes:
        """Returns what the target gets; Unrenderable when it should be JSON and is not."""
        made = "".join(self._shown(piece, facts) for piece in self._pieces)
        if not self.is_json:
            return made.encode()
        try:
            return orjson.dumps(orjson.loads(made))
        except (ValueError, TypeError, RecursionError):
            raise Unrenderable("The input transformer makes no valid JSON of this event.") from None

    def is_whole(self) -> bool:
        """Returns whether it is JSON once its variables have values, or is not meant to be."""
        facts = Facts({}, b"{}", "", "", "")
        try:
            self.render(facts)
        except Unrenderable:
            return False
        return True

    def _shown(self, piece: _Piece, facts: Facts) -> str:
        if not piece.is_variable:
            return piece.text
        value = self._value(piece.text, facts)
        if not piece.quoted:
            return _json(None if value is NOTHING else value)
        if value is NOTHING:
            return ""
        return value if isinstance(value, str) else _json(value)

    def _value(self, name: str, facts: Facts) -> Any:
        if name.startswith(_PREDEFINED):
            return _FACTS[name](facts)
        return self._paths[name].find(facts.document)


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        raise Unrenderable("A part of the event is nested too deeply for an input transformer.") from None


def _pieces(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    quoted, at = False, 0
    for match in _PLACEHOLDER.finditer(text):
        before = text[at : match.start()]
        quoted ^= _turns(before)
        pieces += [_Piece(before), _Piece(match[1], is_variable=True, quoted=quoted)]
        at = match.end()
    return [*pieces, _Piece(text[at:])]


def _turns(text: str) -> bool:
    """Returns whether an odd number of quotes that are not escaped stands in the text."""
    return sum(found[0] == '"' for found in _QUOTES.finditer(text)) % 2 == 1
