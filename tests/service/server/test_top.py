"""``penstock top``: what goes on in a server, once for scripts, and as a picture."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console
from tests.kit.commands import penstock
from tests.kit.functions import client, make_function
from tests.kit.measured import still_server

from penstock.cli.top import drawn
from penstock.testing import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as server:
        yield server


def asked(server: LocalServer) -> dict[str, Any]:
    """Returns what the command prints for scripts."""
    done = penstock(
        "top", "--once", "--json", AWS_ENDPOINT_URL=server.endpoint, PENSTOCK_ACCOUNTS=server.accounts
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def resource(state: dict[str, Any], namespace: str, name: str) -> dict[str, Any]:
    (found,) = (
        one
        for one in state["resources"]
        if one["namespace"] == namespace and name in one["dimensions"].values()
    )
    return found


def picture(state: dict[str, Any], before: dict[str, Any] | None = None) -> str:
    text = io.StringIO()
    Console(file=text, width=200, emoji=False).print(drawn(state, before))
    return text.getvalue()


def test_scripts_get_sums_and_levels_of_what_is_in_use(server: LocalServer) -> None:
    sqs = client(server, "sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.receive_message(QueueUrl=url)
    make_function(server, "works", "def handler(event, context):\n    return 1\n")
    client(server, "lambda").invoke(FunctionName="works")
    state = asked(server)
    queue = resource(state, "AWS/SQS", "jobs")
    assert queue["totals"]["NumberOfMessagesSent"] == 3
    assert queue["levels"]["ApproximateNumberOfMessagesVisible"] == 2
    assert queue["levels"]["ApproximateNumberOfMessagesNotVisible"] == 1
    function = resource(state, "AWS/Lambda", "works")
    assert (function["totals"]["Invocations"], function["levels"]["ConcurrentExecutions"]) == (1, 0)
    assert (state["state"], state["backlog"], state["dead"]) == ("ready", 0, 0)
    assert "alarms" not in state or state["alarms"] == []


def test_to_look_measures_nothing(server: LocalServer) -> None:
    sqs = client(server, "sqs")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName="jobs")["QueueUrl"], MessageBody="x")
    asked(server)
    before = server.app.measurements.totals()
    asked(server)
    assert server.app.measurements.totals() == before


def test_a_person_gets_a_table_of_each_kind(server: LocalServer) -> None:
    sqs = client(server, "sqs")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName="jobs")["QueueUrl"], MessageBody="x")
    done = penstock("top", "--once", AWS_ENDPOINT_URL=server.endpoint, PENSTOCK_ACCOUNTS=server.accounts)
    assert done.returncode == 0
    assert "Queues" in done.stdout
    assert "jobs" in done.stdout
    assert "Functions" not in done.stdout


def state_with(**changed: Any) -> dict[str, Any]:
    queue = {
        "namespace": "AWS/SQS",
        "account": "1",
        "region": "r",
        "dimensions": {"QueueName": "jobs"},
        "totals": {"NumberOfMessagesSent": 100},
        "levels": {"ApproximateNumberOfMessagesVisible": 7},
    }
    state: dict[str, Any] = {
        "now": "2027-01-15T08:00:00.000+00:00",
        "measured_ms": 10_000,
        "state": "ready",
        "problems": {},
        "loop_lag_ms": 1.0,
        "backlog": 0,
        "dead": 0,
        "requests": 50,
        "client_errors": 0,
        "server_errors": 0,
        "destinations": [],
        "resources": [queue],
    }
    return state | changed


def test_a_second_look_shows_rates() -> None:
    before = state_with()
    after = state_with(
        measured_ms=12_000,
        requests=150,
        resources=[{**before["resources"][0], "totals": {"NumberOfMessagesSent": 103}}],
    )
    text = picture(after, before)
    assert "requests 50/s" in text
    assert "sent/s" in text
    assert "1.5" in text


def test_a_server_that_began_anew_shows_no_negative_rates() -> None:
    assert "requests 0/s" in picture(state_with(measured_ms=11_000, requests=1), state_with())


def test_alarms_that_are_not_ok_are_named() -> None:
    alarms = [
        {"name": "depth", "state": "ALARM", "reason": "too much"},
        {"name": "fine", "state": "OK", "reason": ""},
    ]
    text = picture(state_with(alarms=alarms))
    assert "ALARM depth: too much" in text
    assert "1 of 2 alarms are OK" in text


def test_what_others_wrote_cannot_move_the_cursor() -> None:
    alarms = [{"name": "x\x1b[2J", "state": "ALARM", "reason": "a\nb"}]
    text = picture(state_with(alarms=alarms, problems={"p": "\x1b]0;t\x07"}))
    assert "\x1b" not in text
    assert "ALARM x?[2J: a?b" in text
