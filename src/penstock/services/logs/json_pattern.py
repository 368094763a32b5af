"""Filter patterns over JSON messages: ``{ $.level = "ERROR" && ($.status >= 500 || $.user.id NOT EXISTS) }``.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import operator
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import orjson

from penstock.matching.wildcard import Wildcard
from penstock.services.logs.errors import invalid_parameter

Condition = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<selector>\$(?:\.[A-Za-z0-9_@-]+|\[\d+\]|\[\*\]|\[['"][^'"\]]+['"]\])+)
      | (?P<operator>&&|\|\||!=|<=|>=|=|<|>|\(|\))
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<word>[^\s()="&|<>!]+)
    )\s*""",
    re.VERBOSE,
)
_STEP = re.compile(r"""\.([A-Za-z0-9_@-]+)|\[(\d+)\]|(\[\*\])|\[['"]([^'"\]]+)['"]\]""")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_ESCAPED = re.compile(r"\\(.)")
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_MAX_DEPTH = 32


def compile_json_pattern(pattern: str) -> Callable[[str], bool]:
    """Returns whether a message is JSON that meets the condition in braces.

    AwsError ``InvalidParameterException`` for what is not a pattern, and for regular expressions.
    """
    condition = _Parser(pattern[1:-1]).whole() if pattern.endswith("}") else _fail()

    def matches(message: str) -> bool:
        if not message.lstrip().startswith(("{", "[")):
            return False
        try:
            document = orjson.loads(message)
        except orjson.JSONDecodeError:
            return False
        return condition(document)

    return matches


class _Parser:
    """Reads a condition: ``||`` binds weakest, then ``&&``, then parentheses and comparisons."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._position = 0
        self._depth = 0

    def whole(self) -> Condition:
        condition = self._either()
        return condition if self._position == len(self._tokens) else _fail()

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._skip("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda document: any(part(document) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._skip("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda document: all(part(document) for part in parts)

    def _one(self) -> Condition:
        if self._skip("("):
            self._depth += 1
            condition = self._either() if self._depth <= _MAX_DEPTH else _fail()
            self._depth -= 1
            return condition if self._skip(")") else _fail()
        kind, selector = self._next()
        if kind != "selector":
            _fail()
        steps = _steps(selector)
        kind, text = self._next()
        if kind == "operator":
            return _comparison(steps, text, *self._next())
        if kind == "word" and text.upper() in ("IS", "NOT"):
            return _state(steps, f"{text} {self._next()[1]}".upper())
        return _fail()

    def _next(self) -> tuple[str, str]:
        if self._position == len(self._tokens):
            return _fail()
        self._position += 1
        return self._tokens[self._position - 1]

    def _skip(self, text: str) -> bool:
        found = self._tokens[self._position : self._position + 1] == [("operator", text)]
        self._position += found
        return found


def _comparison(steps: list[Any], sign: str, kind: str, text: str) -> Condition:
    if sign not in ("=", "!=", *_ORDER) or kind not in ("quoted", "word"):
        return _fail()
    if kind == "word" and text.startswith("%"):
        return _fail("regular expressions are not supported by this server")
    number = float(text) if kind == "word" and _NUMBER.fullmatch(text) else None
    if sign in _ORDER:
        if number is None:
            return _fail()
        return _any(steps, lambda value: _is_number(value) and _ORDER[sign](value, number))
    if number is not None:
        equal: Condition = lambda value: _is_number(value) and value == number  # noqa: E731
    else:
        pieces = [("*", False) if piece == "*" else (piece, True) for piece in re.split(r"(\*)", text)]
        wildcard = Wildcard.of(pieces)
        equal = lambda value: isinstance(value, str) and wildcard(value)  # noqa: E731
    return _any(steps, equal if sign == "=" else lambda value: not equal(value))


def _state(steps: list[Any], words: str) -> Condition:
    if words == "NOT EXISTS":
        return lambda document: not any(True for _ in _values(document, steps))
    expected = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False}
    if words not in expected:
        return _fail()
    return _any(steps, lambda value: value is expected[words])


def _any(steps: list[Any], test: Condition) -> Condition:
    return lambda document: any(test(value) for value in _values(document, steps))


def _values(value: Any, steps: list[Any]) -> Iterator[Any]:
    """Yields what the selector finds: one value, or each element where it says ``[*]``."""
    for position, step in enumerate(steps):
        if step is None:
            for element in value if isinstance(value, list) else ():
                yield from _values(element, steps[position + 1 :])
            return
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return
        elif not isinstance(value, dict) or step not in value:
            return
        value = value[step]
    yield value


def _steps(selector: str) -> list[Any]:
    """Returns member names, indexes, and None for ``[*]``."""
    found = _STEP.findall(selector)
    return [name or quoted or (None if star else int(index)) for name, index, star, quoted in found]


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            if text[position:].isspace():
                break
            _fail()
        else:
            kind = match.lastgroup or ""
            found = match[kind]
            tokens.append((kind, _ESCAPED.sub(r"\1", found) if kind == "quoted" else found))
            position = match.end()
    return tokens


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fail(reason: str = "") -> NoReturn:
    raise invalid_parameter("Invalid filter pattern" + (f": {reason}" if reason else ""))
