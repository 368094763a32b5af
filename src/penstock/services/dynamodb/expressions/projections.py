"""Projections: the attributes of an item, or the parts of them, that a caller wants.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
"""

from dataclasses import dataclass

from penstock.services.dynamodb.expressions.cursor import Cursor
from penstock.services.dynamodb.expressions.path import Path, PathSyntax, read_path
from penstock.services.dynamodb.expressions.path_tree import PathTree, path_tree
from penstock.services.dynamodb.values import Item, Value


@dataclass(frozen=True, slots=True)
class Projection:
    """Some paths, none of which lies in another."""

    tree: PathTree

    @property
    def attributes(self) -> list[str]:
        """Returns the names of the attributes of which something is wanted."""
        return [str(name) for name in self.tree]

    def of(self, item: Item) -> Item:
        """Returns what of the item is wanted; a list keeps, of its elements, the wanted ones in their order."""
        return _of_map(item, self.tree)


def projection_of(paths: list[Path]) -> Projection:
    """Returns the projection on the paths; ExpressionError when two overlap or conflict."""
    return Projection(path_tree(paths))


def read_projection(text: str) -> tuple[PathSyntax, ...]:
    """Returns the paths of a ProjectionExpression."""
    cursor = Cursor(text)
    paths = [read_path(cursor)]
    while cursor.take_if(","):
        paths.append(read_path(cursor))
    if not cursor.ended:
        cursor.fail()
    return tuple(paths)


def _of_map(members: Item, tree: PathTree) -> Item:
    found: Item = {}
    for name, branch in tree.items():
        member = members.get(str(name))
        part = None if member is None else _of_value(member, branch)
        if part is not None:
            found[str(name)] = part
    return found


def _of_value(value: Value, branch: PathTree | Path) -> Value | None:
    if isinstance(branch, Path):
        return value
    if "M" in value:
        found = _of_map(value["M"], branch)
        return {"M": found} if found else None
    elements = [_of_value(value["L"][at], branch[at]) for at in _places(value, branch)]
    kept = [element for element in elements if element is not None]
    return {"L": kept} if kept else None


def _places(value: Value, branch: PathTree) -> list[int]:
    count = len(value.get("L", ()))
    return sorted(step for step in branch if isinstance(step, int) and step < count)
