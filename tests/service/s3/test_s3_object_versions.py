"""Versions and delete markers over the wire."""

from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def s3(server: Any) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="versions")
    client.put_object(Bucket="versions", Key="old", Body=b"before")
    client.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    return client


def failure(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the error answer of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    return raised.value.response


def test_each_write_makes_a_version(s3: Any) -> None:
    where = {"Bucket": "versions", "Key": "twice"}
    first, second = (s3.put_object(**where, Body=body)["VersionId"] for body in (b"1", b"2"))
    assert first != second
    assert s3.get_object(**where)["Body"].read() == b"2"
    got = s3.get_object(**where, VersionId=first)
    assert (got["Body"].read(), got["VersionId"]) == (b"1", first)
    assert s3.head_object(**where)["VersionId"] == second


def test_what_is_older_than_versioning_is_the_null_version(s3: Any) -> None:
    where = {"Bucket": "versions", "Key": "old"}
    assert s3.get_object(**where)["VersionId"] == "null"
    s3.put_object(**where, Body=b"after")
    assert s3.get_object(**where, VersionId="null")["Body"].read() == b"before"


def test_a_delete_hides_and_its_removal_shows_again(s3: Any) -> None:
    where = {"Bucket": "versions", "Key": "hidden"}
    version = s3.put_object(**where, Body=b"x")["VersionId"]
    marker = s3.delete_object(**where)
    assert marker["DeleteMarker"] is True
    error = failure(s3.get_object, **where)
    assert error["Error"]["Code"] == "NoSuchKey"
    headers = error["ResponseMetadata"]["HTTPHeaders"]
    assert (headers["x-amz-delete-marker"], headers["x-amz-version-id"]) == ("true", marker["VersionId"])
    error = failure(s3.get_object, **where, VersionId=marker["VersionId"])
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("MethodNotAllowed", 405)
    removed = s3.delete_object(**where, VersionId=marker["VersionId"])
    assert (removed["DeleteMarker"], removed["VersionId"]) == (True, marker["VersionId"])
    assert s3.get_object(**where)["VersionId"] == version
    s3.delete_object(**where, VersionId=version)
    assert failure(s3.get_object, **where, VersionId=version)["Error"]["Code"] == "NoSuchVersion"


def test_a_version_id_that_cannot_be_is_refused(s3: Any) -> None:
    error = failure(s3.get_object, Bucket="versions", Key="old", VersionId="nonsense")["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "Invalid version id specified")


def test_tags_belong_to_a_version(s3: Any) -> None:
    where = {"Bucket": "versions", "Key": "tagged"}
    first = s3.put_object(**where, Body=b"1", Tagging="n=1")["VersionId"]
    s3.put_object(**where, Body=b"2")
    tags = s3.get_object_tagging(**where, VersionId=first)
    assert (tags["TagSet"], tags["VersionId"]) == ([{"Key": "n", "Value": "1"}], first)
    assert s3.get_object_tagging(**where)["TagSet"] == []


def test_many_deletes_say_what_they_did(s3: Any) -> None:
    version = s3.put_object(Bucket="versions", Key="m", Body=b"1")["VersionId"]
    answer = s3.delete_objects(
        Bucket="versions",
        Delete={
            "Objects": [{"Key": "m"}, {"Key": "m", "VersionId": version}, {"Key": "m", "VersionId": "bad"}]
        },
    )
    made, gone = answer["Deleted"]
    assert made["DeleteMarker"] is True
    assert made["DeleteMarkerVersionId"]
    assert gone == {"Key": "m", "VersionId": version}
    error = answer["Errors"][0]
    assert (error["Code"], error["VersionId"]) == ("NoSuchVersion", "bad")
    assert error["Message"] == "The specified version does not exist."


def test_suspended_versioning_replaces_the_null_version_only(s3: Any) -> None:
    s3.create_bucket(Bucket="suspended")
    where = {"Bucket": "suspended", "Key": "k"}
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(**where, Body=b"kept")["VersionId"]
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})
    for body in (b"1", b"2"):
        s3.put_object(**where, Body=body)
    listed = s3.list_object_versions(Bucket="suspended")["Versions"]
    assert [(item["VersionId"], item["IsLatest"]) for item in listed] == [("null", True), (kept, False)]
    marker = s3.delete_object(**where)
    assert (marker["DeleteMarker"], marker["VersionId"]) == (True, "null")
    listing = s3.list_object_versions(Bucket="suspended")
    assert [item["VersionId"] for item in listing["Versions"]] == [kept]
    assert [item["VersionId"] for item in listing["DeleteMarkers"]] == ["null"]
