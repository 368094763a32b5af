"""Input templates of pipes: text with ``<$.path>`` and ``<aws.pipes.…>`` where values of the event go.

Within quotes a value stands as its text, escaped, so that what was JSON stays so; elsewhere as JSON. Of a path that
finds nothing there is nothing in quotes, and ``null`` elsewhere. What begins as no JSON is free text.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
"""

import re
from typing import Any, NamedTuple

import orjson

from penstock.matching.json_path import NOTHING, JsonPath
from penstock.services.pipes.running.record import Item, Unfit, as_json

_VARIABLE = re.compile(r"<(\$[^<>]*|aws\.pipes\.[A-Za-z.\-]*)>")
_QUOTES = re.compile(r'\\.|"', re.DOTALL)
_JSON_STARTS = ("{", "[", '"')


class Facts(NamedTuple):
    """What is known of the pipe and of the moment."""

    pipe_arn: str
    pipe_name: str
    source_arn: str
    enrichment_arn: str
    target_arn: str
    ingested: str


_EVENT, _EVENT_JSON = "aws.pipes.event", "aws.pipes.event.json"
_FACTS = {
    "aws.pipes.pipe-arn": "pipe_arn",
    "aws.pipes.pipe-name": "pipe_name",
    "aws.pipes.source-arn": "source_arn",
    "aws.pipes.enrichment-arn": "enrichment_arn",
    "aws.pipes.target-arn": "target_arn",
    "aws.pipes.event.ingestion-time": "ingested",
}


class _Piece(NamedTuple):
    """Some text, or a variable within quotes or not."""

    text: str
    path: JsonPath | None = None
    is_variable: bool = False
    quoted: bool = False


class Template:
    """A compiled template; ValueError when it names what there is not."""

    __slots__ = ("_is_json", "_pieces")

    def __init__(self, text: str) -> None:
        self._is_json = text.lstrip().startswith(_JSON_STARTS)
        self._pieces = _pieces(text)

    def render(self, item: Item, facts: Facts) -> bytes:
        """Returns what is sent; Unfit when it should be JSON and is not."""
        made = "".join(self._shown(piece, item, facts) for piece in self._pieces).encode()
        if self._is_json:
            try:
                return orjson.dumps(orjson.loads(made))
            except (ValueError, TypeError, RecursionError):
                raise Unfit("The input template makes no valid JSON of a record.") from None
        return made

    def _shown(self, piece: _Piece, item: Item, facts: Facts) -> str:
        if not piece.is_variable:
            return piece.text
        value = _value(piece, item, facts)
        if not piece.quoted:
            return as_json(None if value is NOTHING else value).decode()
        if value is NOTHING:
            return ""
        text = value if isinstance(value, str) else as_json(value).decode()
        return as_json(text).decode()[1:-1] if self._is_json else text


def _value(piece: _Piece, item: Item, facts: Facts) -> Any:
    if piece.path is not None:
        return piece.path.find(item.read)
    if piece.text == _EVENT:
        return item.raw
    return item.read if piece.text == _EVENT_JSON else getattr(facts, _FACTS[piece.text])


def _pieces(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    quoted, at = False, 0
    for match in _VARIABLE.finditer(text):
        before, name = text[at : match.start()], match[1]
        quoted ^= _turns(before)
        path = JsonPath(name) if name.startswith("$") else None
        if path is None and name not in (*_FACTS, _EVENT, _EVENT_JSON):
            raise ValueError(f"there is no variable {name}")
        pieces += [_Piece(before), _Piece(name, path, is_variable=True, quoted=quoted)]
        at = match.end()
    return [*pieces, _Piece(text[at:])]


def _turns(text: str) -> bool:
    """Returns whether an odd number of quotes that are not escaped stands in the text."""
    return sum(found[0] == '"' for found in _QUOTES.finditer(text)) % 2 == 1
