"""The functions of queries, by their names in lower case.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

import ipaddress
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from penstock.services.logs.insights.values import Moment, compared, number, text

Function = Callable[..., Any]

_MAX_TEXT = 1 << 20


class Signature(NamedTuple):
    """A function and how many arguments it takes."""

    function: Function
    least: int
    most: int


def _numeric(function: Callable[[float], float]) -> Function:
    def apply(value: Any) -> Any:
        found = number(value)
        if found is None:
            return None
        try:
            return function(found)
        except (ValueError, OverflowError):
            return None

    return apply


def _textual(function: Callable[..., Any]) -> Function:
    def apply(*values: Any) -> Any:
        texts = [text(value) for value in values]
        return None if any(found is None for found in texts) else function(*texts)

    return apply


def _extreme(wanted: int) -> Function:
    def apply(*values: Any) -> Any:
        best = None
        for value in values:
            if value is not None and (best is None or compared(value, best) == wanted):
                best = value
        return best

    return apply


def _substr(value: Any, start: Any, length: Any = None) -> Any:
    found, first, count = text(value), number(start), number(length)
    if found is None or first is None or not math.isfinite(first):
        return None
    begin = max(int(first), 0)
    if count is None or not math.isfinite(count):
        return found[begin:]
    return found[begin : begin + max(int(count), 0)]


def _concat(*values: Any) -> str:
    return "".join(text(value) or "" for value in values)[:_MAX_TEXT]


def _replace(value: str, old: str, new: str) -> str:
    length = len(value) + value.count(old) * (len(new) - len(old)) if old else 0
    return value.replace(old, new) if old and length <= _MAX_TEXT else value


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _from_millis(value: Any) -> Any:
    found = number(value)
    return None if found is None or not math.isfinite(found) else Moment(int(found))


def _to_millis(value: Any) -> Any:
    return int(value) if isinstance(value, Moment) else None


def _strip(kind: str) -> Function:
    def apply(value: str, chars: str | None = None) -> str:
        stripped: str = getattr(value, kind)(chars)
        return stripped

    return _textual(apply)


def _is_address(*kinds: type) -> Function:
    def apply(value: str) -> bool:
        try:
            return isinstance(ipaddress.ip_address(value), kinds)
        except ValueError:
            return False

    return _textual(apply)


def _is_in_subnet(*kinds: type) -> Function:
    def apply(value: str, subnet: str) -> bool:
        try:
            address = ipaddress.ip_address(value)
            return isinstance(address, kinds) and address in ipaddress.ip_network(subnet, strict=False)
        except ValueError:
            return False

    return _textual(apply)


_V4, _V6 = ipaddress.IPv4Address, ipaddress.IPv6Address

FUNCTIONS: dict[str, Signature] = {
    "abs": Signature(_numeric(abs), 1, 1),
    "ceil": Signature(_numeric(math.ceil), 1, 1),
    "floor": Signature(_numeric(math.floor), 1, 1),
    "log": Signature(_numeric(math.log), 1, 1),
    "sqrt": Signature(_numeric(math.sqrt), 1, 1),
    "greatest": Signature(_extreme(1), 1, 100),
    "least": Signature(_extreme(-1), 1, 100),
    "ispresent": Signature(lambda value: value is not None, 1, 1),
    "coalesce": Signature(_coalesce, 1, 100),
    "isempty": Signature(lambda value: value is None or text(value) == "", 1, 1),
    "isblank": Signature(lambda value: not (text(value) or "").strip(), 1, 1),
    "concat": Signature(_concat, 1, 100),
    "ltrim": Signature(_strip("lstrip"), 1, 2),
    "rtrim": Signature(_strip("rstrip"), 1, 2),
    "trim": Signature(_strip("strip"), 1, 2),
    "strlen": Signature(_textual(len), 1, 1),
    "toupper": Signature(_textual(str.upper), 1, 1),
    "tolower": Signature(_textual(str.lower), 1, 1),
    "substr": Signature(_substr, 2, 3),
    "replace": Signature(_textual(_replace), 3, 3),
    "strcontains": Signature(_textual(lambda value, part: int(part in value)), 2, 2),
    "frommillis": Signature(_from_millis, 1, 1),
    "tomillis": Signature(_to_millis, 1, 1),
    "isvalidip": Signature(_is_address(_V4, _V6), 1, 1),
    "isvalidipv4": Signature(_is_address(_V4), 1, 1),
    "isvalidipv6": Signature(_is_address(_V6), 1, 1),
    "isipinsubnet": Signature(_is_in_subnet(_V4, _V6), 2, 2),
    "isipv4insubnet": Signature(_is_in_subnet(_V4), 2, 2),
    "isipv6insubnet": Signature(_is_in_subnet(_V6), 2, 2),
}
