"""Archives of buses, and replays of what is in them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import REGION, Inbox, bus_arn, make_listener, put_event, put_rule, rule_arn
from tests.kit.policies import ACCOUNT

from penstock.delivery import lanes
from penstock.services.events.replays.replayer import Replayer
from penstock.testing import LocalServer

START, END = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


@pytest.fixture(scope="module")
def events(server: LocalServer) -> Any:
    return server.client("events")


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def archive_arn(name: str) -> str:
    return f"arn:aws:events:{REGION}:{ACCOUNT}:archive/{name}"


def replay(events: Any, name: str, archive: str, bus: str, *rules: str, **times: str) -> dict[str, Any]:
    destination = {"Arn": bus_arn(bus), **({"FilterArns": list(rules)} if rules else {})}
    answer: dict[str, Any] = events.start_replay(
        ReplayName=name,
        EventSourceArn=archive_arn(archive),
        EventStartTime=times.get("start", START),
        EventEndTime=times.get("end", END),
        Destination=destination,
    )
    return answer


def make_bus(server: LocalServer, name: str, *rules: str) -> list[Inbox]:
    """Returns the inboxes of new rules on a new bus, which take everything."""
    server.client("events").create_event_bus(Name=name)
    inboxes = [Inbox(server, f"{name}-{rule}") for rule in rules]
    for rule, inbox in zip(rules, inboxes, strict=True):
        put_rule(server, rule, {"Arn": inbox.arn}, pattern={"account": [ACCOUNT]}, EventBusName=name)
    return inboxes


def test_an_archive_keeps_what_matches_and_comes_back_as_it_was_made(
    server: LocalServer, events: Any
) -> None:
    make_bus(server, "kept")
    pattern = json.dumps({"source": ["kept"]})
    made = events.create_archive(
        ArchiveName="kept",
        EventSourceArn=bus_arn("kept"),
        Description="d",
        EventPattern=pattern,
        RetentionDays=3,
    )
    assert (made["ArchiveArn"], made["State"]) == (archive_arn("kept"), "ENABLED")
    put_event(server, "kept", EventBusName="kept")
    put_event(server, "not-kept", EventBusName="kept")
    found = events.describe_archive(ArchiveName="kept")
    assert found["EventCount"] == 1 and found["SizeBytes"] > 100
    assert (found["Description"], found["EventPattern"], found["RetentionDays"]) == ("d", pattern, 3)
    events.update_archive(ArchiveName="kept", RetentionDays=0)
    found = events.describe_archive(ArchiveName="kept")
    assert (found["RetentionDays"], found["EventPattern"]) == (0, pattern)
    with refused("ResourceAlreadyExistsException", "Archive kept already exists."):
        events.create_archive(ArchiveName="kept", EventSourceArn=bus_arn("kept"))
    events.delete_archive(ArchiveName="kept")
    with refused("ResourceNotFoundException", "Archive kept does not exist."):
        events.describe_archive(ArchiveName="kept")
    put_event(server, "kept", EventBusName="kept")


def test_a_replay_puts_the_events_of_a_time_on_the_bus_again(server: LocalServer, events: Any) -> None:
    (inbox,) = make_bus(server, "again", "all")
    events.create_archive(ArchiveName="again", EventSourceArn=bus_arn("again"))
    times = ("2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T23:59:59Z", "2026-01-02T00:00:00Z")
    ids = [put_event(server, "s", {"t": t}, EventBusName="again", Time=t) for t in times]
    assert len(inbox.messages()) == 4
    started = replay(events, "again", "again", "again")
    assert started["State"] == "STARTING"
    server.settle()
    bodies = inbox.bodies()
    assert {body["id"] for body in bodies} == set(ids[1:3])
    assert {body["replay-name"] for body in bodies} == {"again"}
    found = events.describe_replay(ReplayName="again")
    assert found["State"] == "COMPLETED" and found["ReplayEndTime"] >= found["ReplayStartTime"]
    assert found["EventLastReplayedTime"].isoformat() == "2026-01-01T23:59:59+00:00"
    assert events.describe_archive(ArchiveName="again")["EventCount"] == 4  # replays are not archived
    with refused("ResourceAlreadyExistsException", "Replay again already exists."):
        replay(events, "again", "again", "again")
    with refused("IllegalStatusException", "Replay again is not in a valid state for this operation."):
        events.cancel_replay(ReplayName="again")


def test_a_replay_reaches_the_rules_that_are_chosen(server: LocalServer, events: Any) -> None:
    one, two = make_bus(server, "chosen", "one", "two")
    events.create_archive(ArchiveName="chosen", EventSourceArn=bus_arn("chosen"))
    put_event(server, "s", EventBusName="chosen", Time=START)
    assert (len(one.messages()), len(two.messages())) == (1, 1)
    replay(events, "chosen", "chosen", "chosen", rule_arn("one", "chosen"))
    server.settle()
    assert (len(one.messages()), len(two.messages())) == (1, 0)
    shown = events.describe_replay(ReplayName="chosen")["Destination"]
    assert shown == {"Arn": bus_arn("chosen"), "FilterArns": [rule_arn("one", "chosen")]}


def test_more_events_than_one_step_takes_are_replayed_in_the_order_of_their_times(
    server: LocalServer, events: Any
) -> None:
    (inbox,) = make_bus(server, "many", "all")
    events.create_archive(ArchiveName="many", EventSourceArn=bus_arn("many"))
    entry = {"Source": "s", "DetailType": "t", "EventBusName": "many"}
    for batch in range(5):
        entries = [
            entry | {"Detail": json.dumps({"n": n}), "Time": f"2026-01-01T00:00:{59 - n:02}Z"}
            for n in range(batch * 10, batch * 10 + 10)
        ]
        assert events.put_events(Entries=entries)["FailedEntryCount"] == 0
    assert len(inbox.messages()) == 50
    replay(events, "many", "many", "many")
    server.settle()
    assert sorted(body["detail"]["n"] for body in inbox.bodies()) == list(range(50))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"EventEndTime": START}, "EventStartTime must be before EventEndTime."),
        ({"Destination": {"Arn": bus_arn("default")}}, "Cross event bus replay is not permitted."),
        ({"Destination": {"Arn": "arn:x"}}, "Must contain an event bus ARN."),
        ({"EventSourceArn": bus_arn("strict")}, "Must contain an archive ARN."),
        (
            {"Destination": {"Arn": bus_arn("strict"), "FilterArns": [rule_arn("r")]}},
            "is not a rule of the event bus",
        ),
    ],
)
def test_what_a_replay_may_not_be_is_refused(
    server: LocalServer, events: Any, change: dict[str, Any], reason: str
) -> None:
    try:
        events.describe_archive(ArchiveName="strict")
    except ClientError:
        make_bus(server, "strict")
        events.create_archive(ArchiveName="strict", EventSourceArn=bus_arn("strict"))
    params = {
        "ReplayName": "strict",
        "EventSourceArn": archive_arn("strict"),
        "EventStartTime": START,
        "EventEndTime": END,
        "Destination": {"Arn": bus_arn("strict")},
    }
    with refused("ValidationException", reason):
        events.start_replay(**{**params, **change})


def test_what_an_archive_may_not_be_is_refused(events: Any) -> None:
    with refused("ResourceNotFoundException", "Event bus none does not exist."):
        events.create_archive(ArchiveName="x", EventSourceArn=bus_arn("none"))
    with refused("ResourceNotFoundException", "Event bus default does not exist."):
        events.create_archive(ArchiveName="x", EventSourceArn=bus_arn(account="111122223333"))
    with refused("InvalidEventPatternException"):
        events.create_archive(ArchiveName="x", EventSourceArn=bus_arn(), EventPattern="{}")
    with refused("ResourceNotFoundException", "Archive none does not exist."):
        replay(events, "x", "none", "default")
    with refused("ResourceNotFoundException", "Replay none does not exist."):
        events.describe_replay(ReplayName="none")


def test_archives_and_replays_are_listed_in_pages(server: LocalServer, events: Any) -> None:
    make_bus(server, "listed")
    for name in ("l1", "l2"):
        events.create_archive(ArchiveName=name, EventSourceArn=bus_arn("listed"))
        replay(events, name, name, "listed")
    server.settle()
    first = events.list_archives(NamePrefix="l", Limit=1)
    rest = events.list_archives(NamePrefix="l", NextToken=first["NextToken"])
    assert [a["ArchiveName"] for a in first["Archives"] + rest["Archives"]] == ["l1", "l2"]
    found = events.list_archives(EventSourceArn=bus_arn("listed"))["Archives"]
    assert [a["ArchiveName"] for a in found] == ["l1", "l2"]
    assert [r["State"] for r in events.list_replays(NamePrefix="l")["Replays"]] == ["COMPLETED"] * 2
    assert [r["ReplayName"] for r in events.list_replays(EventSourceArn=archive_arn("l2"))["Replays"]] == [
        "l2"
    ]
    with refused("ValidationException", "At most one filter is allowed for ListReplays."):
        events.list_replays(NamePrefix="l", State="RUNNING")


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server has an archive of three events and a replay that has not begun."""
    with LocalServer(data=tmp_path) as server:
        (inbox,) = make_bus(server, "stopped", "all")
        events = server.client("events")
        events.create_archive(ArchiveName="stopped", EventSourceArn=bus_arn("stopped"))
        for _ in range(3):
            put_event(server, "s", EventBusName="stopped", Time=START)
        assert len(inbox.messages()) == 3
        for state in [service.state for service in server.app.services if service.name == "events"]:
            state.replay_woken.set = lambda: None
        replay(events, "stopped", "stopped", "stopped")
    yield tmp_path


def test_a_replay_goes_on_when_the_server_starts_again(still: Path) -> None:
    with LocalServer(data=still) as server:
        server.settle()
        url = server.client("sqs").get_queue_url(QueueName="stopped-all")["QueueUrl"]
        found = server.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert len(found) == 3
        assert server.client("events").describe_replay(ReplayName="stopped")["State"] == "COMPLETED"


def test_a_cancelled_replay_replays_nothing_more(still: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def rests(self: Replayer) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(Replayer, "_round", rests)
        with LocalServer(data=still) as server:
            assert server.client("events").cancel_replay(ReplayName="stopped")["State"] == "CANCELLING"
    with LocalServer(data=still) as server:
        server.settle()
        found = server.client("events").describe_replay(ReplayName="stopped")
        assert found["State"] == "CANCELLED" and "EventLastReplayedTime" not in found


def test_events_past_the_retention_are_gone() -> None:
    with LocalServer() as server:
        events = server.client("events")
        events.create_archive(ArchiveName="old", EventSourceArn=bus_arn(), RetentionDays=1)
        put_event(server, "s")
        server.advance(86_400 + 1)
        put_event(server, "s")
        (service,) = [service for service in server.app.services if service.name == "events"]
        server.wait(service.state.sweeper.sweep())
        assert events.describe_archive(ArchiveName="old")["EventCount"] == 1
        events.delete_archive(ArchiveName="old")
        server.wait(service.state.sweeper.sweep())


def test_a_replay_whose_events_have_no_room_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalServer() as server:
        events = server.client("events")
        inboxes = {}
        for name in ("first", "other"):
            (inboxes[name],) = make_bus(server, name, "all")
            events.create_archive(ArchiveName=name, EventSourceArn=bus_arn(name))
            put_event(server, "s", EventBusName=name, Time=START)
        target = {"Arn": make_listener(server, "listener")}
        put_rule(server, "listener", target, EventBusName="first", pattern={"source": ["s"]})
        for inbox in inboxes.values():
            inbox.messages()
        monkeypatch.setattr(lanes, "MAX_BACKLOG", 0)
        for name in inboxes:
            replay(events, name, name, name)
        server.settle()

        states = {name: events.describe_replay(ReplayName=name)["State"] for name in inboxes}
        assert states == {"first": "STARTING", "other": "COMPLETED"}
        assert [len(inbox.messages()) for inbox in inboxes.values()] == [0, 1]
