"""From an object's change over the default bus to queues and functions, in the object's own commit."""

import json
from typing import Any

import pytest
from tests.kit.buses import REGION, Inbox, bus_arn, put_rule, rule_arn
from tests.kit.functions import client, make_function
from tests.kit.policies import ACCOUNT

from penstock.delivery.telling.story import object_story
from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    return server.client("s3")


def make_bucket(s3: Any, name: str, *, versioned: bool = False) -> str:
    s3.create_bucket(Bucket=name)
    if versioned:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    return name


def of_bucket(name: str) -> dict[str, Any]:
    return {"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}


def test_every_change_of_an_object_reaches_the_bus(server: LocalServer, s3: Any) -> None:
    bucket = make_bucket(s3, "bridged", versioned=True)
    inbox = Inbox(server, "bridged", rule_arn("bridged"))
    put_rule(server, "bridged", {"Arn": inbox.arn}, pattern=of_bucket(bucket))
    put = s3.put_object(Bucket=bucket, Key="a b+é", Body=b"12345")
    s3.put_object_tagging(Bucket=bucket, Key="a b+é", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.delete_object_tagging(Bucket=bucket, Key="a b+é")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b+é"})
    s3.delete_object(Bucket=bucket, Key="a b+é")
    s3.delete_object(Bucket=bucket, Key="a b+é", VersionId=put["VersionId"])
    found = sorted(inbox.bodies(), key=lambda event: str(event["detail"]["object"].get("sequencer", "")))
    kinds = [(e["detail-type"], e["detail"].get("reason"), e["detail"].get("deletion-type")) for e in found]
    assert sorted(map(str, kinds)) == sorted(
        map(
            str,
            [
                ("Object Tags Added", None, None),
                ("Object Tags Deleted", None, None),
                ("Object Created", "PutObject", None),
                ("Object Created", "CopyObject", None),
                ("Object Deleted", "DeleteObject", "Delete Marker Created"),
                ("Object Deleted", "DeleteObject", "Permanently Deleted"),
            ],
        )
    )
    created = next(event for event in found if event["detail"].get("reason") == "PutObject")
    assert created["account"] == created["detail"]["requester"] == ACCOUNT
    assert created["detail"]["request-id"] == put["ResponseMetadata"]["RequestId"]
    assert (
        created["detail"]["object"].items()
        >= {
            "key": "a b+é",
            "size": 5,
            "etag": put["ETag"].strip('"'),
            "version-id": put["VersionId"],
        }.items()
    )


def test_a_bucket_without_it_is_not_heard_of(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="unbridged")
    inbox = Inbox(server, "unbridged")
    put_rule(server, "unbridged", {"Arn": inbox.arn}, pattern=of_bucket("unbridged"))
    s3.put_object(Bucket="unbridged", Key="k")
    assert inbox.messages() == []


def test_object_and_messages_are_one_commit(server: LocalServer, s3: Any) -> None:
    bucket = make_bucket(s3, "one-commit")
    inboxes = [Inbox(server, f"one-commit-{number}") for number in range(3)]
    put_rule(server, "one-commit", *({"Arn": inbox.arn} for inbox in inboxes), pattern=of_bucket(bucket))
    server.settle()
    before = server.app.store.commits
    s3.put_object(Bucket=bucket, Key="k")
    assert server.app.store.commits == before + 1
    assert [len(inbox.messages()) for inbox in inboxes] == [1, 1, 1]


def test_the_story_tells_of_bus_rule_queue_and_function(server: LocalServer, s3: Any) -> None:
    bucket = make_bucket(s3, "told")
    inbox = Inbox(server, "told")
    function = make_function(server, "told", "def handler(event, context): return 1")
    client(server, "lambda").add_permission(
        FunctionName="told",
        StatementId="r",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule_arn("told"),
    )
    missing = f"arn:aws:sqs:{REGION}:{ACCOUNT}:none"
    targets = [{"Arn": inbox.arn}, {"Arn": function["FunctionArn"]}, {"Arn": missing}]
    put_rule(server, "told", *targets, pattern=of_bucket(bucket))
    s3.put_object(Bucket=bucket, Key="k")
    server.settle()
    (message,) = inbox.messages()
    (event,) = server.wait(server.app.store.read(object_story, bucket, "k"))
    found = {delivery["arn"]: delivery for delivery in event["deliveries"]}
    assert found[bus_arn()]["receipt"] == json.loads(message["Body"])["id"]
    assert (found[inbox.arn]["receipt"], found[inbox.arn]["via"]) == (message["MessageId"], rule_arn("told"))
    assert found[function["FunctionArn"]]["state"] == "delivered"
    waiting = found[f"arn:aws:events:{REGION}:{ACCOUNT}:target/default/told/2"]
    assert missing in waiting["error"]
    (rule,) = event["rules"]
    assert (rule["id"], rule["arn"], rule["matched"]) == ("EventBridge", bus_arn(), True)
