"""An item while it is changed: what is reached is copied first, so the item that was stays as it was."""

from penstock.errors import AwsError
from penstock.services.dynamodb.expressions.path import Path, Step, inside
from penstock.services.dynamodb.values import Item, Value
from penstock.services.dynamodb.values.invalid import invalid


class Draft:
    """A copy of an item, made as far as it is changed. Places in lists are those of the item until ``remove``."""

    def __init__(self, item: Item) -> None:
        self.item = dict(item)
        self._root: Value = {"M": self.item}
        self._copied: set[tuple[Step, ...]] = set()

    def get(self, path: Path) -> Value | None:
        """Returns what is there; ValidationException when nothing can be."""
        return inside(self._parent(path), path.steps[-1])

    def set(self, path: Path, value: Value) -> None:
        """Puts the value there; behind the end of a list it becomes its last element."""
        _put(self._parent(path), path.steps[-1], value)

    def remove(self, path: Path) -> None:
        """Removes what is there, if there is something."""
        parent, step = self._parent(path), path.steps[-1]
        if isinstance(step, str):
            parent["M"].pop(step, None)
        elif step < len(parent["L"]):
            del parent["L"][step]

    def _parent(self, path: Path) -> Value:
        """Returns the copied list or map that the path's last step is in."""
        value = self._root
        for depth, step in enumerate(path.steps[:-1], 1):
            child = inside(value, step) if _fits(value, step) else None
            if child is None:
                raise _not_there()
            if path.steps[:depth] not in self._copied:
                self._copied.add(path.steps[:depth])
                child = _copy(child)
                _put(value, step, child)
            value = child
        if not _fits(value, path.steps[-1]):
            raise _not_there()
        return value


def _fits(value: Value, step: Step) -> bool:
    return ("M" if isinstance(step, str) else "L") in value


def _copy(value: Value) -> Value:
    [(kind, content)] = value.items()
    return {kind: content.copy() if kind in ("L", "M") else content}


def _put(parent: Value, step: Step, value: Value) -> None:
    if isinstance(step, str):
        parent["M"][step] = value
    elif step < len(parent["L"]):
        parent["L"][step] = value
    else:
        parent["L"].append(value)


def _not_there() -> AwsError:
    return invalid("The document path provided in the update expression is invalid for update")
