"""Filter patterns over unstructured text: terms, quoted phrases, ``?optional`` and ``-excluded`` ones."""

import re
from collections.abc import Mapping
from typing import Any

from penstock.services.logs.patterns.malformed import malformed
from penstock.services.logs.patterns.pattern import Values

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))(?=\s|$)')
_ESCAPED = re.compile(r"\\(.)")


class Terms:
    """Terms must all be there; ``?`` terms count only when there are no others, and then one suffices.

    ``-`` terms must not be there. Case matters.
    """

    regexes = 0

    def __init__(self, text: str) -> None:
        """AwsError ``InvalidParameterException``."""
        self._required, optional, self._excluded = _terms(text)
        self._either = optional if not self._required else []

    def __call__(self, message: str) -> bool:
        if any(term in message for term in self._excluded):
            return False
        if not all(term in message for term in self._required):
            return False
        return not self._either or any(term in message for term in self._either)

    def values(self, message: str) -> Values:
        """Returns that references mean nothing in text."""
        return _nothing

    def means(self, reference: str) -> bool:
        """Returns that no reference means anything in text."""
        return False

    def extracted(self, message: str) -> Mapping[str, str]:
        """Returns nothing: terms have no names."""
        return {}


def _nothing(reference: str) -> Any:
    return None


def _terms(text: str) -> tuple[list[str], list[str], list[str]]:
    found: dict[str, list[str]] = {"": [], "?": [], "-": []}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise malformed()
        sign, quoted, plain = match.groups()
        term = _ESCAPED.sub(r"\1", quoted) if quoted is not None else plain
        if term:
            found[sign].append(term)
        position = match.end()
    return found[""], found["?"], found["-"]
