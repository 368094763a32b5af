"""Every change of an object says what it was."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.policies import s3_may_send

EVERYTHING = ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"]


@pytest.fixture(scope="module")
def s3(server: Any) -> Any:
    return server.client("s3")


class Events:
    """A bucket whose changes go to a queue."""

    def __init__(self, server: Any, bucket: str) -> None:
        self.sqs = server.client("sqs")
        self.server = server
        self.bucket = bucket
        self.url = self.sqs.create_queue(QueueName=bucket)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:{bucket}"
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": s3_may_send(arn)})
        s3 = server.client("s3")
        s3.create_bucket(Bucket=bucket)
        configuration = {"QueueConfigurations": [{"QueueArn": arn, "Events": EVERYTHING}]}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
        self.names()

    def records(self) -> list[dict[str, Any]]:
        """Returns what came since the last call, in the order of their sequencers within a key."""
        self.server.settle()
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found += json.loads(message["Body"]).get("Records", [])
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def names(self) -> list[str]:
        """Returns the event names of ``records``."""
        return [record["eventName"] for record in self.records()]


def test_each_way_to_change_an_object_has_its_event(server: Any, s3: Any) -> None:
    events = Events(server, "plain-events")
    where = {"Bucket": "plain-events", "Key": "k"}
    etag = s3.put_object(**where, Body=b"12345")["ETag"]
    (record,) = events.records()
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["object"]["size"] == 5
    assert record["s3"]["object"]["eTag"] == etag.strip('"')
    assert "versionId" not in record["s3"]["object"]
    s3.copy_object(Bucket="plain-events", Key="c", CopySource="plain-events/k")
    assert events.names() == ["ObjectCreated:Copy"]
    upload = s3.create_multipart_upload(**where)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x")
    assert events.names() == []
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    assert events.names() == ["ObjectCreated:CompleteMultipartUpload"]
    s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert events.names() == ["ObjectTagging:Put"]
    s3.delete_object_tagging(**where)
    assert events.names() == ["ObjectTagging:Delete"]
    s3.delete_object(**where)
    assert events.names() == ["ObjectRemoved:Delete"]
    s3.delete_object(**where)
    assert events.names() == []
    s3.delete_objects(Bucket="plain-events", Delete={"Objects": [{"Key": "c"}]})
    assert events.names() == ["ObjectRemoved:Delete"]


def test_a_failed_write_has_no_event(server: Any, s3: Any) -> None:
    events = Events(server, "failed-events")
    s3.put_object(Bucket="failed-events", Key="k", Body=b"x")
    events.names()
    with pytest.raises(ClientError):
        s3.put_object(Bucket="failed-events", Key="k", Body=b"y", IfNoneMatch="*")
    with pytest.raises(ClientError):
        s3.put_object(Bucket="failed-events", Key="k", Body=b"y", ChecksumCRC32="AAAAAA==")
    assert events.names() == []


def test_versions_and_markers_are_told_apart(server: Any, s3: Any) -> None:
    events = Events(server, "version-events")
    s3.put_bucket_versioning(Bucket="version-events", VersioningConfiguration={"Status": "Enabled"})
    where = {"Bucket": "version-events", "Key": "k"}
    version = s3.put_object(**where, Body=b"x")["VersionId"]
    (record,) = events.records()
    assert record["s3"]["object"]["versionId"] == version
    marker = s3.delete_object(**where)["VersionId"]
    (record,) = events.records()
    assert (record["eventName"], record["s3"]["object"]["versionId"]) == (
        "ObjectRemoved:DeleteMarkerCreated",
        marker,
    )
    s3.delete_object(**where, VersionId=version)
    (record,) = events.records()
    assert (record["eventName"], record["s3"]["object"]["versionId"]) == ("ObjectRemoved:Delete", version)
