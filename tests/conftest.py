"""Fixtures: one real server for each test module."""

from collections.abc import Iterator

import pytest

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A running server with empty state, shared by the tests of a module: name what you make in it apart."""
    with LocalServer() as running:
        yield running
