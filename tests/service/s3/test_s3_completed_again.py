"""A CompleteMultipartUpload that is sent again: its answer was lost on the way, the upload is done."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.policies import s3_may_send

from penstock.testing import LocalServer

BUCKET = "completed-again"
DAY_S = 24 * 3600


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def uploaded(s3: Any, key: str) -> dict[str, Any]:
    """Returns what completes an upload of one part."""
    where = {"Bucket": BUCKET, "Key": key}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"once")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    return {**where, "UploadId": upload, "MultipartUpload": parts}


def answer(s3: Any, **call: Any) -> dict[str, Any]:
    """Returns the answer without what differs in every answer."""
    found: dict[str, Any] = s3.complete_multipart_upload(**call)
    del found["ResponseMetadata"]
    return found


def refused(s3: Any, **call: Any) -> str:
    """Returns the code of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        s3.complete_multipart_upload(**call)
    return str(raised.value.response["Error"]["Code"])


def test_a_repeated_call_is_answered_as_the_first_one(s3: Any) -> None:
    call = uploaded(s3, "repeated")
    assert answer(s3, **call) == answer(s3, **call)


def test_a_repeated_call_makes_no_second_version_and_no_second_event(server: LocalServer, s3: Any) -> None:
    sqs = server.client("sqs")
    queue = sqs.create_queue(QueueName="repeated", Attributes={"Policy": s3_may_send()})["QueueUrl"]
    rule = {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:repeated", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    configuration = {"QueueConfigurations": [rule]}
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)
    call = uploaded(s3, "versioned")
    first = answer(s3, **call)
    assert first["VersionId"] == answer(s3, **call)["VersionId"]
    assert len(s3.list_object_versions(Bucket=BUCKET, Prefix="versioned")["Versions"]) == 1
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert len([message for message in found if "Records" in json.loads(message["Body"])]) == 1
    s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration={})


def test_a_condition_that_the_first_call_met_does_not_fail_the_second(s3: Any) -> None:
    call = uploaded(s3, "conditional")
    assert answer(s3, **call, IfNoneMatch="*") == answer(s3, **call, IfNoneMatch="*")


def test_a_repeated_call_does_not_bring_back_what_was_deleted(s3: Any) -> None:
    call = uploaded(s3, "deleted")
    first = answer(s3, **call)
    s3.delete_object(Bucket=BUCKET, Key="deleted")
    assert answer(s3, **call) == first
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key="deleted")


def test_another_list_of_parts_is_another_call(s3: Any) -> None:
    call = uploaded(s3, "other-parts")
    answer(s3, **call)
    call["MultipartUpload"] = {"Parts": [{"PartNumber": 2, "ETag": '"0"'}]}
    assert refused(s3, **call) == "NoSuchUpload"


def test_an_aborted_upload_is_not_completed(s3: Any) -> None:
    call = uploaded(s3, "aborted")
    s3.abort_multipart_upload(Bucket=BUCKET, Key="aborted", UploadId=call["UploadId"])
    assert refused(s3, **call) == "NoSuchUpload"


def test_answers_are_kept_for_a_day(server: LocalServer, s3: Any) -> None:
    call = uploaded(s3, "a-day")
    answer(s3, **call)
    server.advance(DAY_S - 60)
    answer(s3, **call)
    server.advance(120)
    assert refused(s3, **call) == "NoSuchUpload"
    answer(s3, **uploaded(s3, "next-day"))  # takes the old ones away
    assert refused(s3, **call) == "NoSuchUpload"


def test_answers_outlive_the_process_and_end_with_the_bucket(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        call = uploaded(s3, "durable")
        first = answer(s3, **call)
    with LocalServer(data=tmp_path) as server:
        s3 = server.client("s3")
        again = answer(s3, **call)
        assert {**again, "Location": ""} == {**first, "Location": ""}
        s3.delete_object(Bucket=BUCKET, Key="durable")
        s3.delete_bucket(Bucket=BUCKET)
        s3.create_bucket(Bucket=BUCKET)
        assert refused(s3, **call) == "NoSuchUpload"
