"""A page's token gives back the place it was made of, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.server import page_token, read_page_token


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_token_is_read_as_it_was_made(place: str) -> None:
    assert read_page_token(page_token(place)) == place


@pytest.mark.parametrize("token", ["%%%", "a", "ü", "\ud800", "gA==", "YQ==\n", "YQ== "])
def test_what_nobody_was_given_is_no_token(token: str) -> None:
    assert read_page_token(token) is None
