"""Sets in the one order in which they are kept, so that equal sets are equal lists."""

from decimal import Decimal
from typing import Any

SET_TYPES = frozenset({"SS", "NS", "BS"})


def in_order(kind: str, members: list[Any]) -> list[Any]:
    """Returns the members of a set of that type (``SS``, ``NS``, ``BS``) in order."""
    return sorted(members, key=Decimal) if kind == "NS" else sorted(members)
