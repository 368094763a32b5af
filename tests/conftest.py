"""Fixtures: one real server for each test module."""

import os
import socket
from collections.abc import Iterator

import pytest

from penstock.testing import LocalServer
from tests.kit.postgresql import give_local_servers_databases

# A test that waits for bytes that never come ends in the line that waits; for all other hangs there is
# faulthandler_timeout, which ends the process with a dump of every thread.
socket.setdefaulttimeout(60)

if os.environ.get("TEST_STORE") == "postgresql":
    give_local_servers_databases()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what is about the embedded store when the tests run on another."""
    if os.environ.get("TEST_STORE") != "postgresql":
        return
    for item in items:
        if item.get_closest_marker("embedded"):
            item.add_marker(pytest.mark.skip(reason="about the embedded store"))


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A running server with empty state, shared by the tests of a module: name what you make in it apart."""
    with LocalServer() as running:
        yield running
