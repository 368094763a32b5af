"""The Condition element: operators, sets, ``…IfExists``.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from penstock.access.request import AccessRequest
from penstock.access.variables import Piece, Template
from penstock.matching.wildcard import Wildcard

_TRUTHS = {"true": True, "false": False}

Test = Callable[[str, Template, AccessRequest], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. ``quantifier`` is ``""``, ``all`` or ``any``."""

    test: Test
    negated: bool
    if_exists: bool
    quantifier: str
    key: str
    values: tuple[Template, ...]

    @property
    def keys(self) -> set[str]:
        """Returns the keys that it asks for, in variables too."""
        return {self.key}.union(*(value.keys for value in self.values))

    def holds(self, request: AccessRequest) -> bool:
        """Returns whether the request satisfies it."""
        actual = request.values(self.key)
        if self.quantifier == "all":
            return all(self._matches(value, request) for value in actual or ())
        if actual is None or not actual:
            # A negated operator is true of a key that is not there; a positive one is not.
            return self.if_exists or (self.negated and not self.quantifier)
        if self.quantifier == "any" or not self.negated:
            return any(self._matches(value, request) for value in actual)
        return all(self._matches(value, request) for value in actual)

    def why_not(self, request: AccessRequest) -> str:
        """Returns what the condition wants and what the request has, for people."""
        texts = (value.literal(request) for value in self.values)
        wanted = " or ".join("a variable without a value" if text is None else text for text in texts)
        return f"its condition on {self.key} wants {'none of ' * self.negated}{wanted}, saw {_saw(self.key, request)}"

    def _matches(self, value: str, request: AccessRequest) -> bool:
        return any(self.test(value, wanted, request) for wanted in self.values) != self.negated


@dataclass(frozen=True, slots=True)
class NullCondition:
    """``Null``: whether the key is absent; ``wanted`` are the answers that will do."""

    key: str
    wanted: frozenset[bool | None]

    @property
    def keys(self) -> set[str]:
        """Returns the key that it asks for."""
        return {self.key}

    def holds(self, request: AccessRequest) -> bool:
        """Returns whether the request satisfies it."""
        return (not request.values(self.key)) in self.wanted

    def why_not(self, request: AccessRequest) -> str:
        """Returns what the condition wants and what the request has, for people."""
        wanted = "nothing" if True in self.wanted else "any value"
        return f"its condition on {self.key} wants {wanted}, saw {_saw(self.key, request)}"


def _saw(key: str, request: AccessRequest) -> str:
    return ", ".join(request.values(key) or ()) or "nothing"


def compile_condition(
    operator: str, key: str, values: list[str], *, variables: bool
) -> "Condition | NullCondition":
    """Returns the compiled condition; KeyError for an unknown operator, ValueError for a ``Null`` that is no bool."""
    name = operator.lower()
    if name == "null":
        wanted = {_TRUTHS.get(value.lower()) for value in values}
        if None in wanted:
            raise ValueError(f"not true or false: {values}")
        return NullCondition(key.lower(), frozenset(wanted))
    quantifier = ""
    for prefix, word in (("forallvalues:", "all"), ("foranyvalue:", "any")):
        if name.startswith(prefix):
            name, quantifier = name[len(prefix) :], word
    if_exists = name.endswith("ifexists")
    test, negated = _OPERATORS[name.removesuffix("ifexists")]
    templates = tuple(Template(value, variables=variables) for value in values)
    return Condition(test, negated, if_exists, quantifier, key.lower(), templates)


def _string_equals(value: str, wanted: Template, request: AccessRequest) -> bool:
    return wanted.literal(request) == value


def _string_equals_ignore_case(value: str, wanted: Template, request: AccessRequest) -> bool:
    text = wanted.literal(request)
    return text is not None and text.casefold() == value.casefold()


def _string_like(value: str, wanted: Template, request: AccessRequest) -> bool:
    return wanted(value, request)


def _bool(value: str, wanted: Template, request: AccessRequest) -> bool:
    return (wanted.literal(request) or "").lower() == value.lower()


def _binary_equals(value: str, wanted: Template, request: AccessRequest) -> bool:
    text = wanted.literal(request)
    try:
        return text is not None and base64.b64decode(text, validate=True) == base64.b64decode(
            value, validate=True
        )
    except (binascii.Error, ValueError):
        return False


def _arn_like(value: str, wanted: Template, request: AccessRequest) -> bool:
    """Compares each of the six parts by itself, so that a ``*`` does not reach across a colon."""
    pieces = wanted.pieces(request)
    if pieces is None:
        return False
    patterns, parts = _arn_patterns(tuple(pieces)), value.split(":", 5)
    if patterns is None or len(parts) != 6:
        text = wanted.literal(request)
        return text == "*" or text == value
    return all(pattern(part) for pattern, part in zip(patterns, parts, strict=True))


@lru_cache(maxsize=4096)
def _arn_patterns(pieces: tuple[Piece, ...]) -> tuple[Wildcard, ...] | None:
    """Returns the patterns of the six parts; None when there are fewer."""
    parts: list[list[Piece]] = [[]]
    for text, literal in pieces:
        first, *more = text.split(":", 6 - len(parts))
        parts[-1].append((first, literal))
        parts += [[(part, literal)] for part in more]
    return tuple(Wildcard.of(part) for part in parts) if len(parts) == 6 else None


def _ip_address(value: str, wanted: Template, request: AccessRequest) -> bool:
    network = _network(wanted.literal(request) or "")
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    # A socket for both families shows an IPv4 client as ::ffff:192.0.2.1.
    plain = getattr(address, "ipv4_mapped", None) or address
    return network is not None and (plain in network or address in network)


@lru_cache(maxsize=1024)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _compared(convert: Callable[[str], object], accept: Callable[[int], bool]) -> Test:
    """Returns a test that converts both sides and accepts their order (-1, 0, 1)."""

    def test(value: str, wanted: Template, request: AccessRequest) -> bool:
        left, right = convert(value), convert(wanted.literal(request) or "")
        if left is None or right is None:
            return False
        return accept((left > right) - (left < right))  # type: ignore[operator]

    return test


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _moment(text: str) -> Decimal | None:
    """Returns seconds since the epoch of an ISO 8601 date or a number."""
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


_ORDERS: dict[str, Callable[[int], bool]] = {
    "equals": lambda order: order == 0,
    "lessthan": lambda order: order < 0,
    "lessthanequals": lambda order: order <= 0,
    "greaterthan": lambda order: order > 0,
    "greaterthanequals": lambda order: order >= 0,
}

_OPERATORS: dict[str, tuple[Test, bool]] = {
    "stringequals": (_string_equals, False),
    "stringnotequals": (_string_equals, True),
    "stringequalsignorecase": (_string_equals_ignore_case, False),
    "stringnotequalsignorecase": (_string_equals_ignore_case, True),
    "stringlike": (_string_like, False),
    "stringnotlike": (_string_like, True),
    "bool": (_bool, False),
    "binaryequals": (_binary_equals, False),
    "ipaddress": (_ip_address, False),
    "notipaddress": (_ip_address, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
}
for _kind, _convert in (("numeric", _number), ("date", _moment)):
    for _order, _accept in _ORDERS.items():
        _OPERATORS[_kind + _order] = (_compared(_convert, _accept), False)
    _OPERATORS[_kind + "notequals"] = (_compared(_convert, _ORDERS["equals"]), True)
