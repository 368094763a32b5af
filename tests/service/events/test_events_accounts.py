"""Buses of other accounts and regions of the same server, and what strangers may do with a bus."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import TRUST, Inbox, bus_arn, put_event, put_rule, rule_arn
from tests.kit.functions import client, make_role
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, SECRET

OTHER = "111122223333"
THEIR_KEY = "AKIAPENSTOCKTESTING2"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = f"{ACCOUNT}:{ACCESS_KEY_ID}:{SECRET},{OTHER}:{THEIR_KEY}:{SECRET}"
    with LocalServer(accounts=accounts) as running:
        yield running


@pytest.fixture(scope="module")
def theirs(server: LocalServer) -> Any:
    return of(server, "events")


def of(server: LocalServer, service: str, **options: Any) -> Any:
    return server.client(service, aws_access_key_id=THEIR_KEY, aws_secret_access_key=SECRET, **options)


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def entry(bus: str) -> dict[str, Any]:
    return {"Source": "stranger", "DetailType": "test", "Detail": "{}", "EventBusName": bus}


def test_a_stranger_puts_events_only_where_a_policy_lets_it(server: LocalServer, theirs: Any) -> None:
    events = client(server, "events")
    events.create_event_bus(Name="guarded")
    inbox = Inbox(server, "guarded")
    put_rule(server, "guarded", {"Arn": inbox.arn}, pattern={"account": [OTHER]}, EventBusName="guarded")
    answer = theirs.put_events(Entries=[entry(bus_arn("guarded"))])
    assert (answer["FailedEntryCount"], answer["Entries"][0]["ErrorCode"]) == (1, "AccessDeniedException")
    events.put_permission(
        EventBusName="guarded", Action="events:PutEvents", Principal=OTHER, StatementId="other"
    )
    assert theirs.put_events(Entries=[entry(bus_arn("guarded"))])["FailedEntryCount"] == 0
    assert [body["account"] for body in inbox.bodies()] == [OTHER]


def test_a_policy_may_ask_for_the_source_of_events(server: LocalServer, theirs: Any) -> None:
    events = client(server, "events")
    events.create_event_bus(Name="sourced")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": "events:PutEvents",
        "Resource": bus_arn("sourced"),
        "Condition": {"StringEquals": {"events:source": "friend"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    events.put_permission(EventBusName="sourced", Policy=policy)
    answer = theirs.put_events(
        Entries=[entry(bus_arn("sourced")), entry(bus_arn("sourced")) | {"Source": "friend"}]
    )
    assert ["ErrorCode" in result for result in answer["Entries"]] == [True, False]


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("describe_event_bus", {"Name": bus_arn()}),
        ("list_rules", {"EventBusName": bus_arn()}),
        ("list_rule_names_by_target", {"EventBusName": bus_arn(), "TargetArn": "arn:x"}),
        ("put_rule", {"Name": "r", "EventBusName": bus_arn(), "EventPattern": '{"source":["a"]}'}),
        ("describe_rule", {"Name": "r", "EventBusName": bus_arn()}),
        ("delete_rule", {"Name": "r", "EventBusName": bus_arn()}),
        ("list_targets_by_rule", {"Rule": "r", "EventBusName": bus_arn()}),
        ("tag_resource", {"ResourceARN": bus_arn(), "Tags": []}),
        ("list_tags_for_resource", {"ResourceARN": rule_arn("r")}),
    ],
)
def test_a_stranger_reads_and_changes_nothing(theirs: Any, operation: str, params: dict[str, Any]) -> None:
    with refused("AccessDeniedException"):
        getattr(theirs, operation)(**params)


def test_a_rule_sends_to_the_bus_of_another_account_that_lets_it(server: LocalServer, theirs: Any) -> None:
    inbox = Inbox(server, "abroad")
    put_rule(server, "abroad", {"Arn": inbox.arn})
    theirs.put_rule(Name="abroad", EventPattern='{"source":["abroad"]}')
    theirs.put_targets(Rule="abroad", Targets=[{"Id": "t", "Arn": bus_arn()}])
    theirs.put_events(Entries=[entry("default") | {"Source": "abroad"}])
    assert inbox.bodies() == []
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "events:PutEvents",
        "Resource": bus_arn(),
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:us-east-1:{OTHER}:rule/abroad"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(server, "events").put_permission(Policy=policy)
    theirs.put_events(Entries=[entry("default") | {"Source": "abroad"}])
    (body,) = inbox.bodies()
    assert body["account"] == OTHER  # the sender's, not the receiver's
    server.advance(2)
    server.settle()
    assert len(inbox.bodies()) == 1  # the one that had been refused
    client(server, "events").remove_permission(RemoveAllPermissions=True)


def test_a_rule_sends_to_a_bus_in_another_region(server: LocalServer) -> None:
    west = server.client("events", region_name="us-west-2")
    queue = server.client("sqs", region_name="us-west-2")
    url = queue.create_queue(QueueName="west")["QueueUrl"]
    role = make_role(server, "goes-west", "events:PutEvents", "sqs:SendMessage", trust=TRUST)
    west.put_rule(Name="west", EventPattern='{"source":["west"]}')
    target = {"Id": "t", "Arn": f"arn:aws:sqs:us-west-2:{ACCOUNT}:west", "RoleArn": role}
    west.put_targets(Rule="west", Targets=[target])
    put_rule(server, "west", {"Arn": bus_arn(region="us-west-2"), "RoleArn": role})
    put_event(server, "west")
    (message,) = queue.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"])["region"] == "us-east-1"


def test_buses_and_rules_of_accounts_and_regions_do_not_meet(server: LocalServer, theirs: Any) -> None:
    client(server, "events").create_event_bus(Name="same")
    theirs.create_event_bus(Name="same")
    server.client("events", region_name="us-west-2").create_event_bus(Name="same")
    found = theirs.list_event_buses(NamePrefix="same")["EventBuses"]
    assert [bus["Arn"] for bus in found] == [bus_arn("same", OTHER)]


def test_a_stranger_does_nothing_with_a_custom_bus(server: LocalServer) -> None:
    mine, strange = client(server, "eventbridgev2"), of(server, "eventbridgev2")
    bus = mine.create_event_bus(Name="mine")["EventBusArn"]
    server.advance(1)
    role = f"arn:aws:iam::{OTHER}:role/r"
    queue = f"arn:aws:sqs:us-east-1:{OTHER}:q"
    raw = {"Data": b"{}", "SystemMetadata": {"ContentType": "application/json"}}
    calls: list[tuple[Any, dict[str, Any]]] = [
        (strange.describe_event_bus, {"EventBusArn": bus}),
        (strange.delete_event_bus, {"EventBusArn": bus}),
        (strange.tag_resource, {"ResourceArn": bus, "Tags": {"a": "b"}}),
        (strange.put_raw_events, {"EventBusArn": bus, "Entries": [raw]}),
        (
            strange.create_subscriber,
            {
                "Name": "s",
                "EventBusArn": bus,
                "InvokeConfiguration": {"RoleArn": role, "TargetArn": queue},
            },
        ),
    ]
    for call, params in calls:
        with refused("AccessDeniedException"):
            call(**params)
    assert strange.list_event_buses()["EventBuses"] == []
    assert strange.list_event_buses(EventBusAccountId=ACCOUNT)["EventBuses"] == []
    assert strange.list_subscribers()["Subscribers"] == []
