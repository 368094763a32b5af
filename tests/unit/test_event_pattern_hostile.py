"""Patterns and events made to exhaust a matcher: each of these ends at once, and without an exhausted stack."""

import json
from typing import Any

import pytest

from penstock.matching.event_pattern import MAX_CHARS, EventPattern
from penstock.matching.filter_policy import FilterPolicy, FilterPolicyScope
from penstock.matching.pattern_error import PatternError
from penstock.matching.pattern_syntax import MAX_DEPTH


def wrapped(value: Any, name: str, levels: int) -> Any:
    for _ in range(levels):
        value = {name: value}
    return value


def test_a_pattern_may_nest_a_hundred_names_through_lists() -> None:
    event: Any = "x"
    for _ in range(MAX_DEPTH):
        event = {"a": [[event]]}
    assert EventPattern(json.dumps(wrapped(["x"], "a", MAX_DEPTH))).matches(event)
    assert EventPattern(json.dumps({".".join("a" * MAX_DEPTH): ["x"]})).matches(event)
    assert not EventPattern(json.dumps({".".join("a" * MAX_DEPTH): [{"exists": False}]})).matches(event)


@pytest.mark.parametrize("opening", ['{"a":', '{"$or":[{"a":[1]},', '{"a.a.a.a.a.a.a.a.a.a":'])
def test_what_nests_deeper_is_refused(opening: str) -> None:
    for text in (opening * 200, opening * 12_000):
        with pytest.raises(PatternError):
            EventPattern(text[:MAX_CHARS])
        with pytest.raises(PatternError):
            FilterPolicy(text, FilterPolicyScope.MESSAGE_BODY)
    with pytest.raises(PatternError, match="More than 100 names"):
        EventPattern(json.dumps({".".join("a" * 101): [1]}))


def test_a_policy_of_many_alternatives_is_refused_before_they_are_made() -> None:
    policy = '{"a": {' + ",".join(['"$or": [{"b": [1]}, {"c": [1]}]'] * 8000) + "}}"
    with pytest.raises(PatternError, match="too complex"):
        FilterPolicy(policy, FilterPolicyScope.MESSAGE_BODY)


def test_an_event_may_nest_as_deep_as_json_can() -> None:
    lists: Any = "x"
    objects: Any = "x"
    for _ in range(5000):
        lists = [lists]
        objects = {"b.c": objects}
    pattern = EventPattern('{"a": ["x", {"wildcard": "*x*"}], "d": {"b": [{"exists": false}]}}')
    assert pattern.matches({"a": lists, "d": objects})
    assert pattern.why_not({"a": objects, "d": lists}) is not None


def test_wildcards_take_no_more_than_one_pass_over_a_text() -> None:
    pattern = EventPattern(
        json.dumps({"a": [{"wildcard": "*a*a*b"}], "b": [{"wildcard": "a" * 3000 + "*b"}]})
    )
    assert not pattern.matches({"a": "a" * 200_000, "b": "a" * 200_000 + "b"})
    assert not pattern.matches({"a": "ab" * 100_000, "b": "a" * 200_000})


def test_a_wildcard_that_is_in_ever_new_places_is_refused_rather_than_judged_to_the_end() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    for text in ("*" + "ab" * 1800, "*".join(letters[n % 26 :] + letters[: n * 7 % 26] for n in range(60))):
        with pytest.raises(PatternError, match="too complex"):
            EventPattern(json.dumps({"a": [{"wildcard": text}]}))


def test_records_without_number_do_not_multiply_with_one_another() -> None:
    fields = {f"f{n}": [{"exists": False}] for n in range(110)}
    pattern = EventPattern(json.dumps({"a": fields | {"b": {"c": [2]}, "x": [1]}}))
    event = {"a": [{"b": [{"c": 1}] * 20, "x": 1}] * 2000}
    assert not pattern.matches(event)


def test_names_with_dots_are_merged_in_one_pass() -> None:
    pattern = EventPattern('{"a": {"k7": [7]}, "b": [39999]}')
    assert pattern.matches({f"a.k{n}": n for n in range(40_000)} | {"b": list(range(40_000))})
    assert pattern.matches(
        {"b": 1, "x.y": 0, "a": [{f"k{n}": n} for n in range(40_000)], "b.": 0} | {"b": 39_999}
    )
