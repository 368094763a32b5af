"""Finds which of many patterns an event matches, without trying those that it cannot match."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from penstock.matching.document import Document, elements, spread
from penstock.matching.event_pattern import EventPattern
from penstock.matching.operators import exact_key
from penstock.matching.pattern_tree import Leaf, Tree

T = TypeVar("T")


class PatternSet(Generic[T]):
    """Values under a pattern each; ``match`` costs a walk over the event and the patterns it may match.

    A pattern that lists the only values of one of its fields is found by them, by its rarest such field; the others
    are tried one by one. The set never changes: another set of patterns is another PatternSet.
    """

    def __init__(self, entries: Iterable[tuple[EventPattern, T]]) -> None:
        self._values: list[T] = []
        self._others: list[tuple[int, Tree]] = []
        self._root: _Node = _Node()
        trees: list[tuple[int, Tree]] = []
        for at, (pattern, value) in enumerate(entries):
            self._values.append(value)
            trees += [(at, tree) for tree in pattern.trees]
        uses = Counter(
            (leaf.path, key) for _, tree in trees for leaf in tree.leaves for key in leaf.keys or ()
        )
        for at, tree in trees:
            self._add(at, tree, uses)

    def match(self, event: Document) -> list[T]:
        """Returns the values whose patterns the event, as parsed from JSON, matches, in the order they were given."""
        document = spread(event)
        matched = {at for at, tree in self._others if tree.matches(document)}
        for found in self._root.find(document):
            for at, tree in found:
                if at not in matched and tree.matches(document):
                    matched.add(at)
        return [self._values[at] for at in sorted(matched)]

    def _add(self, at: int, tree: Tree, uses: "Counter[tuple[str, object]]") -> None:
        exact = [leaf for leaf in tree.leaves if leaf.keys]
        if not exact:
            self._others.append((at, tree))
            return
        rarest = min(exact, key=lambda leaf: _most_used(leaf, uses))
        node = self._root.grow(rarest.names)
        for key in rarest.keys or ():
            node.trees.setdefault(key, []).append((at, tree))


class _Node:
    """A name on the way to the fields that patterns are found by."""

    __slots__ = ("children", "trees")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.trees: dict[object, list[tuple[int, Tree]]] = {}

    def grow(self, names: list[str]) -> "_Node":
        node = self
        for name in names:
            node = node.children.setdefault(name, _Node())
        return node

    def find(self, value: Any) -> Iterator[list[tuple[int, Tree]]]:
        for element in elements([value]):
            if not isinstance(element, dict):
                if found := self.trees.get(exact_key(element)):
                    yield found
            elif len(self.children) < len(element):
                for name, node in self.children.items():
                    if name in element:
                        yield from node.find(element[name])
            else:
                for name, member in element.items():
                    if name in self.children:
                        yield from self.children[name].find(member)


def _most_used(leaf: Leaf, uses: "Counter[tuple[str, object]]") -> int:
    return max(uses[leaf.path, key] for key in leaf.keys or ())
