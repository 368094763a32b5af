"""Subscription filters: events that match are a function's in the commit that stores them."""

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_function, make_queue, receive
from tests.kit.keys import allow_service, make_key
from tests.kit.policies import ACCOUNT

from penstock.errors import StoreUnavailable
from penstock.services.logs import storing
from penstock.services.logs.storing import stored_bytes
from penstock.testing import LocalServer

TELL = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=QUEUE, MessageBody=json.dumps(event))
"""
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:told"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture(scope="module")
def queue(server: LocalServer) -> str:
    """Returns the URL of the queue where the function tells what it was told."""
    url, _ = make_queue(server, "told")
    source = TELL.replace("QUEUE", repr(url), 1)
    make_function(server, "told", source, may=["sqs:SendMessage"], Timeout=20)
    return url


def allow(server: LocalServer, group: str, principal: str = "logs.amazonaws.com") -> None:
    client(server, "lambda").add_permission(
        FunctionName="told",
        StatementId=group,
        Action="lambda:InvokeFunction",
        Principal=principal,
        SourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*",
    )


def make_group(server: LocalServer, name: str, **settings: Any) -> Any:
    logs = client(server, "logs")
    logs.create_log_group(logGroupName=name, **settings)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return logs


def subscribe(server: LocalServer, group: str, pattern: str = "", name: str = "sub", **more: Any) -> None:
    client(server, "logs").put_subscription_filter(
        **{
            "logGroupName": group,
            "filterName": name,
            "filterPattern": pattern,
            "destinationArn": FUNCTION,
            **more,
        }
    )


def put(server: LocalServer, group: str, *messages: str) -> int:
    now_ms = server.clock.now_ms()
    events = [{"timestamp": now_ms, "message": message} for message in messages]
    client(server, "logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    return now_ms


def told(server: LocalServer, queue: str) -> list[dict[str, Any]]:
    """Returns what the function was told, one document for each time that it ran."""
    server.settle()
    bodies = [json.loads(message["Body"]) for message in receive(server, queue)]
    return [json.loads(gzip.decompress(base64.b64decode(body["awslogs"]["data"]))) for body in bodies]


def refusal(call: Any, *args: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_function_is_told_the_events_that_match_as_they_are_stored(server: LocalServer, queue: str) -> None:
    logs = make_group(server, "told-of")
    assert refusal(subscribe, server, "told-of") == (
        "InvalidParameterException",
        "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
        "your function.",
    )
    allow(server, "told-of")
    subscribe(server, "told-of", "{ $.level = ERROR }")
    messages = ['{"level": "ERROR", "text": "é\\u0000\\n"}', '{"level": "INFO"}', '{"level": "ERROR"}']
    now_ms = put(server, "told-of", *messages)
    put(server, "told-of", "nothing of interest")
    events = logs.filter_log_events(logGroupName="told-of", filterPattern="ERROR")["events"]
    (document,) = told(server, queue)
    assert document == {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": "told-of",
        "logStream": "s",
        "subscriptionFilters": ["sub"],
        "logEvents": [
            {"id": event["eventId"], "timestamp": now_ms, "message": message}
            for event, message in zip(events, (messages[0], messages[2]), strict=True)
        ],
    }
    put(server, "told-of", 'NUL \0 here, {"level": 5}', '{"level": "ERROR", "n": 1}')
    (document,) = told(server, queue)
    assert [event["message"] for event in document["logEvents"]] == ['{"level": "ERROR", "n": 1}']


def test_events_under_a_key_are_told_as_they_came(server: LocalServer, queue: str) -> None:
    key = make_key(server, allow_service("logs.us-east-1", "kms:*"))
    logs = make_group(server, "keyed", kmsKeyId=key)
    allow(server, "keyed")
    subscribe(server, "keyed", "ERROR")
    messages = [f"ERROR {number} \0 é" for number in range(3)]
    put(server, "keyed", "fine", *messages)
    events = logs.filter_log_events(logGroupName="keyed", filterPattern="ERROR")["events"]
    (document,) = told(server, queue)
    assert [(event["id"], event["message"]) for event in document["logEvents"]] == [
        (event["eventId"], message) for event, message in zip(events, messages, strict=True)
    ]


def test_events_that_a_function_may_not_be_told_are_kept_for_a_day(server: LocalServer, queue: str) -> None:
    make_group(server, "forbidden")
    allow(server, "forbidden", "logs.us-east-1.amazonaws.com")  # as it was called formerly
    subscribe(server, "forbidden")
    functions = client(server, "lambda")
    functions.remove_permission(FunctionName="told", StatementId="forbidden")
    put(server, "forbidden", "one", "two")
    assert told(server, queue) == []
    server.advance(20 * 3600)
    assert told(server, queue) == []
    allow(server, "forbidden")
    server.advance(600)
    (document,) = told(server, queue)
    assert [event["message"] for event in document["logEvents"]] == ["one", "two"]


def test_events_of_a_batch_too_long_for_one_commit_are_told_in_order(server: LocalServer, queue: str) -> None:
    make_group(server, "long")
    allow(server, "long")
    subscribe(server, "long", "?a ?b")
    messages = [letter * 100_000 for letter in "abcab"]
    put(server, "long", *messages)
    found = [event["message"] for document in told(server, queue) for event in document["logEvents"]]
    assert sorted(found) == sorted(message for message in messages if message[0] != "c")


def test_events_and_their_deliveries_are_one_commit(
    server: LocalServer, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = make_group(server, "atomic")
    allow(server, "atomic")
    subscribe(server, "atomic")

    def fails(message: str) -> int:
        if message == "lost with its delivery":  # asked of when all else has been done for the event
            raise StoreUnavailable("as asked")
        return stored_bytes(message)

    monkeypatch.setattr(storing, "stored_bytes", fails)
    with pytest.raises(ClientError):
        put(server, "atomic", "lost with its delivery")
    monkeypatch.undo()
    assert logs.filter_log_events(logGroupName="atomic")["events"] == []
    assert told(server, queue) == []


def test_filters_are_listed_replaced_deleted_and_gone_with_their_group(
    server: LocalServer, queue: str
) -> None:
    logs = make_group(server, "listed")
    allow(server, "listed")
    subscribe(server, "listed", "x", "one")
    subscribe(server, "listed", "y", "two", distribution="Random")
    subscribe(server, "listed", "z", "two")
    found = logs.describe_subscription_filters(logGroupName="listed")["subscriptionFilters"]
    assert [(one["filterName"], one["filterPattern"], one["distribution"]) for one in found] == [
        ("one", "x", "ByLogStream"),
        ("two", "z", "ByLogStream"),
    ]
    assert (found[0]["destinationArn"], found[0]["logGroupName"]) == (FUNCTION, "listed")
    first = logs.describe_subscription_filters(logGroupName="listed", limit=1)
    rest = logs.describe_subscription_filters(logGroupName="listed", nextToken=first["nextToken"])
    assert [one["filterName"] for one in rest["subscriptionFilters"]] == ["two"]
    assert refusal(subscribe, server, "listed", "x", "three")[0] == "LimitExceededException"
    logs.delete_subscription_filter(logGroupName="listed", filterName="one")
    assert refusal(logs.delete_subscription_filter, logGroupName="listed", filterName="one") == (
        "ResourceNotFoundException",
        "The specified subscription filter does not exist.",
    )
    logs.delete_log_group(logGroupName="listed")
    make_group(server, "listed")
    assert logs.describe_subscription_filters(logGroupName="listed")["subscriptionFilters"] == []


def test_destinations_that_cannot_be_are_refused(server: LocalServer, queue: str) -> None:
    make_group(server, "wrong")
    client(server, "logs").create_log_group(logGroupName="rare", logGroupClass="INFREQUENT_ACCESS")
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    for params, told_text in (
        ({"destinationArn": "nonsense"}, "Invalid destinationArn"),
        (
            {"destinationArn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"},
            "Could not deliver test message",
        ),
        ({"roleArn": role}, "destinationArn for vendor lambda cannot be used with roleArn"),
        ({"destinationArn": FUNCTION + "-not"}, "Could not execute the lambda function"),
        ({"filterPattern": "{"}, "Invalid filter pattern"),
        ({"logGroupName": "/aws/lambda/told"}, "The log group provided is reserved"),
        ({"fieldSelectionCriteria": '@aws.account = "1"'}, "fieldSelectionCriteria is not available here"),
    ):
        code, text = refusal(subscribe, server, "wrong", **params)
        assert (code, text[: len(told_text)]) == ("InvalidParameterException", told_text)
    assert refusal(subscribe, server, "rare")[0] == "InvalidOperationException"
    assert refusal(subscribe, server, "none")[0] == "ResourceNotFoundException"
