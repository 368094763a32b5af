"""How a server lives on, and ends, when something in it fails."""

import json
import logging
import urllib.request
from typing import Any

import pytest

from penstock.delivery import pruning
from penstock.errors import StoreUnavailable
from penstock.testing import LocalServer


def health(server: LocalServer) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.endpoint}/_penstock/health") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def wait_for_problem(server: LocalServer, name: str) -> dict[str, Any]:
    while name not in (found := health(server))["problems"]:
        pass
    return found


@pytest.fixture
def failing_prune(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(store: object, before_ms: int) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(pruning, "prune", fail)
    caplog.set_level(logging.CRITICAL, "penstock.supervisor")


def test_a_store_that_cannot_write_while_the_ledger_is_pruned_degrades_health(failing_prune: None) -> None:
    with LocalServer() as server:
        found = wait_for_problem(server, "ledger: prune")
        assert found["state"] == "degraded"
        assert found["problems"]["ledger: prune"] == "the disk is full"


def test_a_store_that_cannot_write_while_the_ledger_is_pruned_lets_every_service_drain(
    failing_prune: None,
) -> None:
    with LocalServer() as server:
        wait_for_problem(server, "ledger: prune")
        lines = server.app.service("sqs").state.lines
        pool = server.app.service("lambda").state.pool
    assert (lines.closed, pool._closed) == (True, True)


def test_a_service_that_fails_at_its_end_lets_the_others_end_well(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise OSError("no such file")

    with LocalServer() as server:
        monkeypatch.setattr(server.app.service("s3"), "drain", fail)
        lines = server.app.service("sqs").state.lines
        caplog.set_level(logging.CRITICAL, "penstock.app.application")
    assert lines.closed
