"""What events say of their owners, of versions and of what was not there; what configurations may say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.policies import s3_may_send

from penstock.delivery import ObjectChange
from penstock.services.s3.notifications.record import s3_message
from penstock.services.s3.owner import customer_id
from penstock.testing import LocalServer

EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"
EVENTS = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(event_version="2.1") as running:
        yield running


@pytest.fixture(scope="module")
def queue(server: LocalServer) -> tuple[str, str]:
    """Returns URL and ARN."""
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="answers", Attributes={"Policy": s3_may_send()})["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def watch(server: LocalServer, queue: tuple[str, str], bucket: str, versioning: str = "") -> Any:
    """Returns a client of S3, after it has made a bucket whose changes go to the queue."""
    s3 = server.client("s3")
    s3.create_bucket(Bucket=bucket)
    if versioning:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": versioning})
    rules = {"QueueConfigurations": [{"QueueArn": queue[1], "Events": EVENTS}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=rules)
    records(server, queue)
    return s3


def records(server: LocalServer, queue: tuple[str, str]) -> list[dict[str, Any]]:
    """Returns the records that came since the last call."""
    sqs = server.client("sqs")
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found += json.loads(message["Body"]).get("Records", [])
            sqs.delete_message(QueueUrl=queue[0], ReceiptHandle=message["ReceiptHandle"])
    return found


def test_the_owner_of_a_bucket_is_a_customer_id(server: LocalServer, queue: tuple[str, str]) -> None:
    s3 = watch(server, queue, "owned")
    s3.put_object(Bucket="owned", Key="k", Body=b"")
    (record,) = records(server, queue)
    owner = record["s3"]["bucket"]["ownerIdentity"]["principalId"]
    assert owner == customer_id("000000000000") != customer_id("111122223333")
    assert (owner[0], len(owner), owner.isalnum(), owner.isupper()) == ("A", 14, True, True)


def test_events_of_tags_keep_their_own_version(server: LocalServer, queue: tuple[str, str]) -> None:
    s3 = watch(server, queue, "tag-events")
    s3.put_object(Bucket="tag-events", Key="k", Body=b"")
    s3.put_object_tagging(Bucket="tag-events", Key="k", Tagging={"TagSet": []})
    found = {record["eventName"]: record["eventVersion"] for record in records(server, queue)}
    assert found == {"ObjectCreated:Put": "2.1", "ObjectTagging:Put": "2.3"}


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("ObjectCreated:Copy", "2.1"),
        ("ObjectRemoved:Delete", "2.1"),
        ("ObjectRestore:Post", "2.1"),
        ("ObjectRestore:Delete", "2.3"),
        ("ObjectTagging:Delete", "2.3"),
        ("ObjectAcl:Put", "2.3"),
        ("LifecycleExpiration:Delete", "2.3"),
        ("LifecycleTransition", "2.3"),
        ("IntelligentTiering", "2.3"),
        ("Replication:OperationFailedReplication", "2.2"),
    ],
)
def test_before_version_2_4_each_kind_of_event_had_a_number(name: str, version: str) -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
    change = ObjectChange(
        name, "000000000000", "us-east-1", "b", "k", None, 0, "e", 0, "me", "127.0.0.1", "R", "H"
    )
    assert json.loads(s3_message(change, 1, "r", "2.1"))["Records"][0]["eventVersion"] == version
    assert json.loads(s3_message(change, 1, "r", "2.6"))["Records"][0]["eventVersion"] == "2.6"


def test_many_deletions_tell_of_each_key_that_is_not_there(
    server: LocalServer, queue: tuple[str, str]
) -> None:
    s3 = watch(server, queue, "not-there")
    missing = [{"Key": "x"}, {"Key": "y"}, {"Key": "x"}]
    answer = s3.delete_objects(Bucket="not-there", Delete={"Objects": missing})
    assert len(answer["Deleted"]) == 3
    found = records(server, queue)
    assert [record["eventName"] for record in found] == ["ObjectRemoved:Delete"] * 3
    assert sorted(record["s3"]["object"]["key"] for record in found) == ["x", "x", "y"]
    of_x = [record["s3"]["object"] for record in found if record["s3"]["object"]["key"] == "x"]
    assert len({record["sequencer"] for record in of_x}) == 2
    assert "versionId" not in of_x[0]
    s3.delete_object(Bucket="not-there", Key="x")
    assert records(server, queue) == []


def test_a_version_that_is_gone_is_not_told_of(server: LocalServer, queue: tuple[str, str]) -> None:
    s3 = watch(server, queue, "gone-version", "Enabled")
    version = s3.put_object(Bucket="gone-version", Key="k", Body=b"")["VersionId"]
    s3.delete_object(Bucket="gone-version", Key="k", VersionId=version)
    records(server, queue)
    objects = [{"Key": "k", "VersionId": version}]
    s3.delete_objects(Bucket="gone-version", Delete={"Objects": objects})
    assert records(server, queue) == []


@pytest.mark.parametrize("versioning", ["Enabled", "Suspended"])
def test_a_delete_marker_has_the_etag_of_nothing(
    server: LocalServer, queue: tuple[str, str], versioning: str
) -> None:
    bucket = f"markers-{versioning.lower()}"
    s3 = watch(server, queue, bucket, versioning)
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})
    for record in records(server, queue):
        assert record["eventName"] == "ObjectRemoved:DeleteMarkerCreated"
        assert record["s3"]["object"]["eTag"] == EMPTY_MD5
        assert "size" not in record["s3"]["object"]


def test_a_null_version_of_a_suspended_bucket_is_told_without_a_version(
    server: LocalServer, queue: tuple[str, str]
) -> None:
    s3 = watch(server, queue, "null-events", "Suspended")
    s3.put_object(Bucket="null-events", Key="k", Body=b"")
    s3.put_object_tagging(Bucket="null-events", Key="k", Tagging={"TagSet": []})
    found = records(server, queue)
    assert [record["eventName"] for record in found] == ["ObjectCreated:Put", "ObjectTagging:Put"]
    assert not [record for record in found if "versionId" in record["s3"]["object"]]


def rules_with(*rules: dict[str, str], arn: str) -> dict[str, Any]:
    configured = {
        "Id": "r", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": list(rules)}},
    }  # fmt: skip
    return {"QueueConfigurations": [configured]}


@pytest.mark.parametrize("name", ["Prefix", "suffix"])
def test_an_empty_filter_value_is_taken_and_given_back(
    server: LocalServer, queue: tuple[str, str], name: str
) -> None:
    bucket = f"empty-{name.lower()}"
    s3 = watch(server, queue, bucket)
    rules = rules_with({"Name": name, "Value": ""}, arn=queue[1])
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=rules)
    (found,) = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert found["Filter"]["Key"]["FilterRules"] == [{"Name": name.capitalize(), "Value": ""}]
    records(server, queue)
    s3.put_object(Bucket=bucket, Key="any", Body=b"")
    assert len(records(server, queue)) == 1


def test_a_filter_rule_without_a_value_is_malformed(server: LocalServer, queue: tuple[str, str]) -> None:
    s3 = watch(server, queue, "no-value")
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.put_bucket_notification_configuration(
            Bucket="no-value", NotificationConfiguration=rules_with({"Name": "prefix"}, arn=queue[1])
        )


@pytest.mark.parametrize(
    ("kind", "member", "element"),
    [
        ("QueueConfigurations", "QueueArn", "Queue"),
        ("TopicConfigurations", "TopicArn", "Topic"),
        ("LambdaFunctionConfigurations", "LambdaFunctionArn", "CloudFunction"),
    ],
)
@pytest.mark.parametrize("arn", ["invalid-arn", "arn:aws:x", "arn:aws:ec2:us-east-1:000000000000:i"])
def test_a_malformed_arn_cannot_be_parsed(
    server: LocalServer, queue: tuple[str, str], kind: str, member: str, element: str, arn: str
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="malformed-arn")
    rules = {kind: [{member: arn, "Events": ["s3:ObjectCreated:*"]}]}
    with pytest.raises(ClientError) as raised:
        s3.put_bucket_notification_configuration(Bucket="malformed-arn", NotificationConfiguration=rules)
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "The ARN could not be parsed")
    assert (error["ArgumentName"], error["ArgumentValue"]) == (element, arn)
