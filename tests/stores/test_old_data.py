"""Data directories that earlier releases wrote are opened, and everything in them is there."""

import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.delivery.telling.story import object_story
from penstock.store import Statement
from penstock.testing import LocalServer
from tests.stores.data.v1.make import ARCHIVE, BEGUN_MS, LARGE, PART

pytestmark = pytest.mark.embedded

Body = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """The present code on a data directory of release 0.1.0, a while after it was left."""
    folder = tmp_path_factory.mktemp("v1")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    server = LocalServer(data=folder)
    server.clock.freeze(BEGUN_MS + 425_000)  # the delivery that is under way is due at 480 s
    with server:
        yield server


def read(answer: Body) -> bytes:
    return bytes(answer["Body"].read())


def story(server: LocalServer, key: str) -> list[dict[str, Any]]:
    return server.wait(server.app.store.read(object_story, "watched", key))


def test_objects_small_large_and_copied_have_their_bytes(server: LocalServer) -> None:
    s3 = server.client("s3")
    small = s3.get_object(Bucket="plain", Key="in/small é.txt")
    assert (read(small), small["Metadata"]) == (b"small", {"origin": "v1"})
    assert read(s3.get_object(Bucket="plain", Key="in/large.bin")) == LARGE
    assert read(s3.get_object(Bucket="plain", Key="copy.bin")) == LARGE
    tags = s3.get_object_tagging(Bucket="plain", Key="in/large.bin")["TagSet"]
    assert tags == [{"Key": "kind", "Value": "large"}]


def test_versions_and_delete_markers_stand_in_their_order(server: LocalServer) -> None:
    s3 = server.client("s3")
    found = s3.list_object_versions(Bucket="versions")
    bodies = [
        read(s3.get_object(Bucket="versions", Key="k", VersionId=version["VersionId"]))
        for version in found["Versions"]
        if version["Key"] == "k"
    ]
    assert bodies == [LARGE, b"two", b"one"]
    assert [marker["Key"] for marker in found["DeleteMarkers"]] == ["gone"]


def test_an_upload_under_way_is_completed(server: LocalServer) -> None:
    s3 = server.client("s3")
    (upload,) = s3.list_multipart_uploads(Bucket="plain")["Uploads"]
    named = {"Bucket": "plain", "Key": "under way", "UploadId": upload["UploadId"]}
    parts = [
        {"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in s3.list_parts(**named)["Parts"]
    ]
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    assert read(s3.get_object(Bucket="plain", Key="under way")) == PART


def test_rules_and_policies_are_in_force(server: LocalServer) -> None:
    s3 = server.client("s3")
    found = s3.get_bucket_notification_configuration(Bucket="plain")["QueueConfigurations"]
    assert [rule["Id"] for rule in found] == ["arrivals"]
    assert json.loads(s3.get_bucket_policy(Bucket="plain")["Policy"])["Statement"][0]["Effect"] == "Allow"
    assert s3.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"


def test_messages_wait_and_the_one_in_flight_stays_hidden(server: LocalServer) -> None:
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName="inbox")["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "tides"}
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])[
        "Messages"
    ]
    sent, test, *events = found
    assert sent["Body"] == "waiting é"
    assert json.loads(test["Body"])["Event"] == "s3:TestEvent"
    assert sent["MessageAttributes"]["colour"]["StringValue"] == "blue"
    keys = [json.loads(event["Body"])["Records"][0]["s3"]["object"]["key"] for event in events]
    assert keys == ["in/small+%C3%A9.txt", "in/large.bin"]


def test_functions_run_with_their_role_and_their_mapping(server: LocalServer) -> None:
    functions, sqs = server.client("lambda"), server.client("sqs")
    assert read({"Body": functions.invoke(FunctionName="watch", Payload=b"{}")["Payload"]}) == b"null"
    (mapping,) = functions.list_event_source_mappings(FunctionName="watch")["EventSourceMappings"]
    assert mapping["BatchSize"] == 3
    url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="once more")
    server.settle()
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == counts["ApproximateNumberOfMessagesNotVisible"] == "0"
    events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/watch")["events"]
    assert any("for the mapping" in event["message"] for event in events)


def test_the_ledger_tells_the_old_story_and_the_sequencer_goes_on(server: LocalServer) -> None:
    (old,) = story(server, "done")
    assert [delivery["state"] for delivery in old["deliveries"]] == ["delivered"]
    server.client("s3").put_object(Bucket="watched", Key="done", Body=b"2")
    assert story(server, "done")[1]["sequencer"] > old["sequencer"]


def test_deliveries_under_way_go_on_and_dead_ones_stay_dead(server: LocalServer) -> None:
    def states() -> list[tuple[str, int]]:
        return server.wait(server.app.store.read(deliveries))

    assert states() == [("dead", 3), ("due", 1)]
    for seconds in (60, 120, 240):
        server.advance(seconds)
        server.settle()
    assert states() == [("dead", 3), ("dead", 3)]


def deliveries(tx: Any) -> list[tuple[str, int]]:
    """Returns state and attempts of those that no event made."""
    return list(tx.all(Statement.of("SELECT state, attempts FROM delivery WHERE event IS NULL ORDER BY id")))
