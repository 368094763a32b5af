"""The comparisons of a pattern: each is a test of one value that also says what it wants.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Protocol

import orjson

from penstock.matching.pattern_error import PatternError
from penstock.matching.wildcard import Wildcard

Scalar = str | int | float | bool | None

# EventBridge compares numbers as numbers between these bounds only.
MAX_NUMBER = 5_000_000_000

_MAX_ADDRESS_LENGTH = 45
_MAX_SHOWN = 80
_V4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+", re.ASCII)
_V6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_WILDCARD_PIECE = re.compile(r"(\*)|\\([*\\])|([^*\\]+)")


class Test(Protocol):
    """Returns whether one string, number, boolean or null is as wanted; as text it says what it wants."""

    def __call__(self, value: Scalar, /) -> bool: ...


def exact_key(value: Scalar) -> object:
    """Returns what equals the key of an equal value of the same kind only: ``1`` equals ``1.0``, not ``true``."""
    return value if type(value) is str else (type(value) is bool, value)


def shown(value: Scalar) -> str:
    """Returns the value as JSON, cut where it gets long for a line."""
    text = orjson.dumps(value).decode()
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def is_number(value: Scalar) -> bool:
    """Returns whether it is a JSON number that a comparison looks at."""
    return isinstance(value, int | float) and type(value) is not bool and -MAX_NUMBER <= value <= MAX_NUMBER


@dataclass(frozen=True, slots=True)
class Prefix:
    """Strings that begin so."""

    text: str

    def __call__(self, value: Scalar) -> bool:
        return isinstance(value, str) and value.startswith(self.text)

    def __str__(self) -> str:
        return f"prefix {shown(self.text)}"


@dataclass(frozen=True, slots=True)
class Suffix:
    """Strings that end so."""

    text: str

    def __call__(self, value: Scalar) -> bool:
        return isinstance(value, str) and value.endswith(self.text)

    def __str__(self) -> str:
        return f"suffix {shown(self.text)}"


class IgnoringCase:
    """Strings that pass a test which was made of lower-case text, once they are in lower case themselves."""

    __slots__ = ("_test", "_words")

    def __init__(self, test: Test, words: str) -> None:
        self._test = test
        self._words = words

    def __call__(self, value: Scalar) -> bool:
        return isinstance(value, str) and self._test(value.lower())

    def __str__(self) -> str:
        return self._words


class OneOf:
    """The values listed: ``1`` is ``1.0``, but neither ``true`` nor ``"1"``."""

    __slots__ = ("_values", "keys")

    def __init__(self, values: Iterable[Scalar]) -> None:
        self._values = tuple(values)
        self.keys = frozenset(map(exact_key, self._values))

    def __call__(self, value: Scalar) -> bool:
        return exact_key(value) in self.keys

    def __str__(self) -> str:
        return " or ".join(map(shown, self._values))


def prefix_ignoring_case(text: str) -> Test:
    """Returns the test for strings that begin so in any case."""
    return IgnoringCase(Prefix(text.lower()), f"prefix {shown(text)} in any case")


def suffix_ignoring_case(text: str) -> Test:
    """Returns the test for strings that end so in any case."""
    return IgnoringCase(Suffix(text.lower()), f"suffix {shown(text)} in any case")


def equals_ignoring_case(text: str) -> Test:
    """Returns the test for one string in any case."""
    return IgnoringCase(OneOf([text.lower()]), f"{shown(text)} in any case")


class WildcardTest:
    """Strings that a pattern with ``*`` describes; ``\\*`` and ``\\\\`` stand for the characters themselves.

    PatternError for two stars in a row and for a backslash before anything else.
    """

    __slots__ = ("_matches", "_text", "pieces")

    def __init__(self, text: str) -> None:
        self._text = text
        # Runs of plain text, and stars, which are no literals.
        self.pieces: list[tuple[str, bool]] = []
        at = 0
        while at < len(text):
            piece = _WILDCARD_PIECE.match(text, at)
            if piece is None:
                raise PatternError(f"Invalid escape character at pos {_quoted_position(text, at)}")
            if piece[1] and self.pieces and self.pieces[-1] == ("*", False):
                raise PatternError(f"Consecutive wildcard characters at pos {_quoted_position(text, at - 1)}")
            self.pieces.append(("*", False) if piece[1] else (piece[2] or piece[3], True))
            at = piece.end()
        self._matches = Wildcard.of(self.pieces)

    def __call__(self, value: Scalar) -> bool:
        return isinstance(value, str) and self._matches(value)

    def __str__(self) -> str:
        return f"wildcard {shown(self._text)}"


@dataclass(frozen=True, slots=True)
class Numeric:
    """Numbers between two bounds, each of which counts itself in or not."""

    low: float
    low_included: bool
    high: float
    high_included: bool

    def __call__(self, value: Scalar) -> bool:
        if not isinstance(value, int | float) or not is_number(value):
            return False
        above = value >= self.low if self.low_included else value > self.low
        return above and (value <= self.high if self.high_included else value < self.high)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"numeric = {self.low}"
        low = f"{'>=' if self.low_included else '>'} {self.low}" if self.low > -MAX_NUMBER else ""
        high = f"{'<=' if self.high_included else '<'} {self.high}" if self.high < MAX_NUMBER else ""
        return f"numeric {low}{' and ' if low and high else ''}{high}"


class Cidr:
    """Strings that are addresses from the one given up to the last of its network; nothing is cut off its front.

    PatternError, in AWS's words, for what is not an address and the number of its leading bits.
    """

    __slots__ = ("_high", "_low", "_text", "_version")

    def __init__(self, text: str) -> None:
        parts = text.rstrip("/").split("/")
        if len(parts) != 2:
            raise PatternError("Malformed CIDR, one '/' required")
        address, bits = parts[0], _mask_bits(parts[1])
        if not _V4.fullmatch(address) and not _V6.fullmatch(address):
            raise PatternError(f"Nonstandard IP address: {address}")
        try:
            parsed = ip_address(address)
        except ValueError:
            raise PatternError(f"Invalid IP address: {address}") from None
        if bits >= parsed.max_prefixlen:
            raise PatternError(f"IPv{parsed.version} mask bits must be < {parsed.max_prefixlen}")
        self._text = text
        self._version = parsed.version
        self._low = int(parsed)
        self._high = self._low | (1 << parsed.max_prefixlen - bits) - 1

    def __call__(self, value: Scalar) -> bool:
        if not isinstance(value, str) or len(value) > _MAX_ADDRESS_LENGTH:
            return False
        version, number = _address(value)
        return version == self._version and self._low <= number <= self._high

    def __str__(self) -> str:
        return f"cidr {self._text}"


class AnyOf:
    """Values that pass one of the tests."""

    __slots__ = ("_tests",)

    def __init__(self, tests: tuple[Test, ...]) -> None:
        self._tests = tests

    def __call__(self, value: Scalar) -> bool:
        return any(test(value) for test in self._tests)

    def __str__(self) -> str:
        return " or ".join(map(str, self._tests))


class AnythingBut:
    """Any value, of whatever kind, that passes none of the tests."""

    __slots__ = ("tests",)

    def __init__(self, tests: tuple[Test, ...]) -> None:
        self.tests = tests

    def __call__(self, value: Scalar) -> bool:
        return not any(test(value) for test in self.tests)

    def __str__(self) -> str:
        return f"anything but {' or '.join(map(str, self.tests))}"


class Exists:
    """Any value at all."""

    __slots__ = ()

    def __call__(self, value: Scalar) -> bool:
        return True

    def __str__(self) -> str:
        return "any value"


class Absent:
    """No value: no single one passes."""

    __slots__ = ()

    def __call__(self, value: Scalar) -> bool:
        return False

    def __str__(self) -> str:
        return "no value"


@lru_cache(maxsize=256)  # the networks of a field ask for the same few addresses one after the other
def _address(text: str) -> tuple[int, int]:
    """Returns the version and the number of an address, zeros for what is none."""
    if not _V4.fullmatch(text) and not _V6.fullmatch(text):
        return 0, 0
    try:
        address = ip_address(text)
    except ValueError:
        return 0, 0
    return address.version, int(address)


def _mask_bits(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise PatternError("Malformed CIDR, mask bits must be an integer")
    if int(text) < 0:
        raise PatternError("Malformed CIDR, mask bits must not be negative")
    return int(text)


def _quoted_position(text: str, at: int) -> int:
    """Returns the position as AWS counts it: in bytes, of the text with its opening quotation mark."""
    return len(text[:at].encode()) + 1
