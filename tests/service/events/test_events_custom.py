"""Custom event buses (``eventbridgev2``): what they keep reaches each subscriber, from where it stands, in order."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import TRUST
from tests.kit.functions import client, make_function, make_queue, make_role, receive
from tests.kit.policies import ACCOUNT
from tests.kit.roles import clients_of

from penstock.testing import LocalServer

FIFO = {"MessageGroupId": "{% $events.SystemMetadata.EventGroupId %}"}
BY_ID = {**FIFO, "MessageDeduplicationId": '{% $events.SystemMetadata."aws:EventId" %}'}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server whose time stands still unless a test moves it."""
    with LocalServer() as running:
        running.clock.freeze()
        yield running


@pytest.fixture(scope="module")
def custom(server: LocalServer) -> Any:
    return server.client("eventbridgev2")


@pytest.fixture(scope="module")
def role(server: LocalServer) -> str:
    may = ("sqs:SendMessage", "sns:Publish", "lambda:InvokeFunction")
    return make_role(server, "custom-delivery", *may, trust=TRUST)


def make_bus(server: LocalServer, name: str, **settings: Any) -> str:
    made = client(server, "eventbridgev2").create_event_bus(Name=name, **settings)
    assert made["State"] == "CREATING"
    server.advance(1)
    arn: str = made["EventBusArn"]
    return arn


def subscribe(server: LocalServer, bus: str, name: str, target: str, role: str, **settings: Any) -> str:
    invoke = {"TargetArn": target, "RoleArn": role, **settings.pop("invoke", {})}
    made = client(server, "eventbridgev2").create_subscriber(
        Name=name, EventBusArn=bus, InvokeConfiguration=invoke, **settings
    )
    arn: str = made["SubscriberArn"]
    return arn


def put(server: LocalServer, bus: str, *data: Any, **system: str) -> list[dict[str, Any]]:
    entries = [
        {"Data": json.dumps(one).encode(), "SystemMetadata": {"ContentType": "application/json", **system}}
        for one in data
    ]
    answer = client(server, "eventbridgev2").put_raw_events(EventBusArn=bus, Entries=entries)
    assert answer["FailedEntryCount"] == 0, answer
    found: list[dict[str, Any]] = answer["Entries"]
    return found


def bodies(server: LocalServer, url: str) -> list[Any]:
    server.settle()
    return [json.loads(message["Body"]) for message in receive(server, url)]


def refused(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return str(raised.value.response["Error"]["Code"])


def test_a_bus_is_made_changed_listed_and_deleted(server: LocalServer, custom: Any) -> None:
    made = custom.create_event_bus(Name="life", Description="d", Tags={"team": "a"}, ClientToken="once")
    arn = made["EventBusArn"]
    assert made["StorageConfiguration"]["RetentionPeriodInDays"] == 1
    assert (
        custom.create_event_bus(Name="life", Description="d", Tags={"team": "a"}, ClientToken="once")[
            "EventBusArn"
        ]
        == arn
    )
    assert (
        refused(custom.create_event_bus, Name="life", ClientToken="once")
        == "IdempotentParameterMismatchException"
    )
    assert refused(custom.create_event_bus, Name="life") == "ResourceAlreadyExistsException"
    entry = {"Source": "s", "DetailType": "t"}
    assert refused(custom.put_events, EventBusArn=arn, Entries=[entry]) == "InvalidStateException"
    server.advance(1)
    assert custom.describe_event_bus(EventBusArn=arn)["State"] == "ACTIVE"
    changed = custom.update_event_bus(EventBusArn=arn, StorageConfiguration={"RetentionPeriodInDays": 30})
    assert (changed["State"], changed["Description"]) == ("UPDATING", "d")
    custom.tag_resource(ResourceArn=arn, Tags={"team": "b", "x": "y"})
    custom.untag_resource(ResourceArn=arn, TagKeys=["x"])
    assert custom.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "b"}
    for number in range(3):
        make_bus(server, f"page-{number}")
    pages = custom.get_paginator("list_event_buses").paginate(
        NamePrefix="page-", PaginationConfig={"PageSize": 2}
    )
    assert [bus["Name"] for page in pages for bus in page["EventBuses"]] == ["page-0", "page-1", "page-2"]
    custom.delete_event_bus(EventBusArn=arn)
    assert refused(custom.describe_event_bus, EventBusArn=arn) == "ResourceNotFoundException"
    again = custom.create_event_bus(Name="life")["EventBusArn"]
    assert again != arn


def test_events_reach_the_subscribers_whose_filters_let_them_pass(
    server: LocalServer, custom: Any, role: str
) -> None:
    bus = make_bus(server, "filters")
    (all_url, all_arn), (some_url, some_arn) = (
        make_queue(server, "custom-all"),
        make_queue(server, "custom-some"),
    )
    subscribe(server, bus, "all", all_arn, role, Transformer={"Type": "WITH_METADATA"})
    filters = [
        {"Scope": "DATA", "Pattern": json.dumps({"detail": {"total": [{"numeric": [">", 500]}]}})},
        {
            "Scope": "SYSTEM_METADATA",
            "Pattern": json.dumps({"ContentType": ["application/eventbridge+json"]}),
        },
    ]
    subscribe(server, bus, "some", some_arn, role, FilterConfiguration={"Filters": filters})
    entries = [
        {"Source": "shop", "DetailType": "order", "Detail": json.dumps({"total": total}), "Resources": ["r"]}
        for total in (100, 900)
    ]
    answer = custom.put_events(EventBusArn=bus, Entries=entries)
    assert [entry["SuccessCode"] for entry in answer["Entries"]] == ["PUBLISHED"] * 2
    put(server, bus, {"detail": {"total": 1000}})
    (found,) = bodies(server, some_url)
    assert (found["source"], found["detail"], found["resources"]) == ("shop", {"total": 900}, ["r"])
    assert found["id"] == answer["Entries"][1]["EventId"]
    everything = bodies(server, all_url)
    assert [set(one) for one in everything] == [{"Data", "Metadata", "SystemMetadata"}] * 3
    assert {one["SystemMetadata"]["aws:DeliveryType"] for one in everything} == {"LIVE"}
    assert refused(custom.delete_event_bus, EventBusArn=bus) == "ResourceInUseException"


def test_what_is_wrong_with_one_event_keeps_no_other_back(server: LocalServer, custom: Any) -> None:
    bus = make_bus(server, "partial")
    entries = [
        {"Source": "aws.s3", "DetailType": "t", "Detail": "{}"},
        {"Source": "s", "DetailType": "t", "Detail": "no json"},
        {"Source": "s", "DetailType": "t"},
    ]
    answer = custom.put_events(EventBusArn=bus, Entries=entries)
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        "NotAuthorizedForSourceException",
        "MalformedDetail",
        None,
    ]
    raw = {"Data": b"\xff{", "SystemMetadata": {"ContentType": "application/json"}}
    answer = custom.put_raw_events(EventBusArn=bus, Entries=[raw])
    assert answer["FailedEntryCount"] == 1
    raw["SystemMetadata"] = {"ContentType": "application/avro"}
    assert refused(custom.put_raw_events, EventBusArn=bus, Entries=[raw]) == "NotImplemented"


def test_a_subscriber_stands_where_it_was_stopped_or_at_the_end(
    server: LocalServer, custom: Any, role: str
) -> None:
    bus = make_bus(server, "paused")
    url, arn = make_queue(server, "custom-paused")
    subscriber = subscribe(server, bus, "paused", arn, role)
    put(server, bus, {"n": 1})
    assert bodies(server, url) == [{"n": 1}]
    assert custom.update_subscriber(SubscriberArn=subscriber, State="STOPPED")["State"] == "STOPPED"
    put(server, bus, {"n": 2}, {"n": 3})
    assert bodies(server, url) == []
    custom.update_subscriber(SubscriberArn=subscriber, State="RUNNING")
    assert sorted(one["n"] for one in bodies(server, url)) == [2, 3]
    custom.update_subscriber(SubscriberArn=subscriber, State="STOPPED")
    put(server, bus, {"n": 4})
    custom.update_subscriber(SubscriberArn=subscriber, State="RUNNING", ResumePosition="LATEST")
    put(server, bus, {"n": 5})
    assert bodies(server, url) == [{"n": 5}]


def test_what_a_bus_has_kept_is_read_from_the_horizon_or_a_time(
    server: LocalServer, custom: Any, role: str
) -> None:
    bus = make_bus(server, "history")
    put(server, bus, {"n": 1})
    server.advance(60)
    put(server, bus, {"n": 2})
    server.advance(60)
    put(server, bus, {"n": 3})
    now = datetime.fromtimestamp(server.app.clock.now_ms() / 1000, UTC)
    found = {}
    points = {
        "horizon": {"PointType": "HORIZON"},
        "since": {"PointType": "TIMESTAMP", "StartingPoint": now - timedelta(seconds=90)},
        "until": {"PointType": "HORIZON", "EndPoint": now - timedelta(seconds=90)},
    }
    for name, point in points.items():
        url, arn = make_queue(server, f"custom-{name}")
        made = subscribe(
            server, bus, name, arn, role, StartingPosition="POINT_IN_TIME", PointInTimeConfiguration=point
        )
        found[name] = sorted(one["n"] for one in bodies(server, url))
        told = custom.describe_subscriber(SubscriberArn=made)
        assert told["PointInTimeConfiguration"]["PointType"] == point["PointType"]
        assert told["State"] == ("STOPPED" if name == "until" else "RUNNING")
    assert found == {"horizon": [1, 2, 3], "since": [2, 3], "until": [1]}
    early = {"PointType": "TIMESTAMP", "StartingPoint": now - timedelta(days=3)}
    given = {"Name": "early", "EventBusArn": bus, "InvokeConfiguration": {"TargetArn": arn, "RoleArn": role}}
    assert (
        refused(
            custom.create_subscriber,
            **given,
            StartingPosition="POINT_IN_TIME",
            PointInTimeConfiguration=early,
        )
        == "InvalidInputException"
    )
    server.advance(86_401)
    url, arn = make_queue(server, "custom-late")
    horizon = {"PointType": "HORIZON"}
    subscribe(
        server, bus, "late", arn, role, StartingPosition="POINT_IN_TIME", PointInTimeConfiguration=horizon
    )
    assert bodies(server, url) == []


def test_duplicates_within_five_minutes_are_kept_once_for_each_group(
    server: LocalServer, custom: Any, role: str
) -> None:
    bus = make_bus(server, "duplicates")
    url, arn = make_queue(server, "custom-duplicates")
    subscribe(server, bus, "duplicates", arn, role)
    (first,) = put(server, bus, {"n": 1}, DeduplicationId="k")
    (second,) = put(server, bus, {"n": 2}, DeduplicationId="k")
    assert (second["SuccessCode"], second["EventId"]) == ("DEDUPLICATED", first["EventId"])
    assert put(server, bus, {"n": 3}, DeduplicationId="k", EventGroupId="g")[0]["SuccessCode"] == "PUBLISHED"
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
    by_content = {"DeduplicationType": "CONTENT_BASED"}
    answer = custom.put_events(EventBusArn=bus, Entries=[entry, entry], DeduplicationConfiguration=by_content)
    assert [one["SuccessCode"] for one in answer["Entries"]] == ["PUBLISHED", "DEDUPLICATED"]
    server.advance(301)
    assert put(server, bus, {"n": 4}, DeduplicationId="k")[0]["SuccessCode"] == "PUBLISHED"
    assert sorted(one["n"] for one in bodies(server, url) if "n" in one) == [1, 3, 4]


def test_the_order_of_a_group_holds_over_a_target_that_fails(
    server: LocalServer, custom: Any, role: str
) -> None:
    bus = make_bus(server, "ordered")
    missing = f"arn:aws:sqs:us-east-1:{ACCOUNT}:custom-ordered.fifo"
    policy = {"MaxRetryAttempts": 185, "MaxEventAgeInSeconds": 86_400}
    invoke = {"SqsParameters": BY_ID}
    subscribe(server, bus, "ordered", missing, role, Type="FIFO", RetryPolicy=policy, invoke=invoke)
    put(server, bus, {"n": 1}, {"n": 2}, EventGroupId="a")
    server.settle()
    url, _ = make_queue(server, "custom-ordered.fifo", FifoQueue="true")
    put(server, bus, {"n": 3}, EventGroupId="b")
    assert bodies(server, url) == [{"n": 3}]
    put(server, bus, {"n": 4}, EventGroupId="a")
    server.advance(5)
    server.settle()
    found = receive(server, url)
    assert [json.loads(message["Body"])["n"] for message in found] == [1, 2, 4]
    assert {message["Attributes"]["MessageGroupId"] for message in found} == {"a"}


def test_what_cannot_be_delivered_is_told_in_a_dead_letter(
    server: LocalServer, custom: Any, role: str
) -> None:
    bus = make_bus(server, "dead")
    dead_url, dead_arn = make_queue(server, "custom-dead")
    missing = f"arn:aws:sqs:us-east-1:{ACCOUNT}:custom-missing"
    policy = {"MaxRetryAttempts": 1, "MaxEventAgeInSeconds": 60}
    failing = {"OnFailureConfiguration": {"Arn": dead_arn}, "RetryPolicy": policy}
    subscriber = subscribe(server, bus, "dead", missing, role, **failing)
    unfit = subscribe(server, bus, "unfit", dead_arn, role, invoke={"SqsParameters": FIFO}, **failing)
    put(server, bus, {"n": 1})
    server.settle()
    server.advance(60)
    told = {one["subscriberArn"]: one for one in bodies(server, dead_url)}
    record = told[subscriber]
    assert (record["busArn"], record["targetArn"], record["retryAttempts"]) == (bus, missing, 1)
    assert (record["errorCode"], record["exhaustedRetryCondition"]) == (
        "RESOURCE_NOT_FOUND",
        "MaximumRetryAttempts",
    )
    assert len(record["failedMessages"]) == 1
    assert (told[unfit]["errorCode"], told[unfit]["retryAttempts"]) == ("INVALID_REQUEST", 0)
    custom.revoke_resource(Arn=subscriber)
    assert custom.describe_subscriber(SubscriberArn=subscriber)["Revoked"] is True
    assert (
        refused(custom.update_subscriber, SubscriberArn=subscriber, State="RUNNING")
        == "InvalidStateException"
    )


def test_a_function_gets_an_array_and_alone_the_event_itself(server: LocalServer, role: str) -> None:
    bus = make_bus(server, "functions")
    url, _ = make_queue(server, "custom-functions")
    source = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))\n"
    )
    arn = make_function(server, "custom-functions", source, may=("sqs:SendMessage",))["FunctionArn"]
    subscribe(server, bus, "array", arn, role, invoke={"LambdaParameters": {"InvocationType": "EVENT"}})
    subscribe(server, bus, "alone", arn, role, BatchConfiguration={"MaxBatchSize": 1})
    put(server, bus, {"n": 1})
    assert sorted(bodies(server, url), key=str) == [[{"n": 1}], {"n": 1}]


def test_what_this_server_has_not_is_refused_by_name(server: LocalServer, custom: Any, role: str) -> None:
    bus = make_bus(server, "lacks")
    _, arn = make_queue(server, "custom-lacks")
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"TargetArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}, "NotImplemented"),
        ({"TargetArn": arn, "SnsParameters": {}}, "InvalidInputException"),
        ({"TargetArn": arn, "SqsParameters": {"DelaySeconds": "1"}}, "NotImplemented"),
        (
            {"TargetArn": arn, "SqsParameters": {"MessageAttributes": {"a": {"StringValue": "x"}}}},
            "NotImplemented",
        ),
        ({"TargetArn": arn, "SqsParameters": {"MessageGroupId": "{% $uppercase('x') %}"}}, "NotImplemented"),
    ]
    for number, (invoke, code) in enumerate(wrong):
        given = {"InvokeConfiguration": {"RoleArn": role, **invoke}, "EventBusArn": bus}
        assert refused(custom.create_subscriber, Name=f"n{number}", **given) == code
    one = {"Scope": "DATA", "Pattern": "{}"}
    for configuration in ({"Filters": [one, one]}, {"Filters": [{**one, "Pattern": "no pattern"}]}):
        given = {"InvokeConfiguration": {"RoleArn": role, "TargetArn": arn}, "EventBusArn": bus}
        code = refused(custom.create_subscriber, Name="f", FilterConfiguration=configuration, **given)
        assert code == "InvalidInputException"
    assert refused(custom.list_resource_policies, ResourceArn=bus) == "NotImplemented"
    assert refused(custom.describe_event_bus, EventBusArn=bus[:-1] + "!") == "InvalidInputException"
    assert refused(custom.describe_subscriber, SubscriberArn=bus) == "InvalidInputException"
    for name in ("a/b", "-a", "ü", "a\n", "x" * 257):
        assert refused(custom.create_event_bus, Name=name) == "InvalidInputException"
    other = server.client("events")
    assert other.list_event_buses()["EventBuses"][0]["Name"] == "default"


def test_subscribers_go_on_after_a_restart(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        role = make_role(server, "restart", "sqs:SendMessage", trust=TRUST)
        bus = make_bus(server, "restart")
        url, arn = make_queue(server, "restart")
        subscriber = subscribe(server, bus, "restart", arn, role)
        client(server, "eventbridgev2").update_subscriber(SubscriberArn=subscriber, State="STOPPED")
        put(server, bus, {"n": 1})
    with LocalServer(data=tmp_path) as server:
        found = client(server, "eventbridgev2").list_subscribers(EventBusArn=bus)["Subscribers"]
        assert [(one["SubscriberArn"], one["State"], one["TargetArn"]) for one in found] == [
            (subscriber, "STOPPED", arn)
        ]
        client(server, "eventbridgev2").update_subscriber(SubscriberArn=subscriber, State="RUNNING")
        server.settle()
        url = client(server, "sqs").get_queue_url(QueueName="restart")["QueueUrl"]
        assert bodies(server, url) == [{"n": 1}]
        client(server, "eventbridgev2").delete_subscriber(SubscriberArn=subscriber)
        client(server, "eventbridgev2").delete_event_bus(EventBusArn=bus)


def test_what_a_target_refuses_holds_no_other_subscriber_up(server: LocalServer, role: str) -> None:
    bus = make_bus(server, "hostile")
    (odd_url, odd_arn), (url, arn) = make_queue(server, "custom-odd"), make_queue(server, "custom-well")
    dead_url, dead_arn = make_queue(server, "custom-odd-dead")
    attributes = {"{% $events.Data.name %}": {"DataType": "{% $events.Data.type %}", "StringValue": "x"}}
    failing = {"OnFailureConfiguration": {"Arn": dead_arn}, "RetryPolicy": {"MaxRetryAttempts": 0}}
    subscribe(
        server,
        bus,
        "odd",
        odd_arn,
        role,
        invoke={"SqsParameters": {"MessageAttributes": attributes}},
        **failing,
    )
    subscribe(server, bus, "well", arn, role)
    hostile = [
        {"name": "a b", "type": "String"},
        {"name": "n", "type": "Unknown"},
        {"name": "\x00", "type": "Number"},
        {"name": ["x"], "type": {}},
        {"name": "AWS.x", "type": "String"},
        "no object",
        None,
        [[[[]]]],
        {"name": "fine", "type": "String"},
    ]
    put(server, bus, *hostile)
    assert len(bodies(server, url)) == len(hostile)
    (message,) = receive(server, odd_url)
    assert message["MessageAttributes"]["fine"]["StringValue"] == "x"
    assert len(bodies(server, dead_url)) == len(hostile) - 1


def test_who_makes_a_bus_or_a_subscriber_with_tags_must_be_let_tag_it(server: LocalServer, role: str) -> None:
    actions = ("events:CreateEventBus", "events:CreateSubscriber", "iam:PassRole")
    maker = clients_of(server, "maker-of-buses", *actions)("eventbridgev2")
    tags = {"team": "red"}
    with pytest.raises(ClientError, match=r"AccessDenied.*events:TagResource"):
        maker.create_event_bus(Name="labelled-bus", Tags=tags)
    bus = maker.create_event_bus(Name="labelled-bus")["EventBusArn"]
    server.advance(1)
    _, queue = make_queue(server, "labelled-bus")
    invoke = {"TargetArn": queue, "RoleArn": role}
    with pytest.raises(ClientError, match=r"AccessDenied.*events:TagResource"):
        maker.create_subscriber(Name="one", EventBusArn=bus, InvokeConfiguration=invoke, Tags=tags)
    maker.create_subscriber(Name="one", EventBusArn=bus, InvokeConfiguration=invoke)
