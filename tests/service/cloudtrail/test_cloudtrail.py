"""CloudTrail's event history, asked with boto3."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.roles import clients_of

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, ACCOUNT, REGION


@pytest.fixture(scope="module")
def cloudtrail(server: LocalServer) -> Iterator[Any]:
    server.client("s3").create_bucket(Bucket="trail-bucket")
    server.client("sqs").create_queue(QueueName="trail-queue")
    server.client("iam").list_users()
    yield server.client("cloudtrail")


def events(cloudtrail: Any, **asked: str) -> list[dict[str, Any]]:
    """Returns the events that have the attributes, the newest first."""
    attributes = [{"AttributeKey": name, "AttributeValue": value} for name, value in asked.items()]
    found: list[dict[str, Any]] = cloudtrail.lookup_events(LookupAttributes=attributes)["Events"]
    return found


def code(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def test_an_event_says_who_did_what_as_cloudtrail_does(server: LocalServer, cloudtrail: Any) -> None:
    (event,) = events(cloudtrail, EventName="CreateBucket")
    assert event["Username"] == "root"
    assert event["AccessKeyId"] == ACCESS_KEY_ID
    assert (event["EventSource"], event["ReadOnly"]) == ("s3.amazonaws.com", "false")
    assert event["Resources"] == [
        {"ResourceType": "AWS::S3::Bucket", "ResourceName": "arn:aws:s3:::trail-bucket"}
    ]
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventID"] == event["EventId"]
    assert record["userIdentity"] == {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": ACCESS_KEY_ID,
    }
    told = {name: record[name] for name in ("eventVersion", "awsRegion", "sourceIPAddress", "eventType")}
    assert told == {
        "eventVersion": "1.11",
        "awsRegion": REGION,
        "sourceIPAddress": "127.0.0.1",
        "eventType": "AwsApiCall",
    }
    assert record["userAgent"].startswith("Boto3/")
    assert record["requestParameters"] == {"bucketName": "trail-bucket"}
    assert record["responseElements"]["location"] == "/trail-bucket"
    assert (record["eventCategory"], record["managementEvent"], record["recipientAccountId"]) == (
        "Management",
        True,
        ACCOUNT,
    )
    assert (record["eventSource"], record["eventName"], record["readOnly"]) == (
        "s3.amazonaws.com",
        "CreateBucket",
        False,
    )


@pytest.mark.parametrize(
    ("attribute", "value", "name"),
    [
        ("ResourceName", "trail-queue", "CreateQueue"),
        ("ResourceName", f"arn:aws:sqs:{REGION}:{ACCOUNT}:trail-queue", "CreateQueue"),
        ("ResourceType", "AWS::S3::Bucket", "CreateBucket"),
        ("EventSource", "sqs.amazonaws.com", "CreateQueue"),
        ("AccessKeyId", ACCESS_KEY_ID, "ListUsers"),
        ("Username", "root", "ListUsers"),
        ("ReadOnly", "true", "ListUsers"),
    ],
)
def test_events_are_found_by_each_attribute(cloudtrail: Any, attribute: str, value: str, name: str) -> None:
    assert name in [event["EventName"] for event in events(cloudtrail, **{attribute: value})]
    assert events(cloudtrail, **{attribute: value + "x"}) == []


def test_a_role_s_session_and_what_it_was_refused_are_told(server: LocalServer, cloudtrail: Any) -> None:
    client = clients_of(server, "trail-reader", "cloudtrail:LookupEvents")
    assert code(client("iam").create_user, UserName="nobody") == "AccessDenied"
    (event,) = [
        one for one in events(client("cloudtrail"), Username="me") if one["EventName"] == "CreateUser"
    ]
    record = json.loads(event["CloudTrailEvent"])
    who = record["userIdentity"]
    assert who["type"] == "AssumedRole"
    assert who["arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/trail-reader/me"
    assert who["sessionContext"]["sessionIssuer"]["userName"] == "trail-reader"
    assert who["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
    assert record["errorCode"] == "AccessDenied"
    assert "iam:CreateUser" in record["errorMessage"]
    assert record["responseElements"] is None
    assert events(cloudtrail, EventId=event["EventId"]) == [event]


def test_only_whom_a_policy_lets_reads_the_history(server: LocalServer) -> None:
    client = clients_of(server, "trail-stranger", "s3:*")
    assert code(client("cloudtrail").lookup_events) == "AccessDeniedException"


def test_pages_have_every_event_once(cloudtrail: Any) -> None:
    seen: list[str] = []
    page = cloudtrail.lookup_events(MaxResults=2)
    seen += [event["EventId"] for event in page["Events"]]
    while "NextToken" in page:
        page = cloudtrail.lookup_events(MaxResults=2, NextToken=page["NextToken"])
        seen += [event["EventId"] for event in page["Events"]]
    whole = [event["EventId"] for event in cloudtrail.lookup_events()["Events"]]
    assert len(seen) == len(set(seen))
    assert set(seen) <= set(whole)
    assert {"CreateBucket", "CreateQueue"} <= {
        event["EventName"] for event in cloudtrail.lookup_events()["Events"] if event["EventId"] in seen
    }


def test_another_region_and_another_time_have_none(server: LocalServer, cloudtrail: Any) -> None:
    elsewhere = server.client("cloudtrail", region_name="eu-central-1")
    found = {event["EventName"] for event in elsewhere.lookup_events()["Events"]}
    assert found <= {"LookupEvents"}
    end = datetime.now(UTC) - timedelta(days=1)
    assert cloudtrail.lookup_events(EndTime=end)["Events"] == []


def test_what_cannot_be_asked_is_refused_in_cloudtrail_s_words(cloudtrail: Any) -> None:
    lookup = cloudtrail.lookup_events
    now = datetime.now(UTC)
    attribute = {"AttributeKey": "EventName", "AttributeValue": "x"}
    assert code(lookup, StartTime=now, EndTime=now - timedelta(hours=1)) == "InvalidTimeRangeException"
    assert code(lookup, LookupAttributes=[attribute, attribute]) == "InvalidLookupAttributesException"
    assert code(lookup, LookupAttributes=[attribute | {"AttributeKey": "Who"}]) == "ValidationException"
    for token in ("x", "w6Q=", "MSAy" * 1000, "LTEgLTE="):
        assert code(lookup, NextToken=token) == "InvalidNextTokenException"
    assert code(lookup, EventCategory="insight") == "InvalidEventCategoryException"
    assert lookup(LookupAttributes=[attribute | {"AttributeValue": "\x00é" + "語" * 900}])["Events"] == []


def test_the_rest_of_cloudtrail_is_refused_by_name(cloudtrail: Any) -> None:
    with pytest.raises(ClientError, match="penstock audit settings"):
        cloudtrail.describe_trails()
