"""``AttributeUpdates``: whole attributes put, added to, or deleted.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValueUpdate.html
"""

from dataclasses import dataclass
from typing import Any

from penstock.services.dynamodb.expressions.draft import Draft
from penstock.services.dynamodb.expressions.operands import Attribute, Literal
from penstock.services.dynamodb.expressions.path import Path
from penstock.services.dynamodb.expressions.projections import projection_of
from penstock.services.dynamodb.expressions.updates import (
    Action,
    Add,
    Delete,
    IfNotExists,
    ListAppend,
    Remove,
    Set,
    Update,
)
from penstock.services.dynamodb.values import Item, check_value, type_of
from penstock.services.dynamodb.values.invalid import invalid, invalid_value
from penstock.services.dynamodb.values.sets import SET_TYPES

_ADDED = SET_TYPES | {"N", "L"}


def attribute_updates(attributes: dict[str, dict[str, Any]]) -> Update:
    """Returns the update; ValidationException when an action does not go with its value."""
    actions = [_action(name, wanted) for name, wanted in attributes.items()]
    return Update(actions, projection_of([action.path for action in actions]))


@dataclass(frozen=True, slots=True)
class _OfOneType:
    """An action on what is of the same type as its value, or not there."""

    action: Action
    kind: str

    @property
    def path(self) -> Path:
        return self.action.path

    def change(self, old: Item, draft: Draft) -> Path | None:
        before = draft.get(self.path)
        if before is not None and type_of(before) != self.kind:
            raise invalid("Type mismatch for attribute to update")
        return self.action.change(old, draft)


def _action(name: str, wanted: dict[str, Any]) -> Action:
    path, what = Path((name,)), wanted.get("Action", "PUT")
    if wanted.get("Value") is None:
        if what != "DELETE":
            raise invalid_value("Only DELETE action is allowed when no attribute value is specified")
        return Remove(path)
    value = check_value(wanted["Value"])
    kind = type_of(value)
    match what:
        case "PUT":
            return Set(path, Literal(value))
        case "DELETE":
            if kind not in SET_TYPES:
                raise invalid_value(f"DELETE action with value is not supported for the type {kind}")
            return _OfOneType(Delete(path, value), kind)
    if kind not in _ADDED:
        raise invalid_value(f"ADD action is not supported for the type {kind}")
    if kind == "L":
        before = IfNotExists(Attribute(path), Literal({"L": []}))
        return _OfOneType(Set(path, ListAppend(before, Literal(value))), kind)
    return _OfOneType(Add(path, value), kind)
