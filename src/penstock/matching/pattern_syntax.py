"""Reads the text of a pattern, step for step as Event Ruler does, so that what is refused is refused in its words.

Source: https://github.com/aws/event-ruler, which EventBridge and SNS run; the operators are in the user guides.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from penstock.matching import operators
from penstock.matching.json_tokens import Kind, Token, located, tokens
from penstock.matching.operators import Scalar, Test
from penstock.matching.pattern_error import PatternError

# Ours: what a pattern nests deeper reads no event that a person wrote, and would exhaust the stack.
MAX_DEPTH = 100

_OR = "$or"
_RESERVED = frozenset(
    {
        "exactly",
        "equals-ignore-case",
        "prefix",
        "suffix",
        "anything-but",
        "exists",
        "wildcard",
        "numeric",
        "cidr",
        "html",
        "=",
        "<",
        "<=",
        ">",
        ">=",
        "regex",
        "not-wildcard",
        "not-equals-ignore-case",
        "date-after",
        "date-on-or-after",
        "date-before",
        "date-on-or-before",
        "in-date-range",
        "ip-address-in-range",
        "ip-address-not-in-range",
    }
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a service takes of the language.

    ``operators`` names them, one within another as ``anything-but/prefix``. Numbers are compared between minus and
    plus ``max_billions``.
    """

    operators: frozenset[str]
    max_billions: int


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the names that lead to it and how many values it lists.

    One of the tests must pass; values that are compared as they are share one.
    """

    names: tuple[str, ...]
    values: int
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """``$or``: of the alternatives one must hold, each a list of what must hold together."""

    alternatives: tuple["Clauses", ...]


Clauses = Sequence[Field | Or]


def read(source: str, dialect: Dialect) -> Clauses:
    """Returns what must hold together, in the order of the text. PatternError for what is not a pattern."""
    return _Reader(source, dialect).whole()


class _Reader:
    def __init__(self, source: str, dialect: Dialect) -> None:
        self._source = source
        self._dialect = dialect
        self._tokens = tokens(source)
        self._next = 0
        self._at = 0
        self._depth = 0
        self._expressions: dict[str, Callable[[], Test]] = {
            "exactly": lambda: operators.OneOf([self._only_string("exact")]),
            "prefix": self._prefix,
            "suffix": self._suffix,
            "equals-ignore-case": lambda: operators.equals_ignoring_case(
                self._only_string("equals-ignore-case")
            ),
            "wildcard": lambda: self._wildcard(self._only_string("wildcard")),
            # The word is AWS's.
            "cidr": lambda: operators.Cidr(self._only_string("prefix")),
            "numeric": self._numeric,
            "exists": self._exists,
            "anything-but": self._anything_but,
        }

    def whole(self) -> Clauses:
        if self._take().kind is not Kind.OBJECT:
            self._fail("Filter is not an object")
        return self._object((), frozenset())

    def _object(self, path: tuple[str, ...], reserved: frozenset[str]) -> Clauses:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"Document nesting depth ({self._depth}) exceeds the maximum allowed ({MAX_DEPTH})")
        clauses: list[Field | Or] = []
        while (name := self._take()).kind is not Kind.END_OBJECT:
            if name.text == _OR and self._is_or():
                clauses.append(self._or(path))
                continue
            if name.text in reserved:
                self._fail(f"{name.text} is Ruler reserved fieldName which cannot be used inside $or.")
            value = self._take()
            if value.kind is Kind.OBJECT:
                clauses += self._object((*path, name.text), reserved)
            elif value.kind is Kind.ARRAY:
                clauses.append(self._field((*path, name.text)))
            else:
                self._fail(f'"{name.text}" must be an object or an array')
        if not clauses:
            self._fail("Empty objects are not allowed")
        self._depth -= 1
        return clauses

    def _is_or(self) -> bool:
        """Returns whether a list of at least two objects without reserved names follows; else it is a field."""
        objects, depth = 0, 0
        for index in range(self._next, len(self._tokens)):
            token = self._tokens[index]
            if depth == 0 and token.kind is not Kind.ARRAY:
                return False
            if depth == 1 and token.kind not in (Kind.OBJECT, Kind.END_ARRAY):
                return False
            if depth == 2 and token.kind is Kind.NAME and token.text in _RESERVED:
                return False
            objects += depth == 1 and token.kind is Kind.OBJECT
            depth += token.kind in (Kind.OBJECT, Kind.ARRAY)
            depth -= token.kind in (Kind.END_OBJECT, Kind.END_ARRAY)
            if depth == 0:
                break
        return objects > 1

    def _or(self, path: tuple[str, ...]) -> Or:
        self._take()
        alternatives: list[Clauses] = []
        while self._take().kind is Kind.OBJECT:
            alternatives.append(self._object(path, _RESERVED))
        return Or(tuple(alternatives))

    def _field(self, path: tuple[str, ...]) -> Field:
        exact: list[Scalar] = []
        tests: list[Test] = []
        while (token := self._take()).kind is not Kind.END_ARRAY:
            if token.kind is Kind.OBJECT:
                tests.append(self._expression())
            elif token.kind in (Kind.STRING, Kind.NUMBER, Kind.WORD):
                exact.append(self._value(token))
            else:
                self._fail("Match value must be String, number, true, false, or null")
        if not exact and not tests:
            self._fail("Empty arrays are not allowed")
        if ".".join(path).count(".") >= MAX_DEPTH:
            self._fail(f"More than {MAX_DEPTH} names in a path")
        values = len(exact) + len(tests)
        return Field(path, values, (*([operators.OneOf(exact)] if exact else []), *tests))

    def _expression(self) -> Test:
        name = self._take()
        if name.kind is not Kind.NAME:
            self._fail("Match expression name not found")
        if name.text not in self._dialect.operators:
            self._fail(f"Unrecognized match type {name.text}")
        return self._expressions[name.text]()

    def _prefix(self) -> Test:
        if self._peek().kind is Kind.OBJECT and "prefix/equals-ignore-case" in self._dialect.operators:
            return operators.prefix_ignoring_case(self._affix_ignoring_case("Prefix"))
        return operators.Prefix(self._only_string("prefix"))

    def _suffix(self) -> Test:
        if self._peek().kind is Kind.OBJECT and "suffix/equals-ignore-case" in self._dialect.operators:
            return operators.suffix_ignoring_case(self._affix_ignoring_case("Suffix"))
        return operators.Suffix(self._only_string("suffix"))

    def _affix_ignoring_case(self, affix: str) -> str:
        self._take()
        name = self._take()
        if name.kind is not Kind.NAME:
            self._fail(f"{affix} expression name not found")
        if name.text != "equals-ignore-case":
            self._fail(f"Unsupported {affix.lower()} pattern: {name.text}")
        text = self._only_string("equals-ignore-case")
        self._end("Only one key allowed in match expression")
        return text

    def _wildcard(self, text: str) -> Test:
        try:
            return operators.WildcardTest(text)
        except PatternError as error:
            self._fail(str(error))

    def _exists(self) -> Test:
        wanted = self._take().value
        if wanted is not True and wanted is not False:
            self._fail("exists match pattern must be either true or false.")
        self._end("Only one key allowed in match expression")
        return operators.Exists() if wanted else operators.Absent()

    def _numeric(self) -> Test:
        if self._take().kind is not Kind.ARRAY:
            self._fail("Value of numeric must be an array.")
        first = self._take()
        sign = self._text(first)
        if first.kind is not Kind.STRING:
            self._fail(f"Invalid member in numeric match: {sign}")
        value = self._take()
        if sign not in ("=", "<", "<=", ">", ">="):
            self._fail(f"Unrecognized numeric range operator: {sign}")
        number = self._number(value, "equals" if sign == "=" else sign)
        range_ = self._range_from(sign, number) if sign in (">", ">=") else self._range_to(sign, number)
        self._end("Too many elements in numeric expression")
        return range_

    def _range_to(self, sign: str, number: float) -> Test:
        self._end("Too many elements in numeric expression", Kind.END_ARRAY)
        self._check_number(number)
        if sign == "=":
            return operators.Numeric(number, True, number, True)
        return operators.Numeric(-operators.MAX_NUMBER, True, number, sign == "<=")

    def _range_from(self, sign: str, low: float) -> Test:
        token = self._take()
        if token.kind is Kind.END_ARRAY:
            self._check_number(low)
            return operators.Numeric(low, sign == ">=", operators.MAX_NUMBER, True)
        text = self._text(token)
        if token.kind is not Kind.STRING:
            self._fail(f"Bad value in numeric range: {text}")
        if text not in ("<", "<="):
            self._fail(f"Bad numeric range operator: {text}")
        high = self._number(self._take(), text)
        self._end("Too many terms in numeric range expression", Kind.END_ARRAY)
        self._check_number(low)
        self._check_number(high)
        if low >= high:
            self._fail("Bottom must be less than top")
        return operators.Numeric(low, sign == ">=", high, text == "<=")

    def _number(self, token: Token, sign: str) -> float:
        if token.kind is not Kind.NUMBER or not isinstance(token.value, int | float):
            self._fail(f"Value of {sign} must be numeric")
        return token.value

    def _check_number(self, number: float) -> None:
        if reason := self._out_of_range(number):
            self._fail(reason)

    def _out_of_range(self, number: Scalar) -> str | None:
        bound = self._dialect.max_billions
        if isinstance(number, int | float) and not -bound * 10**9 <= number <= bound * 10**9:
            return f"Value must be between -{bound}.0E9 and {bound}.0E9, inclusive"
        return None

    def _anything_but(self) -> Test:
        value = self._take()
        if value.kind is Kind.OBJECT:
            return self._anything_but_expression()
        self._check_anything_but(value)
        test = self._anything_but_list() if value.kind is Kind.ARRAY else self._anything_but_value(value)
        self._end("Too many elements in numeric expression")
        return test

    def _check_anything_but(self, token: Token) -> None:
        if token.kind not in (Kind.ARRAY, Kind.STRING, Kind.NUMBER):
            self._fail("Value of anything-but must be an array or single string/number value.")

    def _anything_but_value(self, token: Token) -> Test:
        if token.kind is Kind.NUMBER and (reason := self._out_of_range(token.value)):
            raise PatternError(reason)
        return operators.AnythingBut((operators.OneOf([self._value(token)]),))

    def _anything_but_list(self) -> Test:
        values: list[Scalar] = []
        while (token := self._take()).kind is not Kind.END_ARRAY:
            if token.kind not in (Kind.STRING, Kind.NUMBER):
                self._fail("Inside anything but list, start|null|boolean is not supported.")
            value = self._value(token)
            if reason := self._out_of_range(value):
                self._fail(reason)
            values.append(value)
        if len({isinstance(value, str) for value in values}) != 1:
            self._fail(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )
        return operators.AnythingBut((operators.OneOf(values),))

    def _anything_but_expression(self) -> Test:
        name = self._take()
        if name.kind is not Kind.NAME:
            self._fail("Anything-But expression name not found")
        if f"anything-but/{name.text}" not in self._dialect.operators:
            self._fail(f"Unsupported anything-but pattern: {name.text}")
        value = self._take()
        # SNS, which knows fewer operators, goes straight to the type.
        if "anything-but/suffix" in self._dialect.operators:
            self._check_anything_but(value)
        texts = self._anything_but_texts(name.text, value)
        makers: dict[str, Callable[[str], Test]] = {
            "prefix": operators.Prefix,
            "suffix": operators.Suffix,
            "equals-ignore-case": operators.equals_ignoring_case,
            "wildcard": self._wildcard,
        }
        test = operators.AnythingBut(tuple(map(makers[name.text], texts)))
        self._end("Too many elements in numeric expression")
        self._end("Too many elements in numeric expression")
        return test

    def _anything_but_texts(self, name: str, token: Token) -> list[str]:
        if token.kind is not Kind.ARRAY:
            return [self._check_affix(name, token)]
        texts: list[str] = []
        while (token := self._take()).kind is not Kind.END_ARRAY:
            texts.append(self._check_affix(name, token))
        return texts

    def _check_affix(self, name: str, token: Token) -> str:
        """Returns the operand of ``name`` within anything-but."""
        if token.kind is not Kind.STRING:
            if name == "equals-ignore-case":
                self._fail(
                    "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
                )
            affixes = [a for a in ("prefix", "suffix") if f"anything-but/{a}" in self._dialect.operators]
            self._fail(f"{name if name == 'wildcard' else '/'.join(affixes)} match pattern must be a string")
        text = self._text(token)
        if not text and name in ("prefix", "suffix"):
            self._fail("Null prefix/suffix not allowed")
        return text

    def _only_string(self, name: str) -> str:
        """Returns the string that is all of the expression."""
        token = self._take()
        if token.kind is not Kind.STRING:
            self._fail(f"{name} match pattern must be a string")
        text = self._text(token)
        self._end("Only one key allowed in match expression")
        return text

    def _end(self, otherwise: str, kind: Kind = Kind.END_OBJECT) -> None:
        if self._take().kind is not kind:
            self._fail(otherwise)

    def _value(self, token: Token) -> Scalar:
        self._at = token.end
        return token.value

    def _text(self, token: Token) -> str:
        self._at = token.end
        return token.text

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        self._at = token.seen
        if token.kind is Kind.BROKEN:
            self._fail(token.text)
        return token

    def _fail(self, message: str) -> NoReturn:
        raise located(message, self._source, self._at)
