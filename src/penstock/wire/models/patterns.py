"""The models' regular expressions are Java's; this makes Python's of those that mean the same in both."""

import re
import warnings
from functools import cache

MAX_TEXT = 4096
"""Longer texts are matched against a plain character class only: no expression here may take its time."""

_CLASSES = {
    "L": r"\w",
    "N": r"\w",
    "Z": r"\s",
    "Alnum": "A-Za-z0-9",
    "Alpha": "A-Za-z",
    "Digit": "0-9",
    "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e",
    "ASCII": r"\x00-\x7f",
}
_PROPERTY = re.compile(r"\\p\{(\w+)\}|\\p([LNZ])")
_PLAIN_CLASS = re.compile(r"\^?\[(?:\\.|[^\]\\])*\](?:[*+]|\{\d*,?\d*\})?\$?", re.DOTALL)


class Pattern:
    """A compiled pattern, and whether it may be used on long texts."""

    def __init__(self, compiled: re.Pattern[str], plain: bool) -> None:
        self._compiled = compiled
        self._plain = plain

    def accepts(self, text: str) -> bool:
        """Returns whether the whole of ``text`` matches, or is too long to be tried."""
        if len(text) > MAX_TEXT and not self._plain:
            return True
        return self._compiled.fullmatch(text) is not None


@cache
def compile_pattern(java: str) -> Pattern | None:
    """Returns the pattern, or None when it cannot be had in Python, or could take exponential time."""
    if _nests_repetition(java):
        return None
    try:
        python, unicode = _translate(java)
        with warnings.catch_warnings():
            # Python warns of class syntax (nested sets, intersections) that Java reads otherwise.
            warnings.simplefilter("error")
            compiled = re.compile(python, 0 if unicode else re.ASCII)
    except (re.error, KeyError, FutureWarning, DeprecationWarning, OverflowError, RecursionError):
        return None
    return Pattern(compiled, _PLAIN_CLASS.fullmatch(java) is not None)


def _translate(java: str) -> tuple[str, bool]:
    """Returns the pattern with ``\\p{L}`` and its like spelt out, and whether that needs Unicode."""
    unicode = False

    def spell(found: re.Match[str]) -> str:
        nonlocal unicode
        name = found[1] or found[2]
        unicode = unicode or len(name) == 1
        inside = found.string.count("[", 0, found.start()) > found.string.count("]", 0, found.start())
        return _CLASSES[name] if inside else f"[{_CLASSES[name]}]"

    return _PROPERTY.sub(spell, java), unicode


def _nests_repetition(pattern: str) -> bool:
    """Returns whether a group that repeats without bound holds something else that does: ``(a+)*``."""
    unbounded_inside = [False]
    at, in_class = 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 2
            continue
        if in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char == "(":
            unbounded_inside.append(False)
        elif char == ")" and len(unbounded_inside) > 1:
            inner = unbounded_inside.pop()
            if inner and _repeats(pattern, at + 1):
                return True
            unbounded_inside[-1] = unbounded_inside[-1] or inner
        elif _repeats(pattern, at):
            unbounded_inside[-1] = True
        at += 1
    return False


def _repeats(pattern: str, at: int) -> bool:
    """Returns whether an unbounded (or long) repetition stands at ``at``."""
    if pattern[at : at + 1] in ("*", "+"):
        return True
    found = re.compile(r"\{(\d*)(,?)(\d*)\}").match(pattern, at)
    return found is not None and (int(found[3] or 0) > 12 or bool(found[2] and not found[3]))
