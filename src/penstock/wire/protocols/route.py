"""From method and URI to an operation, for the protocols that put both to use.

The templates of a service (``/{Bucket}/{Key+}?uploads``) become a tree of path segments. A leaf holds, per
method, the operations that share the template; literal and required parameters tell them apart.
"""

from dataclasses import dataclass, field

from penstock.wire.form import percent_decode
from penstock.wire.message import WireRequest
from penstock.wire.models.model import OperationModel, ServiceModel

Query = dict[str, list[str]]


@dataclass(slots=True)
class Candidate:
    """An operation, and what a request must carry besides its path to mean it."""

    operation: OperationModel
    literals: dict[str, str]
    query: frozenset[str]
    headers: frozenset[str]

    def matches_literals(self, query: Query) -> bool:
        """Returns whether the template's own query parameters are there (``?uploads``, ``?list-type=2``)."""
        for name, value in self.literals.items():
            if name not in query or (value and value not in query[name]):
                return False
        return True

    def complete(self, request: WireRequest, query: Query) -> bool:
        """Returns whether the required headers and parameters are there."""
        return query.keys() >= self.query and request.headers.keys() >= self.headers

    @property
    def weight(self) -> tuple[int, bool, int]:
        """Returns how particular the operation is; then current ones come first, then shorter names.

        The last holds for one pair only: ListBuckets and S3 Express's ListDirectoryBuckets.
        """
        return (len(self.query) + len(self.headers), not self.operation.deprecated, -len(self.operation.name))


@dataclass(slots=True)
class Leaf:
    """The operations of one template and method: by decreasing number of literals, then by weight."""

    candidates: list[Candidate] = field(default_factory=list)
    plain: list[Candidate] = field(default_factory=list)
    literal_names: frozenset[str] = frozenset()
    wanted_headers: frozenset[str] = frozenset()
    undemanding: Candidate | None = None

    def add(self, candidate: Candidate) -> None:
        self.candidates.append(candidate)
        self.candidates.sort(key=lambda c: (len(c.literals), c.weight), reverse=True)
        self.plain = [candidate for candidate in self.candidates if not candidate.literals]
        self.literal_names |= candidate.literals.keys()
        self.wanted_headers |= candidate.headers
        self.undemanding = next((c for c in self.plain if not c.query and not c.headers), None)

    def choose(self, request: WireRequest, query: Query) -> tuple[Candidate | None, bool]:
        """Returns the operation that the request means, and whether it has everything that one requires.

        A request that names a subresource never falls back to an operation without one.
        """
        if not query and self.undemanding and self.wanted_headers.isdisjoint(request.headers):
            return self.undemanding, True
        first: Candidate | None = None
        for candidate in self._named(query):
            if first is not None and len(candidate.literals) < len(first.literals):
                break
            if candidate.complete(request, query):
                return candidate, True
            first = first or candidate
        return first, False

    def _named(self, query: Query) -> list[Candidate]:
        if self.literal_names.isdisjoint(query):
            return self.plain
        return [candidate for candidate in self.candidates if candidate.matches_literals(query)]


@dataclass(slots=True)
class Node:
    """One step into the path."""

    literals: dict[str, "Node"] = field(default_factory=dict)
    label: "tuple[str, Node] | None" = None
    greedy: "tuple[str, Node] | None" = None
    leaves: dict[str, Leaf] = field(default_factory=dict)


class Router:
    """Finds the leaf for a path; the paths of all a service's operations are compiled into one tree."""

    def __init__(self, model: ServiceModel) -> None:
        self._root = Node()
        self.literal_names: set[str] = set()
        for operation in model.operations.values():
            path, _, query = operation.uri.partition("?")
            candidate = Candidate(operation, _literals(query), *_required(operation))
            self._node(path).leaves.setdefault(operation.method, Leaf()).add(candidate)
            self.literal_names |= candidate.literals.keys()

    def find(self, method: str, path: str) -> tuple[Leaf | None, dict[str, str]]:
        """Returns the operations at ``path``, or None, and the decoded labels; Malformed for bad UTF-8."""
        labels: dict[str, str] = {}
        return _walk(self._root, method, path, 1, labels), labels

    def _node(self, path: str) -> Node:
        node = self._root
        for segment in path.strip("/").split("/"):
            if not segment:
                continue
            if segment.startswith("{") and segment.endswith("+}"):
                node.greedy = node.greedy or (segment[1:-2], Node())
                node = node.greedy[1]
            elif segment.startswith("{"):
                node.label = node.label or (segment[1:-1], Node())
                node = node.label[1]
            else:
                node = node.literals.setdefault(segment, Node())
        return node


def _walk(node: Node, method: str, path: str, start: int, labels: dict[str, str]) -> Leaf | None:
    """Returns the leaf for ``path[start:]`` below ``node``; a greedy label takes the rest as it is."""
    while start < len(path):
        if node.greedy is not None:
            name, below = node.greedy
            rest = path[start:]
            labels[name] = rest if "%" not in rest and rest.isascii() else percent_decode(rest)
            return below.leaves.get(method)
        segment, _, _ = path[start:].partition("/")
        start += len(segment) + 1
        literal = node.literals.get(segment)
        if literal is not None and (leaf := _walk(literal, method, path, start, labels)) is not None:
            return leaf
        if node.label is None or not segment:
            return None
        name, node = node.label
        labels[name] = segment if "%" not in segment and segment.isascii() else percent_decode(segment)
    return node.leaves.get(method)


def _literals(query: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {name: value for name, _, value in pairs}


def _required(operation: OperationModel) -> tuple[frozenset[str], frozenset[str]]:
    shape = operation.input
    members = [shape.members[name] for name in shape.required] if shape else []
    query = frozenset(m.wire_name for m in members if m.location == "querystring")
    headers = frozenset(m.wire_name.lower() for m in members if m.location == "header")
    return query, headers
