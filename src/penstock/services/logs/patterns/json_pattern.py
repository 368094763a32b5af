"""Filter patterns over JSON messages: ``{ $.level = "ERROR" && ($.status >= 500 || $.user.id NOT EXISTS) }``."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from penstock.services.logs.patterns import selector
from penstock.services.logs.patterns.condition import Condition, ConditionReader, tokens_of
from penstock.services.logs.patterns.malformed import malformed
from penstock.services.logs.patterns.pattern import Values
from penstock.services.logs.patterns.selector import Selector, is_selector

_TOKEN = re.compile(
    rf"""\s*(?:
        (?P<selector>{selector.SYNTAX})
      | (?P<operator>&&|\|\||!=|<=|>=|=|<|>|\(|\))
      | (?P<quoted>"(?:[^"\\]|\\.)*")
      | (?P<regex>%(?:[^%\\]|\\.)*%)
      | (?P<word>[^\s()="&|<>!]+)
    )\s*""",
    re.VERBOSE,
)
_STATES = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}
_NOTHING = object()  # equal to nothing that a document holds


class JsonPattern:
    """A condition in braces; a message that is no JSON object or array does not match."""

    def __init__(self, text: str) -> None:
        """AwsError ``InvalidParameterException``."""
        if not text.endswith("}"):
            raise malformed()
        reader = _Reader(tokens_of(text[1:-1], _TOKEN))
        self._condition = reader.condition()
        if not reader.at_end:
            raise malformed()
        self.regexes = reader.regexes
        self._selectors = tuple(reader.selectors.values())

    def __call__(self, message: str) -> bool:
        document = document_of(message)
        return document is not _NOTHING and self._condition(document)

    def values(self, message: str) -> Values:
        """Returns what selectors find in the message."""
        document = document_of(message)
        return lambda reference: _selector(reference).first(document)

    def means(self, reference: str) -> bool:
        """Returns whether it is a selector."""
        return is_selector(reference)

    def extracted(self, message: str) -> Mapping[str, str]:
        """Returns what the selectors of the pattern find."""
        document = document_of(message)
        found = {selector.text: selector.first(document) for selector in self._selectors}
        return {name: _shown(value) for name, value in found.items() if value is not None}


@lru_cache(maxsize=1)  # the patterns of a group look at one message after the other
def document_of(message: str) -> Any:
    """Returns the JSON object or array that a message is; else something that is equal to nothing."""
    if not message.lstrip().startswith(("{", "[")):
        return _NOTHING
    try:
        return orjson.loads(message)
    except orjson.JSONDecodeError:
        return _NOTHING


class _Reader(ConditionReader):
    def __init__(self, tokens: list[Any]) -> None:
        super().__init__(tokens)
        self.selectors: dict[str, Selector] = {}

    def operand(self) -> Condition:
        token = self.next()
        if token.kind != "selector":
            raise malformed()
        values = self.selectors.setdefault(token.text, Selector(token.text)).values
        token = self.next()
        if token.kind == "word":
            return self._state(values, token.text)
        test = self.comparison(token.text)
        return lambda document: any(test(value) for value in values(document))

    def _state(self, values: Any, word: str) -> Condition:
        if word.upper() == "EXISTS":
            return lambda document: any(True for _ in values(document))
        words = f"{word} {self.next().text}".upper()
        if words == "NOT EXISTS":
            return lambda document: not any(True for _ in values(document))
        if words not in _STATES:
            raise malformed()
        expected = _STATES[words]
        return lambda document: any(value is expected for value in values(document))

    def number(self, value: Any) -> float | None:
        """Returns a number; a text is none, whatever it says."""
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


@lru_cache(maxsize=1024)
def _selector(text: str) -> Selector:
    return Selector(text)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
