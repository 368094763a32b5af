"""SEARCH expressions: which metrics they mean.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.math.expression import Call, Number, Text
from penstock.services.cloudwatch.math.series import MathError
from penstock.services.cloudwatch.metrics.metric import Metric
from penstock.services.cloudwatch.metrics.statistic import Statistic, parse_statistic

Matches = Callable[[Metric], bool]

_SCHEMA = re.compile(r'\s*\{((?:"(?:\\.|[^"\\])*"|[^{}"])*)\}\s*,?')
_PART = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|([^,"]+?))\s*(?:,|$)')
_TOKEN = re.compile(
    r'[\s,]*(?:([()])|((?:"(?:\\.|[^"\\])*"|[^\s,()="])+)?\s*(=)?\s*("(?:\\.|[^"\\])*"|[^\s,()="]+)?)'
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_ALNUM = re.compile(r"[^\W_]+")
_MAX_DEPTH = 20


class Search(NamedTuple):
    """What one SEARCH looks for: ``namespace`` is that of its schema; ``period`` None: the query's."""

    namespace: str | None
    matches: Matches
    statistic: Statistic
    period: int | None


def parse_search(call: Call) -> Search:
    """Returns what a call of SEARCH looks for; MathError."""
    match call.arguments:
        case (Text(text), Text(statistic)):
            period = None
        case (Text(text), Text(statistic), Number(seconds)):
            period = int(seconds)
        case _:
            raise MathError("The function SEARCH takes a search expression, a statistic and a period")
    if len(text) > limits.MAX_SEARCH:
        raise MathError(f"A search expression has at most {limits.MAX_SEARCH} characters")
    try:
        wanted = parse_statistic(statistic)
    except ValueError:
        raise MathError(f"The statistic {statistic} is not supported") from None
    namespace, names, rest = _schema(text)
    terms = _Terms(list(_tokens(rest))).read() if rest.strip(" ,\t\n") else None
    if namespace is None and terms is None:
        raise MathError("A search expression needs a metric schema or a search term")

    def matches(metric: Metric) -> bool:
        if namespace is not None and metric.namespace != namespace:
            return False
        if names and {name for name, _ in metric.dimensions} != names:
            return False
        return terms is None or terms(metric)

    return Search(namespace, matches, wanted, period)


def _schema(text: str) -> tuple[str | None, set[str], str]:
    found = _SCHEMA.match(text)
    if found is None:
        return None, set(), text
    parts = [_unescaped(quoted) if quoted else bare for quoted, bare in _PART.findall(found[1])]
    if not parts:
        raise MathError("A metric schema needs a namespace")
    return parts[0], set(parts[1:]), text[found.end() :]


class _Token(NamedTuple):
    """A mark or operator, or a term: what must have it (None: anything), the text, whether exactly so."""

    mark: str = ""
    of: str | None = None
    text: str = ""
    is_exact: bool = False


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text.rstrip(" ,\t\n")):
        found = _TOKEN.match(text, at)
        if found is None or found.end() == at:
            raise MathError("The search expression cannot be read")
        at = found.end()
        mark, left, equals, right = found.groups()
        if mark:
            yield _Token(mark)
        elif equals:
            if not left or not right:
                raise MathError("A property and its value stand on both sides of =")
            yield _Token("", _bare(left)[0], *_bare(right))
        else:
            yield from _words(left, right)


def _words(left: str | None, right: str | None) -> Iterator[_Token]:
    for word in (left, right):
        if word in ("AND", "OR", "NOT"):
            yield _Token(word)
        elif word:
            yield _Token("", None, *_bare(word))


class _Terms:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def read(self) -> Matches:
        found = self._either()
        if self._at < len(self._tokens):
            raise MathError("The search expression cannot be read")
        return found

    def _either(self) -> Matches:
        found = [self._both()]
        while self._takes("OR"):
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda metric: any(matches(metric) for matches in found)

    def _both(self) -> Matches:
        found = [self._one()]
        while self._takes("AND") or self._mark() not in ("OR", ")", "end"):
            found.append(self._one())
        return found[0] if len(found) == 1 else lambda metric: all(matches(metric) for matches in found)

    def _one(self) -> Matches:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise MathError("The search expression is nested too deeply")
        found = self._term()
        self._depth -= 1
        return found

    def _term(self) -> Matches:
        if self._takes("NOT"):
            inner = self._one()
            return lambda metric: not inner(metric)
        if self._takes("("):
            inner = self._either()
            if not self._takes(")"):
                raise MathError("A parenthesis is missing in the search expression")
            return inner
        if self._mark():
            raise MathError("A search term is missing")
        token = self._tokens[self._at]
        self._at += 1
        return _matcher(token)

    def _mark(self) -> str:
        return self._tokens[self._at].mark if self._at < len(self._tokens) else "end"

    def _takes(self, mark: str) -> bool:
        if self._mark() == mark:
            self._at += 1
            return True
        return False


def _matcher(token: _Token) -> Matches:
    fits = _exactly(token.text) if token.is_exact else _partly(token.text)
    return lambda metric: any(map(fits, _texts(metric, token.of)))


def _texts(metric: Metric, of: str | None) -> Iterator[str]:
    if of in (None, "Namespace"):
        yield metric.namespace
    if of in (None, "MetricName"):
        yield metric.name
    for name, value in metric.dimensions:
        if of is None:
            yield name
        if of in (None, name):
            yield value


def _exactly(wanted: str) -> Callable[[str], bool]:
    return lambda text: text == wanted


def _partly(wanted: str) -> Callable[[str], bool]:
    """Returns what finds the words of a term, one behind the other, among those of a text.

    Capitals count where they part words: ``CustomCount`` is two words, ``customcount`` one.
    """
    whole = "".join(_ALNUM.findall(wanted)).lower()
    parts: list[tuple[str, bool]] = []
    for run in _ALNUM.findall(wanted):
        words = _WORD.findall(run)
        parts += [(word if len(words) > 1 else word.lower(), len(words) > 1) for word in words]

    def fits(text: str) -> bool:
        if "".join(_ALNUM.findall(text)).lower() == whole:
            return True
        words = _WORD.findall(text)
        places = range(len(words) - len(parts) + 1)
        return any(all(_same(words[at + step], part) for step, part in enumerate(parts)) for at in places)

    return fits


def _same(word: str, part: tuple[str, bool]) -> bool:
    return (word if part[1] else word.lower()) == part[0]


def _bare(text: str) -> tuple[str, bool]:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return _unescaped(text[1:-1]), True
    return text, False


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
