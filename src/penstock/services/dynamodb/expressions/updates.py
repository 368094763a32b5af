"""Updates of an item: ``SET``, ``REMOVE``, ``ADD`` and ``DELETE``, all of them of the item as it was before.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions.draft import Draft
from penstock.services.dynamodb.expressions.operands import Operand
from penstock.services.dynamodb.expressions.path import Path
from penstock.services.dynamodb.expressions.projections import Projection
from penstock.services.dynamodb.values import Item, Value, add, check_depth, in_order, subtract, type_of
from penstock.services.dynamodb.values.invalid import invalid, invalid_value
from penstock.services.dynamodb.values.sets import SET_TYPES


class Action(Protocol):
    """One change of an item."""

    @property
    def path(self) -> Path:
        """Returns what it changes."""

    def change(self, old: Item, draft: Draft) -> Path | None:
        """Changes the draft as ``old`` says; returns the path when what is there is to be removed in the end."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update has made, and the paths it was to change (what UPDATED_OLD and UPDATED_NEW show)."""

    item: Item
    touched: Projection


@dataclass(frozen=True, slots=True)
class Update:
    """An update as a request states it."""

    actions: Sequence[Action]
    touched: Projection

    @property
    def attributes(self) -> list[str]:
        """Returns the names of the attributes that it changes."""
        return self.touched.attributes

    def check_key(self, names: Iterable[str]) -> None:
        """Raises ValidationException when it would change one of these attributes, which make up the key."""
        for name in names:
            if name in self.touched.tree:
                raise invalid_value(f"Cannot update attribute {name}. This attribute is part of the key")

    def apply(self, item: Item | None, key: Item) -> Updated:
        """Returns the item changed, or, where there is none, the one with this key; ``item`` stays as it is.

        ValidationException when it cannot be changed so.
        """
        old = key if item is None else item
        draft = Draft(old)
        removed = [path for action in self.actions if (path := action.change(old, draft))]
        for path in sorted(removed, key=_last_place_first):
            draft.remove(path)
        for name in self.touched.attributes:
            if name in draft.item:
                check_depth(draft.item[name])
        return Updated(draft.item, self.touched)


@dataclass(frozen=True, slots=True)
class Set:
    """``SET path = operand``"""

    path: Path
    operand: Operand

    def change(self, old: Item, draft: Draft) -> Path | None:
        value = self.operand.value(old)
        if value is None:
            raise _nothing_there()
        draft.set(self.path, value)
        return None


@dataclass(frozen=True, slots=True)
class Remove:
    """``REMOVE path``"""

    path: Path

    def change(self, old: Item, draft: Draft) -> Path | None:
        return None if draft.get(self.path) is None else self.path


@dataclass(frozen=True, slots=True)
class Add:
    """``ADD path value``: to a number, or members to a set."""

    path: Path
    content: Value

    def change(self, old: Item, draft: Draft) -> Path | None:
        before, kind = draft.get(self.path), type_of(self.content)
        if before is None:
            draft.set(self.path, self.content)
        elif type_of(before) != kind:
            raise _wrong_type()
        elif kind == "N":
            draft.set(self.path, {"N": add(before["N"], self.content["N"])})
        else:
            members = in_order(kind, list({*before[kind], *self.content[kind]}))
            draft.set(self.path, {kind: members})
        return None


@dataclass(frozen=True, slots=True)
class Delete:
    """``DELETE path set``: members from a set, which goes when none is left."""

    path: Path
    content: Value

    def change(self, old: Item, draft: Draft) -> Path | None:
        before, kind = draft.get(self.path), type_of(self.content)
        if before is None:
            return None
        if type_of(before) != kind or kind not in SET_TYPES:
            raise _wrong_type()
        gone = set(self.content[kind])
        members = [member for member in before[kind] if member not in gone]
        draft.set(self.path, {kind: members})
        return None if members else self.path


@dataclass(frozen=True, slots=True)
class Sum:
    """``left + right``, ``left - right``"""

    operator: str
    left: Operand
    right: Operand

    def value(self, item: Item) -> Value | None:
        left, right = (_typed(operand, item, "N")["N"] for operand in (self.left, self.right))
        return {"N": add(left, right) if self.operator == "+" else subtract(left, right)}


@dataclass(frozen=True, slots=True)
class IfNotExists:
    """``if_not_exists(path, operand)``"""

    attribute: Operand
    otherwise: Operand

    def value(self, item: Item) -> Value | None:
        found = self.attribute.value(item)
        return self.otherwise.value(item) if found is None else found


@dataclass(frozen=True, slots=True)
class ListAppend:
    """``list_append(left, right)``"""

    left: Operand
    right: Operand

    def value(self, item: Item) -> Value | None:
        return {"L": [*_typed(self.left, item, "L")["L"], *_typed(self.right, item, "L")["L"]]}


def _typed(operand: Operand, item: Item, kind: str) -> Value:
    value = operand.value(item)
    if value is None:
        raise _nothing_there()
    if kind not in value:
        raise _wrong_type()
    return value


def _last_place_first(path: Path) -> tuple[int, int]:
    """Orders so that nothing that is yet to be removed has moved: what is inside first, then lists from their end."""
    last = path.steps[-1]
    return -len(path.steps), -last if isinstance(last, int) else 0


def _nothing_there() -> AwsError:
    return invalid("The provided expression refers to an attribute that does not exist in the item")


def _wrong_type() -> AwsError:
    return invalid("An operand in the update expression has an incorrect data type")
