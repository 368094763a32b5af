"""What is wrong with the database is seen in health."""

import pytest
from tests.kit.control import ask

from penstock.store.sqlite import checkpointer
from penstock.testing import LocalServer

pytestmark = pytest.mark.embedded


def test_a_log_that_has_become_too_long_makes_the_server_degraded(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "log" not in ask(server, "GET", "/_penstock/health")[1]["problems"]
    monkeypatch.setattr(checkpointer, "_TOO_LONG_BYTES", -1)
    _, found = ask(server, "GET", "/_penstock/health")
    assert found["state"] == "degraded"
    assert "the database's log has" in found["problems"]["log"]
