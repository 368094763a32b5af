"""Document paths: an attribute of an item, or a part of a list or map in it, as ``a.#b[2]``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.services.dynamodb.expressions.cursor import Cursor
from penstock.services.dynamodb.expressions.error import ExpressionError
from penstock.services.dynamodb.expressions.reserved_words import RESERVED_WORDS
from penstock.services.dynamodb.expressions.tokens import Sort
from penstock.services.dynamodb.values import Item, Value

Step = str | int
"""A name in a map, or a place in a list."""

MAX_STEPS = 32
_KEYWORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value is in an item; the first step is an attribute's name."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"[{', '.join(f'[{step}]' if isinstance(step, int) else step for step in self.steps)}]"

    @property
    def attribute(self) -> str:
        """Returns the attribute that it is in."""
        return str(self.steps[0])

    def find(self, item: Item) -> Value | None:
        """Returns the value there, None when there is nothing."""
        value = item.get(self.attribute)
        for step in self.steps[1:]:
            if value is None:
                return None
            value = inside(value, step)
        return value

    def overlaps(self, other: "Path") -> bool:
        """Returns whether one is the other or a part of it."""
        shared = min(len(self.steps), len(other.steps))
        return self.steps[:shared] == other.steps[:shared]

    def conflicts(self, other: "Path") -> bool:
        """Returns whether one takes for a list what the other takes for a map."""
        for mine, theirs in zip(self.steps, other.steps, strict=False):
            if mine != theirs:
                return type(mine) is not type(theirs)
        return False


@dataclass(frozen=True, slots=True)
class PathSyntax:
    """A path as it is written, with ``#names``."""

    steps: tuple[Step, ...]

    def resolved(self, names: Mapping[str, str]) -> Path:
        """Returns the path, whose ``#names`` are all among ``names``."""
        return Path(tuple(names[str(step)] if _is_alias(step) else step for step in self.steps))

    @property
    def aliases(self) -> list[str]:
        """Returns the ``#names`` in it."""
        return [str(step) for step in self.steps if _is_alias(step)]


def inside(value: Value, step: Step) -> Value | None:
    """Returns what is at that step in a list or map; None when there is nothing."""
    if isinstance(step, str):
        found: Value | None = value["M"].get(step) if "M" in value else None
        return found
    elements: list[Any] = value.get("L", [])
    return elements[step] if step < len(elements) else None


def read_path(cursor: Cursor) -> PathSyntax:
    """Returns the path that stands there, and moves behind it."""
    steps: list[Step] = [_name(cursor)]
    while True:
        if cursor.take_if("."):
            steps.append(_name(cursor))
        elif cursor.take_if("["):
            steps.append(_index(cursor))
            cursor.expect("]")
        else:
            break
    if len(steps) > MAX_STEPS:
        raise ExpressionError(
            f"The document path has too many nesting elements; nesting levels: {len(steps)}"
        )
    return PathSyntax(tuple(steps))


def _name(cursor: Cursor) -> str:
    token = cursor.token
    if token.sort is Sort.NAME:
        return cursor.take().text
    if token.sort is not Sort.WORD or token.key in _KEYWORDS:
        cursor.fail()
    name = cursor.take().text
    if name.upper() in RESERVED_WORDS:
        raise ExpressionError(f"Attribute name is a reserved keyword; reserved keyword: {name}")
    return name


def _index(cursor: Cursor) -> int:
    digits = cursor.take_sort(Sort.DIGITS).text
    if len(digits) > 10:
        raise ExpressionError(f"List index is not within the allowable range; index: [{digits}]")
    return int(digits)


def _is_alias(step: Step) -> bool:
    return isinstance(step, str) and step.startswith("#")
