"""What a policy document says of itself: where its statements stand, and which condition keys it names."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, NamedTuple

_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\r\n]*")
_BREAK = re.compile(r"\n")
_VARIABLE = re.compile(r"\$\{([^},]+)[^}]*\}")
_PLAIN = frozenset("*?$")
_WITH_VARIABLES = ("Resource", "NotResource")


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


def statement_places(document: str) -> list[tuple[Place, Place]]:
    """Returns where each statement begins and ends; the document is one that has been parsed as a policy."""
    breaks = [found.start() for found in _BREAK.finditer(document)]
    return [(_place(breaks, begin), _place(breaks, end)) for begin, end in _statement_spans(document)]


def context_keys(document: str) -> list[str]:
    """Returns the condition keys that the document names, in conditions and variables, each once, as it writes them."""
    found: dict[str, str] = {}
    statements = json.loads(document)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for key in _keys(statement):
            found.setdefault(key.lower(), key)
    return list(found.values())


def _keys(statement: dict[str, Any]) -> Iterator[str]:
    for keys in statement.get("Condition", {}).values():
        for key, values in keys.items():
            yield key
            yield from _variables(values)
    for member in _WITH_VARIABLES:
        yield from _variables(statement.get(member, ()))


def _variables(values: object) -> Iterator[str]:
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, str):
            yield from (key for key in _VARIABLE.findall(value) if key not in _PLAIN)


def _statement_spans(document: str) -> Iterator[tuple[int, int]]:
    at = _skip(document, _skip(document, 0) + 1)
    while document[at] == '"':
        name, at = _DECODER.raw_decode(document, at)
        at = _skip(document, _skip(document, at) + 1)
        if name == "Statement":
            yield from _spans_at(document, at)
            return
        _, at = _DECODER.raw_decode(document, at)
        at = _skip(document, _skip(document, at) + 1)


def _spans_at(document: str, at: int) -> Iterator[tuple[int, int]]:
    """Yields the span of the object, or those of the objects in the list, that begins there."""
    is_list = document[at] == "["
    at = _skip(document, at + 1) if is_list else at
    while document[at] == "{":
        _, end = _DECODER.raw_decode(document, at)
        yield at, end
        if not is_list:
            return
        at = _skip(document, _skip(document, end) + 1)


def _skip(document: str, at: int) -> int:
    blanks = _BLANKS.match(document, at)
    assert blanks is not None
    return min(blanks.end(), len(document) - 1)


def _place(breaks: list[int], at: int) -> Place:
    """Returns the place of the character, given where the lines end."""
    before = bisect_left(breaks, at)
    return Place(before + 1, at - breaks[before - 1] if before else at + 1)
