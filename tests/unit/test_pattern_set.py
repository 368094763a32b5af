"""A set of patterns tries only those whose rarest value the event has."""

from typing import Any

import pytest

from penstock.matching.event_pattern import EventPattern
from penstock.matching.pattern_set import PatternSet
from penstock.matching.pattern_tree import Tree


def bucket_pattern(bucket: str) -> EventPattern:
    return EventPattern(
        f'{{"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {{"bucket": {{"name": ["{bucket}"]}}}}}}'
    )


def created(bucket: str) -> dict[str, Any]:
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": {"name": bucket}}}


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Tree]:
    """Returns the trees that were tried."""
    trees: list[Tree] = []
    matches = Tree.matches

    def spy(tree: Tree, document: dict[str, Any]) -> bool:
        trees.append(tree)
        return matches(tree, document)

    monkeypatch.setattr(Tree, "matches", spy)
    return trees


def test_rules_on_other_buckets_are_not_tried(tried: list[Tree]) -> None:
    rules = PatternSet((bucket_pattern(f"b{n}"), n) for n in range(500))
    assert rules.match(created("b7")) == [7]
    assert len(tried) == 1


def test_what_lists_no_only_values_is_tried_each_time(tried: list[Tree]) -> None:
    anything = EventPattern('{"source": ["aws.s3", {"prefix": "my."}]}')
    rules = PatternSet([(bucket_pattern("a"), "a"), (anything, "any"), (bucket_pattern("b"), "b")])
    assert rules.match({"source": "my.app"}) == ["any"]
    assert rules.match(created("b")) == ["any", "b"]
    assert len(tried) == 3


def test_a_pattern_with_alternatives_is_found_once() -> None:
    either = EventPattern(
        '{"$or": [{"a": [1]}, {"b": [{"c": [1]}, {"exists": true}]}]}'.replace('{"c": [1]}', "1")
    )
    rules = PatternSet([(either, "x")])
    assert rules.match({"a": 1, "b": 1}) == ["x"]
    assert rules.match({"a": [[0], [1.0]]}) == ["x"]
    assert rules.match({"a": True}) == []
    assert rules.match({}) == []


def test_one_value_may_stand_under_many_patterns() -> None:
    rules = PatternSet([(bucket_pattern("a"), 1), (bucket_pattern("b"), 2), (bucket_pattern("a"), 3)])
    assert rules.match(created("a")) == [1, 3]
