"""A store that refuses for a moment ends no work in the background."""

import json
from collections.abc import Callable, Iterator

import pytest
from tests.kit.buses import Inbox, bus_arn, put_event, put_rule
from tests.kit.functions import client, make_queue, receive
from tests.kit.refusing import Refusing
from tests.kit.schedules import put_schedule, scheduler_role

from penstock.testing import LocalServer

Begin = Callable[[LocalServer], str]


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """A server for each test, because each moves its time."""
    with LocalServer() as running:
        yield running


def scheduled(server: LocalServer) -> str:
    """Begins something; returns the URL of a queue in which one message tells that it was done. So do the others."""
    inbox = Inbox(server, "scheduled")
    client(server, "events").put_rule(Name="scheduled", ScheduleExpression="rate(1 day)")
    client(server, "events").put_targets(Rule="scheduled", Targets=[{"Id": "t", "Arn": inbox.arn}])
    server.advance(86_401)
    return inbox.url


def fired(server: LocalServer) -> str:
    url, arn = make_queue(server, "fired")
    role = scheduler_role(server, "r", "sqs:SendMessage")
    put_schedule(server, "fired", "rate(1 day)", {"Arn": arn, "RoleArn": role, "Input": "x"})
    return url


def replayed(server: LocalServer) -> str:
    events, inbox = client(server, "events"), Inbox(server, "replayed")
    events.create_archive(ArchiveName="a", EventSourceArn=bus_arn())
    put_rule(server, "s", {"Arn": inbox.arn})
    put_event(server, "s", Time="2026-01-01T00:00:00Z")
    assert len(inbox.messages()) == 1
    events.start_replay(
        ReplayName="r",
        EventSourceArn=bus_arn().replace("event-bus/default", "archive/a"),
        EventStartTime="2026-01-01T00:00:00Z",
        EventEndTime="2026-01-02T00:00:00Z",
        Destination={"Arn": bus_arn()},
    )
    return inbox.url


def moved(server: LocalServer) -> str:
    dead, dead_arn = make_queue(server, "dead")
    source, source_arn = make_queue(server, "source")
    redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}
    client(server, "sqs").set_queue_attributes(
        QueueUrl=source, Attributes={"RedrivePolicy": json.dumps(redrive)}
    )
    client(server, "sqs").send_message(QueueUrl=dead, MessageBody="x")
    client(server, "sqs").start_message_move_task(SourceArn=dead_arn, DestinationArn=source_arn)
    return source


@pytest.mark.parametrize(
    ("begin", "named"),
    [
        (scheduled, "events.scheduler.ScheduledRules.find_due"),
        (scheduled, "events.scheduler.ScheduledRules.do"),
        (scheduled, "events.scheduler.ScheduledRules.next_due"),
        (fired, "scheduler.due.DueSchedules.find_due"),
        (fired, "scheduler.due.DueSchedules.do"),
        (replayed, "events.replays.replayer._active"),
        (replayed, "events.replays.replayer._step"),
        (moved, "sqs.moves.mover.move_step"),
    ],
)
def test_what_a_store_refused_for_a_moment_is_done_once(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, begin: Begin, named: str
) -> None:
    refusing = Refusing(server, named, times=1)
    with monkeypatch.context() as patch:
        patch.setattr(server.app.store, "read", refusing.read)
        patch.setattr(server.app.store, "write", refusing.write)
        url = begin(server)
        # Nobody settles: what was refused has to come to it by itself.
        told: list[object] = []
        while not told:
            found = client(server, "sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)
            told += found.get("Messages", [])
        server.wait(refusing.over(server))

    server.settle()
    assert len([*told, *receive(server, url)]) == 1
