"""Fields that must match together, as a tree over their names, so that one element of a list answers for all of them.

The rule is AWS's: no two fields may match within different elements of the same list. Each list is decided where it
stands, once, so the time is that of one walk over the event, whatever the pattern.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from penstock.matching.document import Document, elements, scalars
from penstock.matching.operators import Absent, AnyOf, OneOf, Scalar, Test, shown

_MAX_SEEN = 3


class Leaf:
    """What one field must be; trees share it."""

    __slots__ = ("absent", "accepts", "keys", "names", "path", "tests")

    def __init__(self, path: str, tests: tuple[Test, ...]) -> None:
        self.path = path
        self.names = path.split(".")
        self.tests = tests
        # What one value that stands there must pass.
        self.accepts = tests[0] if len(tests) == 1 else AnyOf(tests)
        # Whether it will do that none does.
        self.absent = any(isinstance(test, Absent) for test in tests)
        only = [test.keys for test in tests if isinstance(test, OneOf)]
        # The keys of the only values that will do, or None if others may.
        self.keys = frozenset().union(*only) if len(only) == len(tests) else None

    def holds(self, value: Any) -> bool:
        """Returns whether what stands there is as wanted; a document or an empty list is no value."""
        if not isinstance(value, dict | list):
            return self.accepts(value)
        found = False
        for scalar in scalars(value):
            if self.accepts(scalar):
                return True
            found = True
        return self.absent and not found


class Tree:
    """A compiled conjunction of fields, each with a path of its own."""

    __slots__ = ("_root", "leaves")

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.leaves = list(leaves)
        self._root = _Node(0)
        for leaf in self.leaves:
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
                return f"{leaf.path}: wanted {leaf.accepts}, saw {_saw(seen)}"
        paths = ", ".join(leaf.path for leaf in self.leaves)
        return f"no single element of a list has all of {paths}"


class _Node:
    __slots__ = (
        "children",
        "depth",
        "first_may",
        "first_must",
        "floats",
        "leaf",
        "limit",
        "optional",
        "required",
    )

    def __init__(self, depth: int) -> None:
        self.children: dict[str, _Node] = {}
        self.depth = depth
        self.leaf: Leaf | None = None
        self.required: list[tuple[str, _Node]] = []
        self.optional: dict[str, _Node] = {}
        # The first path below that only a value satisfies: an element with that value answers for those after it.
        self.limit: str | None = None
        self.floats = False
        # The same from here on, and the first path from here on that absence satisfies too.
        self.first_must: str | None = None
        self.first_may: str | None = None

    def grow(self, names: list[str]) -> "_Node":
        """Returns the node at the end of the names, made where there was none."""
        node = self
        for name in names:
            if name not in node.children:
                node.children[name] = _Node(node.depth + 1)
            node = node.children[name]
        return node

    def settle(self) -> None:
        """Works out what matching asks for, once all fields are here."""
        for child in self.children.values():
            child.settle()
        self.required = [(name, node) for name, node in self.children.items() if node.first_must is not None]
        self.optional = {name: node for name, node in self.children.items() if node.first_must is None}
        self.limit = _first([node.first_must for node in self.children.values()])
        may = _first([node.first_may for node in self.children.values()])
        self.floats = may is not None and (self.limit is None or may < self.limit)
        leaf = self.leaf
        self.first_must = _first([self.limit, leaf.path if leaf and not leaf.absent else None])
        self.first_may = _first([may, leaf.path if leaf and leaf.absent else None])

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
        if not self.optional:
            return True
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
        present = [leaf for leaf in self._present(value) if self.limit is None or leaf.path < self.limit]
        return min(present, key=lambda leaf: leaf.path, default=None)

    def _present(self, value: Any) -> "Iterator[Leaf]":
        for document in _documents(value):
            for name, node in _common(self.children, document):
                if node.leaf is not None and any(True for _ in scalars(document[name])):
                    yield node.leaf
                yield from node._present(document[name])


def _first(paths: list[str | None]) -> str | None:
    return min((path for path in paths if path is not None), default=None)


def _common(nodes: dict[str, _Node], document: Document) -> list[tuple[str, _Node]]:
    """Returns the nodes whose names the document has, at the cost of the smaller of the two."""
    if len(nodes) <= len(document):
        return [(name, node) for name, node in nodes.items() if name in document]
    return [(name, nodes[name]) for name in document if name in nodes]


def _documents(value: Any) -> list[Document]:
    if isinstance(value, list):
        return [element for element in elements(value) if isinstance(element, dict)]
    return [value] if isinstance(value, dict) else []


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
