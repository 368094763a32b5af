"""Wildcards against the slow, obvious matcher."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.matching.wildcard import Wildcard

TEXTS = st.text("ab:*?", max_size=12)


def naive(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=9), TEXTS)
def test_wildcards_match_what_the_naive_matcher_matches(pattern: str, text: str) -> None:
    assert Wildcard(pattern)(text) == naive(pattern, text)


@given(TEXTS, TEXTS)
def test_literal_pieces_match_only_themselves(literal: str, text: str) -> None:
    pattern = Wildcard.of([("a*", False), (literal, True)])
    assert pattern("a" + text) == text.endswith(literal)


def test_a_pattern_of_many_stars_does_not_blow_up() -> None:
    assert not Wildcard("a*" * 500 + "b")("a" * 20_000)
    assert not Wildcard("*?a?" * 200 + "*c")("ab" * 5_000)
