"""Expressions: fields, literals, operators and functions, compiled to what gives their value for a scope."""

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from penstock.services.logs.insights.aggregates import AGGREGATES, Aggregate, percentile
from penstock.services.logs.insights.functions import FUNCTIONS
from penstock.services.logs.insights.lexer import Lexer, unquoted
from penstock.services.logs.insights.regex import Regex, compile_regex
from penstock.services.logs.insights.values import Moment, compared, number, shown, text, truth

_MAX_DEPTH = 20
_MAX_CHAIN = 20  # each operand is evaluated within the one before
_PERIODS_MS = {
    "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000,
}  # fmt: skip
_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "=": lambda found: found == 0,
    "!=": lambda found: found != 0,
    "<": lambda found: found < 0,
    "<=": lambda found: found <= 0,
    ">": lambda found: found > 0,
    ">=": lambda found: found >= 0,
}
_SUMS = {"+": operator.add, "-": operator.sub}
_PRODUCTS = {"*": operator.mul, "/": operator.truediv, "%": math.fmod}
_ROUNDED = ("datefloor", "dateceil")


class Scope(Protocol):
    """Where fields have values: an event, a row of results, a group."""

    def get(self, name: str) -> Any:
        """Returns the value of a field, or None."""


Expression = Callable[[Scope], Any]


class Aggregated(NamedTuple):
    """A call of an aggregate function; in a group its result is the field ``key``."""

    key: str
    make: Callable[[], Aggregate]
    argument: Expression


class ExpressionReader:
    """Reads expressions: ``or`` binds weakest, then ``and``, ``not``, comparisons, sums, products, powers, signs."""

    def __init__(self, lexer: Lexer, now_ms: int) -> None:
        self._lexer = lexer
        self._now_ms = now_ms
        self._depth = 0
        self._aggregates: list[Aggregated] | None = None

    def expression(self) -> Expression:
        """Reads one expression; MalformedQuery."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._lexer.malformed("the expression is nested too deeply")
        found = self._either()
        self._depth -= 1
        return found

    def aggregate(self, found: list[Aggregated]) -> Expression:
        """Reads an expression over aggregate functions, which are added to ``found``; MalformedQuery."""
        self._aggregates = found
        expression = self.expression()
        self._aggregates = None
        return expression

    def _either(self) -> Expression:
        parts = [self._both()]
        while self._lexer.skip("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda scope: any(truth(part(scope)) for part in parts)

    def _both(self) -> Expression:
        parts = [self._negated()]
        while self._lexer.skip("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else lambda scope: all(truth(part(scope)) for part in parts)

    def _negated(self) -> Expression:
        count = 0
        while self._lexer.skip("not"):
            count += 1
        found = self._comparison()
        return found if count % 2 == 0 else lambda scope: not truth(found(scope))

    def _comparison(self) -> Expression:
        left = self._sum()
        lexer = self._lexer
        if lexer.ahead.kind == "sign" and lexer.ahead.text in _COMPARISONS:
            sign = lexer.next().text
            regex = lexer.regex() if sign in ("=", "!=") else None
            if regex is not None:
                return _matching(left, self._regex(regex), is_negated=sign == "!=")
            return _comparing(left, self._sum(), _COMPARISONS[sign])
        if lexer.skip("=~"):
            return self._like(left, is_negated=False)
        is_negated = lexer.skip("not")
        if lexer.skip("like"):
            return self._like(left, is_negated=is_negated)
        if lexer.skip("in"):
            return _among(left, self._list(), is_negated=is_negated)
        if is_negated:
            raise lexer.malformed("expected like or in")
        return left

    def _like(self, left: Expression, *, is_negated: bool) -> Expression:
        regex = self._lexer.regex()
        if regex is not None:
            return _matching(left, self._regex(regex), is_negated=is_negated)
        part = self._lexer.quoted()
        return lambda scope: ((found := text(left(scope))) is not None and part in found) != is_negated

    def _regex(self, source: str) -> Regex:
        return compile_regex(source, self._lexer)

    def _list(self) -> list[Expression]:
        self._lexer.expect("[")
        found = [self._sum()]
        while self._lexer.skip(","):
            found.append(self._sum())
        self._lexer.expect("]")
        return found

    def _sum(self) -> Expression:
        return self._chain(_SUMS, self._product)

    def _product(self) -> Expression:
        return self._chain(_PRODUCTS, self._power)

    def _chain(
        self, signs: Mapping[str, Callable[[Any, Any], Any]], operand: Callable[[], Expression]
    ) -> Expression:
        left = operand()
        for _ in range(_MAX_CHAIN):
            if self._lexer.ahead.kind != "sign" or self._lexer.ahead.text not in signs:
                return left
            left = _calculating(signs[self._lexer.next().text], left, operand())
        raise self._lexer.malformed("the calculation is too long")

    def _power(self) -> Expression:
        base = self._signed()
        if not self._lexer.skip("^"):
            return base
        return _calculating(_power, base, self._signed())

    def _signed(self) -> Expression:
        is_negative = False
        while self._lexer.at("-", "+"):
            is_negative ^= self._lexer.next().text == "-"
        found = self._primary()
        return _calculating(operator.sub, lambda scope: 0, found) if is_negative else found

    def _primary(self) -> Expression:
        piece = self._lexer.next()
        match piece.kind:
            case "number":
                value = number(piece.text)
                return lambda scope: value
            case "quoted":
                told = unquoted(piece.text)
                return lambda scope: told
            case "field":
                return _field(piece.text[1:-1])
            case "name":
                if self._lexer.skip("("):
                    return self._call(piece.text)
                return _field(piece.text)
        if piece.text == "(":
            inner = self.expression()
            self._lexer.expect(")")
            return inner
        self._lexer.ahead = piece
        raise self._lexer.malformed("expected a field, a value or a function")

    def _call(self, name: str) -> Expression:
        lowered = name.lower()
        if self._aggregates is not None and (lowered in AGGREGATES or lowered == "pct"):
            return self._aggregated(lowered)
        if lowered == "bin" or lowered in _ROUNDED:
            return self._rounded(lowered)
        if lowered == "now":
            self._lexer.expect(")")
            moment = self._now_ms // 1000
            return lambda scope: moment
        if lowered not in FUNCTIONS:
            raise self._lexer.malformed(f"there is no function {name}")
        arguments = [] if self._lexer.at(")") else [self.expression()]
        while self._lexer.skip(","):
            arguments.append(self.expression())
        signature = FUNCTIONS[lowered]
        if not signature.least <= len(arguments) <= signature.most:
            raise self._lexer.malformed(f"the function {name} takes another number of arguments")
        self._lexer.expect(")")
        function = signature.function
        return lambda scope: function(*(argument(scope) for argument in arguments))

    def _rounded(self, name: str) -> Expression:
        """Reads a moment rounded to a period: ``bin(5m)`` is that of ``@timestamp``."""
        moment = _field("@timestamp")
        if name != "bin" or self._lexer.ahead.kind != "period":
            moment = self.expression()
            self._lexer.expect(",")
        piece = self._lexer.ahead
        if piece.kind != "period":
            raise self._lexer.malformed("expected a period such as 5m")
        self._lexer.next()
        self._lexer.expect(")")
        digits = piece.text.rstrip("msdhw")
        step_ms = int(digits[:12]) * _PERIODS_MS[piece.text[len(digits) :]]
        if not step_ms:
            raise self._lexer.malformed("a period must not be 0")
        return _rounding(moment, step_ms, up=name == "dateceil")

    def _aggregated(self, name: str) -> Expression:
        found, self._aggregates = self._aggregates, None  # they do not nest
        assert found is not None
        make = AGGREGATES.get(name)
        if name == "count" and self._lexer.skip("*"):
            argument: Expression = lambda scope: 1  # noqa: E731
        else:
            argument = self.expression()
        if make is None:
            self._lexer.expect(",")
            make = percentile(self._share())
        self._lexer.expect(")")
        self._aggregates = found
        key = f"\0{len(found)}"  # no field is called so
        found.append(Aggregated(key, make, argument))
        return _field(key)

    def _share(self) -> float:
        piece = self._lexer.ahead
        if piece.kind != "number" or not 0 <= float(piece.text) <= 100:
            raise self._lexer.malformed("expected a percentile")
        self._lexer.next()
        return float(piece.text) / 100


def _field(name: str) -> Expression:
    return lambda scope: scope.get(name)


def _comparing(left: Expression, right: Expression, is_met: Callable[[int], bool]) -> Expression:
    def apply(scope: Scope) -> bool:
        found = compared(left(scope), right(scope))
        return found is not None and is_met(found)

    return apply


def _matching(left: Expression, regex: Regex, *, is_negated: bool) -> Expression:
    search = regex.search
    return lambda scope: (
        ((found := text(left(scope))) is not None and search(found) is not None) != is_negated
    )


def _among(left: Expression, items: list[Expression], *, is_negated: bool) -> Expression:
    def apply(scope: Scope) -> bool:
        value = left(scope)
        return any(compared(value, item(scope)) == 0 for item in items) != is_negated

    return apply


def _calculating(calculate: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    def apply(scope: Scope) -> Any:
        a, b = number(left(scope)), number(right(scope))
        if a is None or b is None:
            return None
        try:
            found = calculate(a, b)
        except (ArithmeticError, ValueError):
            return None
        # Whole numbers stay within what a double holds, or powers would take all memory.
        return float(found) if isinstance(found, int) and abs(found) > 1 << 53 else found

    return apply


def _power(base: float, exponent: float) -> float | None:
    found = float(base) ** float(exponent)
    if isinstance(found, complex):
        return None
    return int(found) if found.is_integer() and abs(found) < 1 << 53 else found


def _rounding(moment: Expression, step_ms: int, *, up: bool) -> Expression:
    def apply(scope: Scope) -> Any:
        found = number(moment(scope))
        if found is None or not math.isfinite(found):
            return None
        at = int(found)
        floor = at - at % step_ms
        return Moment(floor + step_ms if up and floor < at else floor)

    return apply


def name_of(value: Any) -> str:
    """Returns what groups are told apart by."""
    return f"{'' if value is None else type(value).__name__[0]}{'' if value is None else shown(value)}"
