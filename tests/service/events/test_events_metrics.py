"""CloudWatch is told of each rule what it matched, and how the tries of its targets went."""

from collections.abc import Iterator

import pytest
from tests.kit.buses import Inbox, put_rule
from tests.kit.functions import client
from tests.kit.measured import by_name, still_server, sums, taken

from penstock.testing import LocalServer

EVENTS = "AWS/Events"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as server:
        yield server


def put(server: LocalServer, source: str, bus: str = "default") -> None:
    entry = {"Source": source, "DetailType": "t", "Detail": "{}", "EventBusName": bus}
    client(server, "events").put_events(Entries=[entry])


def test_an_event_counts_for_each_rule_and_once_for_all(server: LocalServer) -> None:
    inbox = Inbox(server, "inbox")
    put_rule(server, "a", {"Id": "1", "Arn": inbox.arn}, pattern={"source": ["s"]})
    put_rule(server, "b", {"Id": "1", "Arn": inbox.arn}, pattern={"source": ["s"]})
    put(server, "s")
    put(server, "nobody")
    measured = taken(server)
    expected = {
        "InvocationAttempts": 1,
        "Invocations": 1,
        "MatchedEvents": 1,
        "SuccessfulInvocationAttempts": 1,
        "TriggeredRules": 1,
    }
    assert sums(measured, EVENTS, RuleName="a") == expected
    assert sums(measured, EVENTS, RuleName="b") == expected
    twice = dict.fromkeys(expected, 2)
    assert sums(measured, EVENTS) == {**twice, "MatchedEvents": 1}
    latency = by_name(measured, EVENTS, RuleName="a")["IngestionToInvocationStartLatency"]
    assert (latency.count, latency.sum) == (1, 0)


def test_a_rule_of_another_bus_is_named_with_its_bus(server: LocalServer) -> None:
    client(server, "events").create_event_bus(Name="orders")
    inbox = Inbox(server, "inbox")
    put_rule(server, "r", {"Id": "1", "Arn": inbox.arn}, EventBusName="orders", pattern={"source": ["s"]})
    put(server, "s", "orders")
    assert sums(taken(server), EVENTS, EventBusName="orders", RuleName="r")["Invocations"] == 1


def test_a_target_that_is_missing_has_failed_and_its_dead_letter_is_counted(server: LocalServer) -> None:
    dead = Inbox(server, "dead")
    gone = dead.arn.replace("dead", "gone")
    target = {"Id": "1", "Arn": gone, "DeadLetterConfig": {"Arn": dead.arn}}
    put_rule(server, "with", target, pattern={"source": ["s"]})
    put_rule(server, "without", {"Id": "1", "Arn": gone}, pattern={"source": ["s"]})
    put(server, "s")
    measured = taken(server)
    failed = {
        "FailedInvocations": 1,
        "InvocationAttempts": 1,
        "Invocations": 1,
        "MatchedEvents": 1,
        "TriggeredRules": 1,
    }
    assert sums(measured, EVENTS, RuleName="without") == failed
    assert sums(measured, EVENTS, RuleName="with") == {**failed, "InvocationsSentToDlq": 1}


def test_a_target_that_is_mended_takes_the_event_at_a_later_try(server: LocalServer) -> None:
    inbox = Inbox(server, "inbox")
    target = {"Id": "1", "Arn": inbox.arn.replace("inbox", "late")}
    put_rule(server, "r", target, pattern={"source": ["s"]})
    put(server, "s")
    taken(server)
    Inbox(server, "late")
    server.advance(60)
    server.settle()
    measured = taken(server)
    assert sums(measured, EVENTS, RuleName="r") == {
        "IngestionToInvocationSuccessLatency": 60_000,
        "InvocationAttempts": 1,
        "Invocations": 1,
        "RetryInvocationAttempts": 1,
        "SuccessfulInvocationAttempts": 1,
    }
