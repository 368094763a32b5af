"""Reads one expression of a pattern, as ``{"prefix": "a"}``, with Event Ruler's texts for what is none.

Source: https://github.com/aws/event-ruler, JsonRuleCompiler; some of its texts name another operator than they mean.
"""

from collections.abc import Callable
from dataclasses import dataclass

from penstock.matching import operators
from penstock.matching.json_tokens import Kind, Token
from penstock.matching.operators import Scalar, Test
from penstock.matching.pattern_error import PatternError
from penstock.matching.token_cursor import Cursor

_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a service takes of the language.

    ``operators`` names them, one within another as ``anything-but/prefix``. Numbers are compared between minus and
    plus ``max_billions``.
    """

    operators: frozenset[str]
    max_billions: int


class Expressions:
    """Reads the expressions that a dialect has, from where a cursor stands."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._operators = dialect.operators
        self._max_billions = dialect.max_billions
        self._readers: dict[str, Callable[[], Test]] = {
            "exactly": lambda: operators.OneOf([self._only_string("exact")]),
            "prefix": self._prefix,
            "suffix": self._suffix,
            "equals-ignore-case": lambda: operators.equals_ignoring_case(
                self._only_string("equals-ignore-case")
            ),
            "wildcard": lambda: self._wildcard(self._only_string("wildcard")),
            "cidr": lambda: operators.Cidr(self._only_string("prefix")),
            "numeric": self._numeric,
            "exists": self._exists,
            "anything-but": self._anything_but,
        }

    def read(self) -> Test:
        """Returns the test that the object makes whose opening brace has been taken."""
        name = self._cursor.expect(Kind.NAME, "Match expression name not found").text
        if name not in self._operators:
            self._cursor.fail(f"Unrecognized match type {name}")
        return self._readers[name]()

    def _prefix(self) -> Test:
        if self._cursor.peek() is Kind.OBJECT and "prefix/equals-ignore-case" in self._operators:
            return operators.prefix_ignoring_case(self._affix_ignoring_case("Prefix"))
        return operators.Prefix(self._only_string("prefix"))

    def _suffix(self) -> Test:
        if self._cursor.peek() is Kind.OBJECT and "suffix/equals-ignore-case" in self._operators:
            return operators.suffix_ignoring_case(self._affix_ignoring_case("Suffix"))
        return operators.Suffix(self._only_string("suffix"))

    def _affix_ignoring_case(self, affix: str) -> str:
        self._cursor.take()
        name = self._cursor.expect(Kind.NAME, f"{affix} expression name not found").text
        if name != "equals-ignore-case":
            self._cursor.fail(f"Unsupported {affix.lower()} pattern: {name}")
        text = self._only_string("equals-ignore-case")
        self._cursor.expect(Kind.END_OBJECT, _ONE_KEY)
        return text

    def _wildcard(self, text: str) -> Test:
        try:
            return operators.WildcardTest(text)
        except PatternError as error:
            self._cursor.fail(str(error))

    def _exists(self) -> Test:
        wanted = self._cursor.take().value
        if wanted is not True and wanted is not False:
            self._cursor.fail("exists match pattern must be either true or false.")
        self._cursor.expect(Kind.END_OBJECT, _ONE_KEY)
        return operators.Exists() if wanted else operators.Absent()

    def _numeric(self) -> Test:
        self._cursor.expect(Kind.ARRAY, "Value of numeric must be an array.")
        first = self._cursor.take()
        sign = self._cursor.text(first)
        if first.kind is not Kind.STRING:
            self._cursor.fail(f"Invalid member in numeric match: {sign}")
        value = self._cursor.take()
        if sign not in ("=", "<", "<=", ">", ">="):
            self._cursor.fail(f"Unrecognized numeric range operator: {sign}")
        number = self._number(value, "equals" if sign == "=" else sign)
        range_ = self._range_from(sign, number) if sign in (">", ">=") else self._range_to(sign, number)
        self._cursor.expect(Kind.END_OBJECT, _TOO_MANY)
        return range_

    def _range_to(self, sign: str, number: float) -> Test:
        self._cursor.expect(Kind.END_ARRAY, _TOO_MANY)
        self._check_number(number)
        if sign == "=":
            return operators.Numeric(number, True, number, True)
        return operators.Numeric(-operators.MAX_NUMBER, True, number, sign == "<=")

    def _range_from(self, sign: str, low: float) -> Test:
        token = self._cursor.take()
        if token.kind is Kind.END_ARRAY:
            self._check_number(low)
            return operators.Numeric(low, sign == ">=", operators.MAX_NUMBER, True)
        text = self._cursor.text(token)
        if token.kind is not Kind.STRING:
            self._cursor.fail(f"Bad value in numeric range: {text}")
        if text not in ("<", "<="):
            self._cursor.fail(f"Bad numeric range operator: {text}")
        high = self._number(self._cursor.take(), text)
        self._cursor.expect(Kind.END_ARRAY, "Too many terms in numeric range expression")
        self._check_number(low)
        self._check_number(high)
        if low >= high:
            self._cursor.fail("Bottom must be less than top")
        return operators.Numeric(low, sign == ">=", high, text == "<=")

    def _number(self, token: Token, sign: str) -> float:
        if token.kind is not Kind.NUMBER or not isinstance(token.value, int | float):
            self._cursor.fail(f"Value of {sign} must be numeric")
        return token.value

    def _check_number(self, number: float) -> None:
        if reason := self._out_of_range(number):
            self._cursor.fail(reason)

    def _out_of_range(self, number: Scalar) -> str | None:
        bound = self._max_billions
        if isinstance(number, int | float) and not -bound * 10**9 <= number <= bound * 10**9:
            return f"Value must be between -{bound}.0E9 and {bound}.0E9, inclusive"
        return None

    def _anything_but(self) -> Test:
        value = self._cursor.take()
        if value.kind is Kind.OBJECT:
            return self._anything_but_expression()
        self._check_anything_but(value)
        test = self._anything_but_list() if value.kind is Kind.ARRAY else self._anything_but_value(value)
        self._cursor.expect(Kind.END_OBJECT, _TOO_MANY)
        return test

    def _check_anything_but(self, token: Token) -> None:
        if token.kind not in (Kind.ARRAY, Kind.STRING, Kind.NUMBER):
            self._cursor.fail("Value of anything-but must be an array or single string/number value.")

    def _anything_but_value(self, token: Token) -> Test:
        if token.kind is Kind.NUMBER and (reason := self._out_of_range(token.value)):
            raise PatternError(reason)
        return operators.AnythingBut((operators.OneOf([self._cursor.value(token)]),))

    def _anything_but_list(self) -> Test:
        values: list[Scalar] = []
        while (token := self._cursor.take()).kind is not Kind.END_ARRAY:
            if token.kind not in (Kind.STRING, Kind.NUMBER):
                self._cursor.fail("Inside anything but list, start|null|boolean is not supported.")
            value = self._cursor.value(token)
            if reason := self._out_of_range(value):
                self._cursor.fail(reason)
            values.append(value)
        if len({isinstance(value, str) for value in values}) != 1:
            self._cursor.fail(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )
        return operators.AnythingBut((operators.OneOf(values),))

    def _anything_but_expression(self) -> Test:
        name = self._cursor.expect(Kind.NAME, "Anything-But expression name not found").text
        if f"anything-but/{name}" not in self._operators:
            self._cursor.fail(f"Unsupported anything-but pattern: {name}")
        value = self._cursor.take()
        # SNS, which knows fewer operators, goes straight to the type.
        if "anything-but/suffix" in self._operators:
            self._check_anything_but(value)
        texts = self._anything_but_texts(name, value)
        makers: dict[str, Callable[[str], Test]] = {
            "prefix": operators.Prefix,
            "suffix": operators.Suffix,
            "equals-ignore-case": operators.equals_ignoring_case,
            "wildcard": self._wildcard,
        }
        test = operators.AnythingBut(tuple(map(makers[name], texts)))
        self._cursor.expect(Kind.END_OBJECT, _TOO_MANY)
        self._cursor.expect(Kind.END_OBJECT, _TOO_MANY)
        return test

    def _anything_but_texts(self, name: str, token: Token) -> list[str]:
        if token.kind is not Kind.ARRAY:
            return [self._check_affix(name, token)]
        texts: list[str] = []
        while (token := self._cursor.take()).kind is not Kind.END_ARRAY:
            texts.append(self._check_affix(name, token))
        return texts

    def _check_affix(self, name: str, token: Token) -> str:
        """Returns the operand of ``name`` within anything-but."""
        if token.kind is not Kind.STRING:
            if name == "equals-ignore-case":
                self._cursor.fail(
                    "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
                )
            affixes = [a for a in ("prefix", "suffix") if f"anything-but/{a}" in self._operators]
            self._cursor.fail(
                f"{name if name == 'wildcard' else '/'.join(affixes)} match pattern must be a string"
            )
        text = self._cursor.text(token)
        if not text and name in ("prefix", "suffix"):
            self._cursor.fail("Null prefix/suffix not allowed")
        return text

    def _only_string(self, name: str) -> str:
        """Returns the string that is all of the expression."""
        text = self._cursor.string(f"{name} match pattern must be a string")
        self._cursor.expect(Kind.END_OBJECT, _ONE_KEY)
        return text
