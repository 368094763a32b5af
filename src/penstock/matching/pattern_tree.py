"""Fields that must match together, as a tree over their names, so that one element of a list answers for all of them.

The rule is AWS's: no two fields may match within different elements of the same list. Each list is decided where it
stands, once, so the time is that of one walk over the event, whatever the pattern.
"""

import math
from collections.abc import Iterator
from typing import Any

from penstock.matching.document import Document, elements, scalars
from penstock.matching.operators import Absent, OneOf, Scalar, Test, shown

_MAX_SEEN = 3


class Leaf:
    """What one field must be. ``order`` is its place among all fields of the tree, sorted by path."""

    __slots__ = ("absent", "keys", "names", "order", "path", "required", "tests")

    def __init__(self, path: str, tests: tuple[Test, ...]) -> None:
        self.path = path
        self.names = path.split(".")
        self.order = 0
        self.tests = tests
        self.absent = any(isinstance(test, Absent) for test in tests)
        only = [test.keys for test in tests if isinstance(test, OneOf)]
        # The keys of the only values that will do, or None if others may.
        self.keys = frozenset().union(*only) if len(only) == len(tests) else None

    def accepts(self, value: Scalar) -> bool:
        """Returns whether one value that stands there is as wanted."""
        return any(test(value) for test in self.tests)

    def holds(self, value: Any) -> bool:
        """Returns whether what stands there is as wanted; a document or an empty list is no value."""
        found = False
        for scalar in scalars(value):
            if self.accepts(scalar):
                return True
            found = True
        return self.absent and not found

    def __str__(self) -> str:
        return " or ".join(map(str, self.tests))


class Tree:
    """A compiled conjunction of fields."""

    def __init__(self, fields: dict[str, tuple[Test, ...]]) -> None:
        self.leaves = [Leaf(path, tests) for path, tests in fields.items()]
        self._root = _Node()
        for order, leaf in enumerate(sorted(self.leaves, key=lambda leaf: leaf.path)):
            leaf.order = order
            self._root.grow(leaf.names).leaf = leaf
        self._root.settle()

    def matches(self, document: Document) -> bool:
        """Returns whether all fields match, with one element answering for each list. The document is spread."""
        return self._root.holds(document)

    def why_not(self, document: Document) -> str | None:
        """Returns the first field, in the pattern's order, that fails: its path, what it wanted, what it saw."""
        if self.matches(document):
            return None
        for leaf in self.leaves:
            seen = list(_at(document, leaf.names))
            if not (any(map(leaf.accepts, seen)) if seen else leaf.absent):
                return f"{leaf.path}: wanted {leaf}, saw {_saw(seen)}"
        paths = ", ".join(leaf.path for leaf in self.leaves)
        return f"no single element of a list has all of {paths}"


class _Node:
    __slots__ = (
        "children",
        "depth",
        "first_required",
        "floats",
        "leaf",
        "must_exist",
        "optional",
        "required",
    )

    def __init__(self, depth: int = 0) -> None:
        self.children: dict[str, _Node] = {}
        self.depth = depth
        self.leaf: Leaf | None = None

    def grow(self, names: list[str]) -> "_Node":
        """Returns the node at the end of the names, made where there was none."""
        node = self
        for name in names:
            node = node.children.setdefault(name, _Node(node.depth + 1))
        return node

    def settle(self) -> tuple[float, float]:
        """Works out what matching asks for; returns the orders of the first fields that must and that may be here."""
        settled = [child.settle() for child in self.children.values()]
        # The first field below that only a value satisfies: an element with that value answers for those after it.
        self.first_required = min((first for first, _ in settled), default=math.inf)
        first_absent = min((first for _, first in settled), default=math.inf)
        self.floats = first_absent < self.first_required
        self.must_exist = self.first_required < math.inf
        if self.leaf is None:
            must, may = math.inf, math.inf
        elif self.leaf.absent:
            must, may = math.inf, self.leaf.order
        else:
            must, may = self.leaf.order, math.inf
            self.must_exist = True
        self.required = [(name, node) for name, node in self.children.items() if node.must_exist]
        self.optional = {name: node for name, node in self.children.items() if not node.must_exist}
        return min(must, self.first_required), min(may, first_absent)

    def holds(self, value: Any) -> bool:
        """Returns whether what stands here is as wanted, and all that is wanted below it."""
        if self.leaf is not None and not self.leaf.holds(value):
            return False
        if not self.children:
            return True
        if isinstance(value, dict):
            return self._children_hold(value)
        if isinstance(value, list):
            return self._one_element_holds(value)
        return not self.required

    def _children_hold(self, document: Document) -> bool:
        for name, node in self.required:
            if name not in document or not node.holds(document[name]):
                return False
        return all(node.holds(document[name]) for name, node in _common(self.optional, document))

    def _one_element_holds(self, value: list[Any]) -> bool:
        anchor = self._anchor(value) if self.floats else None
        if anchor is None and not self.required:
            return True
        return any(
            isinstance(element, dict)
            and self._children_hold(element)
            and (anchor is None or _is_at(element, anchor.names[self.depth :]))
            for element in elements(value)
        )

    def _anchor(self, value: list[Any]) -> "Leaf | None":
        """Returns the first field that may be absent but is not, unless one that must be there comes first.

        Ruler asks for fields sorted by path. Until one has picked its element, absent means absent from all of them.
        """
        present = [leaf for leaf in self._present(value) if leaf.order < self.first_required]
        return min(present, key=lambda leaf: leaf.order, default=None)

    def _present(self, value: Any) -> "Iterator[Leaf]":
        for document in _documents(value):
            for name, node in _common(self.children, document):
                if node.leaf is not None and any(True for _ in scalars(document[name])):
                    yield node.leaf
                yield from node._present(document[name])


def _common(nodes: dict[str, _Node], document: Document) -> list[tuple[str, _Node]]:
    """Returns the nodes whose names the document has, at the cost of the smaller of the two."""
    if len(nodes) <= len(document):
        return [(name, node) for name, node in nodes.items() if name in document]
    return [(name, nodes[name]) for name in document if name in nodes]


def _documents(value: Any) -> list[Document]:
    if isinstance(value, dict):
        return [value]
    return (
        [element for element in elements(value) if isinstance(element, dict)]
        if isinstance(value, list)
        else []
    )


def _at(value: Any, names: list[str]) -> Iterator[Scalar]:
    """Yields the values of a field, from whatever elements of lists."""
    if not names:
        yield from scalars(value)
        return
    for document in _documents(value):
        if names[0] in document:
            yield from _at(document[names[0]], names[1:])


def _is_at(value: Any, names: list[str]) -> bool:
    return any(True for _ in _at(value, names))


def _saw(seen: list[Scalar]) -> str:
    if not seen:
        return "nothing"
    more = f" and {len(seen) - _MAX_SEEN} more" if len(seen) > _MAX_SEEN else ""
    return ", ".join(map(shown, seen[:_MAX_SEEN])) + more
