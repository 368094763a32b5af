"""Scheduled rules. The clock is moved."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.kit.buses import REGION, Inbox, make_listener, put_event, rule_arn
from tests.kit.functions import client, receive
from tests.kit.policies import ACCOUNT

from penstock.delivery import lanes
from penstock.schedules import Ticker
from penstock.testing import LocalServer


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """A server for each test, because each moves its time, which stands still else."""
    with LocalServer() as running:
        running.clock.freeze()
        yield running


def schedule(server: LocalServer, name: str, expression: str, arn: str, **target: Any) -> None:
    events = client(server, "events")
    events.put_rule(Name=name, ScheduleExpression=expression)
    events.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": arn, **target}])


def pass_time(server: LocalServer, seconds: float) -> None:
    server.advance(seconds)
    server.settle()


def test_a_rule_sends_an_event_whenever_it_is_due(server: LocalServer) -> None:
    inbox = Inbox(server, "due")
    schedule(server, "due", "rate(5 minutes)", inbox.arn)
    pass_time(server, 290)
    assert inbox.bodies() == []
    pass_time(server, 20)
    (event,) = inbox.bodies()
    assert event | {"id": "", "time": ""} == {
        "version": "0",
        "id": "",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "",
        "region": REGION,
        "resources": [rule_arn("due")],
        "detail": {},
    }
    pass_time(server, 3000)
    times = sorted(datetime.fromisoformat(event["time"]) for event in inbox.bodies())
    assert len(times) == 10
    assert {(later - earlier).total_seconds() for earlier, later in pairwise(times)} == {300}


def test_a_cron_rule_is_due_at_times_of_the_calendar(server: LocalServer) -> None:
    inbox = Inbox(server, "daily")
    schedule(server, "daily", "cron(0 10 * * ? *)", inbox.arn, Input='"wake up"')
    pass_time(server, 3 * 86_400)
    assert inbox.bodies() == ["wake up"] * 3


def test_a_disabled_rule_sends_nothing_and_an_enabled_one_begins_anew(server: LocalServer) -> None:
    events, inbox = client(server, "events"), Inbox(server, "paused")
    schedule(server, "paused", "rate(1 hour)", inbox.arn)
    assert events.describe_rule(Name="paused")["ScheduleExpression"] == "rate(1 hour)"
    events.disable_rule(Name="paused")
    pass_time(server, 7200)
    events.enable_rule(Name="paused")
    pass_time(server, 3500)
    assert inbox.bodies() == []
    pass_time(server, 200)
    assert len(inbox.bodies()) == 1
    events.put_rule(Name="paused", EventPattern='{"source":["paused"]}')
    pass_time(server, 7200)
    assert inbox.bodies() == []


def test_a_rule_with_a_pattern_too_takes_events_and_its_schedule(server: LocalServer) -> None:
    inbox = Inbox(server, "both")
    events = client(server, "events")
    events.put_rule(
        Name="both", ScheduleExpression="rate(1 day)", EventPattern='{"source":["both","aws.events"]}'
    )
    events.put_targets(Rule="both", Targets=[{"Id": "t", "Arn": inbox.arn}])
    put_event(server, "both")
    pass_time(server, 86_401)
    assert sorted(body["source"] for body in inbox.bodies()) == ["aws.events", "both"]


def test_a_missing_target_gets_the_event_when_it_is_there(server: LocalServer) -> None:
    missing = f"arn:aws:sqs:{REGION}:{ACCOUNT}:later"
    schedule(server, "later", "rate(1 day)", missing)
    pass_time(server, 86_401)
    inbox = Inbox(server, "later")
    pass_time(server, 600)
    assert len(inbox.bodies()) == 1


async def never(self: Ticker) -> None:
    await asyncio.Event().wait()


def test_what_was_due_while_no_server_ran_is_made_up_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Ticker, "run", never)
        with LocalServer(data=tmp_path) as server:
            schedule(server, "kept", "rate(1 hour)", Inbox(server, "kept").arn)
            server.advance(86_400)
    with LocalServer(data=tmp_path) as server:
        sqs = server.client("sqs")
        url = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
        server.settle()
        assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 1


def test_a_rule_whose_event_has_no_room_holds_up_no_other(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(server, "other")
    schedule(server, "first", "rate(1 hour)", make_listener(server, "first"))
    schedule(server, "other", "rate(1 hour)", inbox.arn)
    with monkeypatch.context() as patch:
        patch.setattr(lanes, "MAX_BACKLOG", 0)

        pass_time(server, 7230)

        assert len(inbox.bodies()) == 2
        assert server.app.health()["state"] == "ready"


def test_a_rule_whose_event_has_no_room_keeps_no_server_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Ticker, "run", never)
        with LocalServer(data=tmp_path) as server:
            schedule(server, "both", "rate(1 hour)", make_listener(server, "listener"))
            target = {"Id": "queue", "Arn": Inbox(server, "both").arn}
            client(server, "events").put_targets(Rule="both", Targets=[target])
            server.advance(86_400)
    with monkeypatch.context() as patch:
        patch.setattr(lanes, "MAX_BACKLOG", 0)
        with LocalServer(data=tmp_path) as server:
            assert told(server, "both") == 0
    with LocalServer(data=tmp_path) as server:
        server.settle()
        assert told(server, "both") == 1, "one for all that were due while no server ran"


def told(server: LocalServer, queue: str) -> int:
    url = server.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return len(receive(server, url))
