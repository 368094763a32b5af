"""A webhook that is out of order for long: asked now and then, seen by whoever runs the server, and nothing is lost."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from tests.kit.control import ask
from tests.kit.topics import Webhook, make_topic, subscribe, webhook
from typer.testing import CliRunner

from penstock.cli.main import cli
from penstock.delivery.breaker import FAILURES
from penstock.testing import LocalServer


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


def broken(server: LocalServer, name: str, hook: Webhook) -> tuple[str, str]:
    """Returns topic and subscription after the hook has failed for many messages."""
    topic = make_topic(server, name)
    policy = json.dumps({"healthyRetryPolicy": {"numRetries": 100, "minDelayTarget": 1, "maxDelayTarget": 1}})
    arn = subscribe(server, topic, "http", hook.url, DeliveryPolicy=policy)
    with urlopen(hook.next_json()["SubscribeURL"]):
        pass
    server.settle()
    hook.answers = [500] * 10_000
    for number in range(FAILURES):
        server.client("sns").publish(TopicArn=topic, Message=str(number))
    server.settle()
    while not standing(server, arn)[
        "next_probe"
    ]:  # a slow machine spreads the first tries over more than a minute
        server.advance(1)
        server.settle()
    for _ in range(hook.waiting):
        hook.next()
    return topic, arn


def standing(server: LocalServer, arn: str) -> dict[str, Any]:
    (found,) = [one for one in ask(server, "GET", "/_penstock/targets")[1]["targets"] if one["arn"] == arn]
    return dict(found)


def test_a_webhook_that_keeps_failing_is_asked_now_and_then_and_then_gets_everything(
    server: LocalServer, hook: Webhook
) -> None:
    _, arn = broken(server, "broken", hook)
    assert standing(server, arn)["waiting"] == FAILURES
    assert "answered with status 500" in standing(server, arn)["error"]
    assert f"delivery to {arn}" in ask(server, "GET", "/_penstock/health")[1]["problems"]
    hook.answers = []
    server.advance(600)
    server.settle()
    got = set[str]()
    while len(got) < FAILURES:  # one of them may have been asked in vain since
        got.add(hook.next_json()["Message"])
    assert got == {str(number) for number in range(FAILURES)}
    server.settle()
    assert f"delivery to {arn}" not in ask(server, "GET", "/_penstock/health")[1]["problems"]


def test_the_command_line_shows_which_destinations_fail(server: LocalServer, hook: Webhook) -> None:
    _, arn = broken(server, "shown", hook)
    where = urlsplit(server.endpoint)
    options = ("--host", str(where.hostname), "--port", str(where.port), "--accounts", server.accounts)
    lines = CliRunner().invoke(cli, ["targets", *options]).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith(arn)]
    for part in (f"{FAILURES} waiting", "failing since", "breaker open", "next probe", "status 500"):
        assert part in line
    found = [
        json.loads(line)
        for line in CliRunner().invoke(cli, ["targets", "--json", *options]).stdout.splitlines()
    ]
    assert arn in {entry["arn"] for entry in found}
    with urlopen(f"{server.endpoint}/_penstock/metrics") as answer:
        assert "\npenstock_breakers_open 1\n" in answer.read().decode()


def test_only_root_may_see_what_waits(server: LocalServer) -> None:
    assert ask(server, "GET", "/_penstock/targets/x")[0] == 404
