"""CopyObject over the wire."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

BIG = bytes(range(256)) * 12_000
PART = 5 * 1024 * 1024


@pytest.fixture(scope="module")
def s3(server: Any) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="copies")
    client.create_bucket(Bucket="copied-versions")
    client.put_bucket_versioning(Bucket="copied-versions", VersioningConfiguration={"Status": "Enabled"})
    return client


def failure(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the error answer of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    return raised.value.response["Error"]


@pytest.mark.parametrize("body", [b"small", BIG], ids=["row", "file"])
def test_a_copy_has_the_bytes_and_what_was_stored_with_them(s3: Any, body: bytes) -> None:
    s3.put_object(
        Bucket="copies", Key="from a", Body=body, ContentType="text/plain", Metadata={"a": "b"}, Tagging="t=1"
    )
    copied = s3.copy_object(Bucket="copies", Key="to", CopySource={"Bucket": "copies", "Key": "from a"})
    s3.delete_object(Bucket="copies", Key="from a")
    got = s3.get_object(Bucket="copies", Key="to")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"], got["TagCount"]) == ("text/plain", {"a": "b"}, 1)
    assert copied["CopyObjectResult"]["ETag"] == got["ETag"]


def test_a_copy_may_replace_what_is_stored(s3: Any) -> None:
    s3.put_object(
        Bucket="copies", Key="r", Body=b"x", ContentType="text/plain", Metadata={"a": "b"}, Tagging="t=1"
    )
    s3.copy_object(
        Bucket="copies",
        Key="r",
        CopySource="copies/r",
        MetadataDirective="REPLACE",
        Metadata={"c": "d"},
        ContentType="text/csv",
        TaggingDirective="REPLACE",
        Tagging="u=2",
    )
    got = s3.get_object(Bucket="copies", Key="r")
    assert (got["ContentType"], got["Metadata"], got["Body"].read()) == ("text/csv", {"c": "d"}, b"x")
    assert s3.get_object_tagging(Bucket="copies", Key="r")["TagSet"] == [{"Key": "u", "Value": "2"}]


def test_a_large_object_copied_onto_itself_keeps_its_bytes(s3: Any) -> None:
    s3.put_object(Bucket="copies", Key="self", Body=BIG)
    s3.copy_object(Bucket="copies", Key="self", CopySource="copies/self", StorageClass="STANDARD_IA")
    got = s3.get_object(Bucket="copies", Key="self")
    assert (got["StorageClass"], got["Body"].read()) == ("STANDARD_IA", BIG)


def test_a_copy_onto_itself_must_change_something(s3: Any) -> None:
    s3.put_object(Bucket="copies", Key="same", Body=b"x")
    error = failure(s3.copy_object, Bucket="copies", Key="same", CopySource="copies/same")
    assert error["Code"] == "InvalidRequest"
    assert error["Message"].startswith(
        "This copy request is illegal because it is trying to copy an object to itself"
    )


def test_an_old_version_is_restored_by_a_copy(s3: Any) -> None:
    where = {"Bucket": "copied-versions", "Key": "k"}
    first = s3.put_object(**where, Body=b"1")["VersionId"]
    s3.put_object(**where, Body=b"2")
    copied = s3.copy_object(**where, CopySource={**where, "VersionId": first})
    assert copied["CopySourceVersionId"] == first
    assert s3.get_object(**where)["VersionId"] == copied["VersionId"]
    assert s3.get_object(**where)["Body"].read() == b"1"


def test_a_delete_marker_is_no_source(s3: Any) -> None:
    where = {"Bucket": "copied-versions", "Key": "deleted"}
    s3.put_object(**where, Body=b"1")
    marker = s3.delete_object(**where)["VersionId"]
    error = failure(s3.copy_object, Bucket="copies", Key="x", CopySource={**where, "VersionId": marker})
    assert error["Code"] == "InvalidRequest"
    assert failure(s3.copy_object, Bucket="copies", Key="x", CopySource=where)["Code"] == "NoSuchKey"


def test_the_source_may_have_conditions(s3: Any) -> None:
    etag = s3.put_object(Bucket="copies", Key="c", Body=b"x")["ETag"]
    where = {"Bucket": "copies", "Key": "d", "CopySource": "copies/c"}
    s3.copy_object(**where, CopySourceIfMatch=etag)
    assert failure(s3.copy_object, **where, CopySourceIfNoneMatch=etag)["Code"] == "PreconditionFailed"
    assert failure(s3.copy_object, **where, CopySourceIfMatch='"y"')["Code"] == "PreconditionFailed"


def test_a_copy_may_get_another_checksum(s3: Any) -> None:
    s3.put_object(Bucket="copies", Key="sum", Body=BIG, ChecksumAlgorithm="CRC32")
    copied = s3.copy_object(Bucket="copies", Key="sum2", CopySource="copies/sum", ChecksumAlgorithm="SHA256")
    expected = s3.put_object(Bucket="copies", Key="sum3", Body=BIG, ChecksumAlgorithm="SHA256")
    assert copied["CopyObjectResult"]["ChecksumSHA256"] == expected["ChecksumSHA256"]
    kept = s3.copy_object(Bucket="copies", Key="sum4", CopySource="copies/sum")["CopyObjectResult"]
    assert kept["ChecksumCRC32"]


def test_a_copy_of_an_object_in_parts_is_one_object(s3: Any) -> None:
    where = {"Bucket": "copies", "Key": "parts"}
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]
    parts = []
    for number, body in enumerate((BIG * 2, b"end"), 1):
        part = s3.upload_part(
            **where, UploadId=upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256"
        )
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]})
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": parts})
    copied = s3.copy_object(Bucket="copies", Key="whole", CopySource=where)["CopyObjectResult"]
    put = s3.put_object(Bucket="copies", Key="put", Body=BIG * 2 + b"end", ChecksumAlgorithm="SHA256")
    assert (copied["ETag"], copied["ChecksumSHA256"]) == (put["ETag"], put["ChecksumSHA256"])
    assert copied["ChecksumType"] == "FULL_OBJECT"
    assert s3.get_object(Bucket="copies", Key="whole")["Body"].read() == BIG * 2 + b"end"
