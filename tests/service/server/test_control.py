"""The server's own API: health for everybody, the rest for root."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from tests.kit.control import ask

from penstock import __version__
from penstock.testing import LocalServer


def test_health_is_for_everybody(server: LocalServer) -> None:
    status, answer = ask(server, "GET", "/_penstock/health", secret=None)
    assert status == 200
    assert answer["state"] == "ready" and answer["version"] == __version__


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "clock"),
        ("POST", "settle"),
        ("GET", "trace?bucket=b&key=k"),
        ("GET", "dead"),
        ("GET", "delivery?id=1"),
        ("POST", "redrive"),
    ],
)
def test_the_rest_needs_roots_signature(server: LocalServer, method: str, path: str) -> None:
    assert ask(server, method, f"/_penstock/{path}", secret=None)[0] == 403
    assert ask(server, method, f"/_penstock/{path}", secret="wrong")[0] == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": 1},
        {"ids": ["1"]},
        {"ids": [True]},
        {"ids": list(range(101))},
        {"ids": [-1]},
        {"ids": [2**63]},
    ],
)
def test_what_names_no_deliveries_redrives_none(server: LocalServer, body: dict[str, Any]) -> None:
    assert ask(server, "POST", "/_penstock/redrive", json.dumps(body).encode())[0] == 400


def test_a_page_of_the_dead_is_asked_for_with_numbers(server: LocalServer) -> None:
    assert ask(server, "GET", "/_penstock/dead") == (200, {"deliveries": [], "before": None})
    assert ask(server, "GET", "/_penstock/dead?before=x")[0] == 400
    assert ask(server, "GET", "/_penstock/delivery?id=7")[0] == 404


def test_the_clock_moves_forward_only(server: LocalServer) -> None:
    before = server.clock.now_ms()
    status, answer = ask(server, "POST", "/_penstock/clock", b'{"advance_s": 3600}')
    assert status == 200 and answer["now_ms"] >= before + 3_600_000
    for bad in (b'{"advance_s": -1}', b'{"advance_s": "x"}', b'{"advance_s": true}', b"{}", b"[]", b"{"):
        assert ask(server, "POST", "/_penstock/clock", bad)[0] == 400
    assert ask(server, "POST", "/_penstock/settle")[0] == 200


def test_time_that_may_not_be_moved_is_not_moved() -> None:
    with LocalServer(clock_kind="system") as server:
        status, answer = ask(server, "POST", "/_penstock/clock", b'{"advance_s": 60}')
        assert (status, answer["code"]) == (409, "ClockNotAdjustable")


def test_unknown_commands_and_workers_are_refused(server: LocalServer) -> None:
    assert ask(server, "GET", "/_penstock/nothing")[0] == 404
    assert ask(server, "DELETE", "/_penstock/clock")[0] == 404
    url = f"{server.endpoint}/_penstock/runtime/{'0' * 32}/2018-06-01/runtime/invocation/next"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    with caught.value:
        assert caught.value.code == 403
