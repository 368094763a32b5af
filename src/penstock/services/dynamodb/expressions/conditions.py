"""Conditions on an item. One on what is not there is false, except ``<>``, which is true.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from penstock.services.dynamodb.expressions.operands import Operand
from penstock.services.dynamodb.values import Item, Value, compare, contains, equal, type_of

_ORDERED: dict[str, Callable[[int], bool]] = {
    "<": lambda sign: sign < 0,
    "<=": lambda sign: sign <= 0,
    ">": lambda sign: sign > 0,
    ">=": lambda sign: sign >= 0,
}


class Test(Protocol):
    """A condition, or a part of one."""

    def holds(self, item: Item) -> bool:
        """Returns whether the item is so."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as a request states it."""

    test: Test

    def holds(self, item: Item | None) -> bool:
        """Returns whether the item is so; None, no item, is one without attributes."""
        return self.test.holds(item or {})


@dataclass(frozen=True, slots=True)
class All:
    """``AND``"""

    tests: tuple[Test, ...]

    def holds(self, item: Item) -> bool:
        return all(test.holds(item) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Any:
    """``OR``"""

    tests: tuple[Test, ...]

    def holds(self, item: Item) -> bool:
        return any(test.holds(item) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT``"""

    test: Test

    def holds(self, item: Item) -> bool:
        return not self.test.holds(item)


@dataclass(frozen=True, slots=True)
class Equals:
    """``=``"""

    left: Operand
    right: Operand

    def holds(self, item: Item) -> bool:
        left, right = self.left.value(item), self.right.value(item)
        return left is not None and right is not None and equal(left, right)


@dataclass(frozen=True, slots=True)
class Ordered:
    """``<``, ``<=``, ``>``, ``>=``"""

    operator: str
    left: Operand
    right: Operand

    def holds(self, item: Item) -> bool:
        return _is_ordered(self.operator, self.left.value(item), self.right.value(item))


@dataclass(frozen=True, slots=True)
class Between:
    """``BETWEEN … AND …``, both inclusive."""

    operand: Operand
    low: Operand
    high: Operand

    def holds(self, item: Item) -> bool:
        value = self.operand.value(item)
        return _is_ordered(">=", value, self.low.value(item)) and _is_ordered(
            "<=", value, self.high.value(item)
        )


@dataclass(frozen=True, slots=True)
class OneOf:
    """``IN``"""

    operand: Operand
    candidates: tuple[Operand, ...]

    def holds(self, item: Item) -> bool:
        value = self.operand.value(item)
        if value is None:
            return False
        found = (candidate.value(item) for candidate in self.candidates)
        return any(other is not None and equal(value, other) for other in found)


@dataclass(frozen=True, slots=True)
class Exists:
    """``attribute_exists``"""

    operand: Operand

    def holds(self, item: Item) -> bool:
        return self.operand.value(item) is not None


@dataclass(frozen=True, slots=True)
class HasType:
    """``attribute_type``"""

    operand: Operand
    kind: str

    def holds(self, item: Item) -> bool:
        value = self.operand.value(item)
        return value is not None and type_of(value) == self.kind


@dataclass(frozen=True, slots=True)
class BeginsWith:
    """``begins_with``"""

    operand: Operand
    prefix: Operand

    def holds(self, item: Item) -> bool:
        value, prefix = self.operand.value(item), self.prefix.value(item)
        if value is None or prefix is None:
            return False
        kind = type_of(prefix)
        return kind in ("S", "B") and kind in value and value[kind].startswith(prefix[kind])


@dataclass(frozen=True, slots=True)
class Contains:
    """``contains``"""

    operand: Operand
    part: Operand

    def holds(self, item: Item) -> bool:
        value, part = self.operand.value(item), self.part.value(item)
        return value is not None and part is not None and contains(value, part)


def _is_ordered(operator: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        return False
    sign = compare(left, right)
    return sign is not None and _ORDERED[operator](sign)
