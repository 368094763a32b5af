"""EventBridge's event patterns.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

from collections.abc import Iterable
from math import prod

from penstock.matching.document import Document, spread
from penstock.matching.expression_syntax import Dialect
from penstock.matching.pattern_error import PatternError, TooManyCombinations
from penstock.matching.pattern_syntax import Clauses, Field, read
from penstock.matching.pattern_tree import Leaf, Tree
from penstock.matching.wildcard_complexity import is_too_complex

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
MAX_CHARS = 4096
# The alternatives of all $or multiplied; more are a LimitExceededException.
MAX_COMBINATIONS = 1000
_MAX_REASONS = 3

_OPERATORS = """
exactly prefix prefix/equals-ignore-case suffix suffix/equals-ignore-case equals-ignore-case wildcard
cidr numeric exists
anything-but anything-but/prefix anything-but/suffix anything-but/equals-ignore-case anything-but/wildcard
"""
EVENTBRIDGE = Dialect(frozenset(_OPERATORS.split()), max_billions=5)


class EventPattern:
    """A compiled pattern. ``trees`` are its alternatives: the event matches when it matches one of them.

    PatternError for a text that is not a pattern, TooManyCombinations for too many alternatives.
    """

    __slots__ = ("trees",)

    def __init__(self, text: str) -> None:
        if len(text) > MAX_CHARS:
            raise PatternError(f"Event pattern is longer than {MAX_CHARS} characters")
        clauses = read(text, EVENTBRIDGE)
        if combinations(clauses) > MAX_COMBINATIONS:
            raise TooManyCombinations(f"Event pattern has more than {MAX_COMBINATIONS} combinations")
        self.trees = compile_trees(clauses)
        _check_wildcards(self.trees)

    def matches(self, event: Document) -> bool:
        """Returns whether the event, as parsed from JSON, matches."""
        document = spread(event)
        return any(tree.matches(document) for tree in self.trees)

    def why_not(self, event: Document) -> str | None:
        """Returns which field failed, what it wanted and what it saw, or None when the event matches; for people."""
        return why_no_tree_matches(self.trees, spread(event))


def compile_trees(clauses: Clauses) -> list[Tree]:
    """Returns the alternatives that ``$or`` makes, each a conjunction; of two fields of one name the last counts."""
    return [Tree(fields.values()) for fields in _expanded(clauses)]


def combinations(clauses: Clauses) -> int:
    """Returns how many trees the clauses compile to."""
    return prod(
        1 if isinstance(clause, Field) else sum(map(combinations, clause.alternatives)) for clause in clauses
    )


def why_no_tree_matches(trees: Iterable[Tree], document: Document) -> str | None:
    """Returns why none of the alternatives matches the document, or None when one does."""
    reasons: dict[str, None] = {}
    for tree in trees:
        reason = tree.why_not(document)
        if reason is None:
            return None
        reasons[reason] = None
    more = f"; and {len(reasons) - _MAX_REASONS} more" if len(reasons) > _MAX_REASONS else ""
    return "; ".join(list(reasons)[:_MAX_REASONS]) + more


def _expanded(clauses: Clauses) -> list[dict[str, Leaf]]:
    made: list[dict[str, Leaf]] = [{}]
    for clause in clauses:
        if isinstance(clause, Field):
            leaf = Leaf(".".join(clause.names), clause.tests)
            for fields in made:
                fields[leaf.path] = leaf
        else:
            inner = [fields for alternative in clause.alternatives for fields in _expanded(alternative)]
            made = [outer | fields for outer in made for fields in inner]
    return made


def _check_wildcards(trees: Iterable[Tree]) -> None:
    leaves = {leaf for tree in trees for leaf in tree.leaves}
    if any(is_too_complex(leaf.tests) for leaf in leaves):
        raise PatternError(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
            "after a wildcard character"
        )
