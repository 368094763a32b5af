"""Objects over the wire: put, get, head, delete, with what comes along."""

import hashlib
from base64 import b64decode, b64encode
from datetime import timedelta
from typing import Any

import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError

BIG = bytes(range(256)) * 12_000  # about 3 MB: several buffers of a file


@pytest.fixture(scope="module")
def s3(server: Any) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="objects")
    return client


def failure(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the error answer of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    return raised.value.response


def test_an_object_comes_back_as_it_was_put(s3: Any) -> None:
    put = s3.put_object(
        Bucket="objects",
        Key="a b+é/ü?.txt",
        Body=b"hello",
        ContentType="text/plain",
        CacheControl="max-age=60",
        ContentDisposition="attachment",
        ContentEncoding="gzip",
        ContentLanguage="de",
        Metadata={"Colour": "red"},
        Tagging="k=v&l=w",
        StorageClass="STANDARD_IA",
    )
    assert put["ETag"] == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert put["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket="objects", Key="a b+é/ü?.txt")
    assert got["Body"].read() == b"hello"
    for name, value in {
        "ContentType": "text/plain",
        "CacheControl": "max-age=60",
        "ContentDisposition": "attachment",
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "Metadata": {"colour": "red"},
        "TagCount": 2,
        "StorageClass": "STANDARD_IA",
        "ContentLength": 5,
        "AcceptRanges": "bytes",
        "ETag": put["ETag"],
    }.items():
        assert got[name] == value
    head = s3.head_object(Bucket="objects", Key="a b+é/ü?.txt")
    assert head["ContentLength"] == 5
    assert head["LastModified"] == got["LastModified"]


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, len(BIG)])
def test_bodies_of_every_size_come_back(s3: Any, size: int) -> None:
    s3.put_object(Bucket="objects", Key="sized", Body=BIG[:size])
    got = s3.get_object(Bucket="objects", Key="sized")
    assert got["ContentLength"] == size
    assert got["Body"].read() == BIG[:size]


@pytest.mark.parametrize("size", [100, len(BIG)])
def test_a_range_is_answered_with_206(s3: Any, size: int) -> None:
    s3.put_object(Bucket="objects", Key="ranged", Body=BIG[:size])
    got = s3.get_object(Bucket="objects", Key="ranged", Range="bytes=10-19")
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == f"bytes 10-19/{size}"
    assert got["Body"].read() == BIG[10:20]
    assert (
        s3.get_object(Bucket="objects", Key="ranged", Range="bytes=-7")["Body"].read() == BIG[size - 7 : size]
    )
    error = failure(s3.get_object, Bucket="objects", Key="ranged", Range=f"bytes={size}-")
    assert error["Error"]["Code"] == "InvalidRange"
    assert error["Error"]["ActualObjectSize"] == str(size)
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 416


def test_a_missing_key_is_named(s3: Any) -> None:
    error = failure(s3.get_object, Bucket="objects", Key="missing")["Error"]
    assert (error["Code"], error["Key"]) == ("NoSuchKey", "missing")
    assert error["Message"] == "The specified key does not exist."
    assert failure(s3.head_object, Bucket="objects", Key="missing")["Error"]["Code"] == "404"
    assert failure(s3.get_object, Bucket="no-such", Key="k")["Error"]["Code"] == "NoSuchBucket"


def test_a_damaged_body_is_not_stored(s3: Any) -> None:
    wrong = b64encode(hashlib.md5(b"other").digest()).decode()
    error = failure(s3.put_object, Bucket="objects", Key="damaged", Body=b"hello", ContentMD5=wrong)["Error"]
    assert error["Code"] == "BadDigest"
    error = failure(s3.put_object, Bucket="objects", Key="damaged", Body=BIG, ChecksumCRC32="AAAAAA==")[
        "Error"
    ]
    assert error["Code"] == "BadDigest"
    error = failure(s3.put_object, Bucket="objects", Key="damaged", Body=b"x", ContentMD5="x")["Error"]
    assert error["Code"] == "InvalidDigest"
    assert failure(s3.head_object, Bucket="objects", Key="damaged")["Error"]["Code"] == "404"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_is_kept_and_shown_when_asked_for(s3: Any, algorithm: str) -> None:
    member = f"Checksum{algorithm}"
    put = s3.put_object(Bucket="objects", Key="summed", Body=BIG, ChecksumAlgorithm=algorithm)
    assert put["ChecksumType"] == "FULL_OBJECT"
    got = s3.get_object(Bucket="objects", Key="summed", ChecksumMode="ENABLED")
    assert got[member] == put[member]
    assert got["Body"].read() == BIG
    head = s3.head_object(Bucket="objects", Key="summed", ChecksumMode="ENABLED")
    assert (head[member], head["ChecksumType"]) == (put[member], "FULL_OBJECT")
    attributes = s3.get_object_attributes(
        Bucket="objects", Key="summed", ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass"]
    )
    assert attributes["Checksum"] == {member: put[member], "ChecksumType": "FULL_OBJECT"}
    assert attributes["ETag"] == put["ETag"].strip('"')
    assert (attributes["ObjectSize"], attributes["StorageClass"]) == (len(BIG), "STANDARD")


def test_a_streamed_body_brings_its_checksum_behind_it(s3: Any) -> None:
    class Unseekable:
        def __init__(self) -> None:
            self.rest = BIG

        def read(self, size: int = -1) -> bytes:
            size = len(self.rest) if size is None or size < 0 else size
            data, self.rest = self.rest[:size], self.rest[size:]
            return data

        def __len__(self) -> int:
            return len(self.rest)

    s3.upload_fileobj(Unseekable(), "objects", "streamed")
    assert s3.get_object(Bucket="objects", Key="streamed")["Body"].read() == BIG


def test_reads_may_be_conditional(s3: Any) -> None:
    etag = s3.put_object(Bucket="objects", Key="conditional", Body=b"x")["ETag"]
    written = s3.head_object(Bucket="objects", Key="conditional")["LastModified"]
    where = {"Bucket": "objects", "Key": "conditional"}
    assert s3.get_object(**where, IfMatch=etag)["Body"].read() == b"x"
    error = failure(s3.get_object, **where, IfNoneMatch=etag)
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 304
    assert error["ResponseMetadata"]["HTTPHeaders"]["etag"] == etag
    assert (
        failure(s3.head_object, **where, IfModifiedSince=written)["ResponseMetadata"]["HTTPStatusCode"] == 304
    )
    error = failure(s3.get_object, **where, IfMatch='"other"')
    assert (error["Error"]["Code"], error["Error"]["Condition"]) == ("PreconditionFailed", "If-Match")
    before = written - timedelta(hours=1)
    assert failure(s3.get_object, **where, IfUnmodifiedSince=before)["Error"]["Code"] == "PreconditionFailed"


def test_writes_may_be_conditional(s3: Any) -> None:
    where = {"Bucket": "objects", "Key": "guarded"}
    assert failure(s3.put_object, **where, Body=b"0", IfMatch='"x"')["Error"]["Code"] == "NoSuchKey"
    etag = s3.put_object(**where, Body=b"1", IfNoneMatch="*")["ETag"]
    error = failure(s3.put_object, **where, Body=b"2", IfNoneMatch="*")
    assert error["Error"]["Condition"] == "If-None-Match"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 412
    s3.put_object(**where, Body=b"3", IfMatch=etag)
    assert failure(s3.put_object, **where, Body=b"4", IfMatch=etag)["Error"]["Code"] == "PreconditionFailed"
    assert s3.get_object(**where)["Body"].read() == b"3"
    assert failure(s3.delete_object, **where, IfMatch=etag)["Error"]["Code"] == "PreconditionFailed"


def test_a_get_may_choose_its_headers(s3: Any) -> None:
    s3.put_object(Bucket="objects", Key="named", Body=b"x", ContentType="text/plain")
    got = s3.get_object(
        Bucket="objects", Key="named", ResponseContentType="text/csv", ResponseContentDisposition="inline"
    )
    assert (got["ContentType"], got["ContentDisposition"]) == ("text/csv", "inline")


def test_deleting_is_idempotent(s3: Any) -> None:
    s3.put_object(Bucket="objects", Key="gone", Body=b"x")
    for _ in range(2):
        deleted = s3.delete_object(Bucket="objects", Key="gone")
        assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
        assert "VersionId" not in deleted
    assert failure(s3.get_object, Bucket="objects", Key="gone")["Error"]["Code"] == "NoSuchKey"


def test_many_objects_are_deleted_at_once(s3: Any) -> None:
    keys = [f"many/{n}" for n in range(5)]
    for key in keys:
        s3.put_object(Bucket="objects", Key=key, Body=b"x")
    objects = [{"Key": key} for key in [*keys[:3], "many/missing"]]
    answer = s3.delete_objects(Bucket="objects", Delete={"Objects": objects})
    assert [item["Key"] for item in answer["Deleted"]] == [item["Key"] for item in objects]
    answer = s3.delete_objects(Bucket="objects", Delete={"Objects": [{"Key": keys[3]}], "Quiet": True})
    assert "Deleted" not in answer
    assert "Errors" not in answer
    left = s3.list_objects_v2(Bucket="objects", Prefix="many/")["Contents"]
    assert [item["Key"] for item in left] == [keys[4]]


def test_tags_are_put_read_and_deleted(s3: Any) -> None:
    where = {"Bucket": "objects", "Key": "tagged"}
    s3.put_object(**where, Body=b"x", Tagging="b=2&a=1")
    assert s3.get_object_tagging(**where)["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "2"},
    ]
    s3.put_object_tagging(**where, Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object_tagging(**where)["TagSet"] == [{"Key": "c", "Value": ""}]
    s3.delete_object_tagging(**where)
    assert s3.get_object_tagging(**where)["TagSet"] == []
    twice = {"TagSet": [{"Key": "c", "Value": ""}, {"Key": "c", "Value": ""}]}
    assert failure(s3.put_object_tagging, **where, Tagging=twice)["Error"]["Code"] == "InvalidTag"


def test_another_owner_than_expected_is_refused(s3: Any) -> None:
    for owner in ("111111111111", "000000000000"):
        if owner == "000000000000":
            s3.put_object(Bucket="objects", Key="owned", Body=b"x", ExpectedBucketOwner=owner)
        else:
            error = failure(
                s3.put_object, Bucket="objects", Key="owned", Body=b"x", ExpectedBucketOwner=owner
            )
            assert error["Error"]["Code"] == "AccessDenied"


def presigned_put(server: Any, key: str) -> str:
    """Returns a URL that anybody may put to, without boto3 adding checksums."""
    client = server.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
    url: str = client.generate_presigned_url("put_object", Params={"Bucket": "objects", "Key": key})
    return url


def test_a_body_without_a_length_is_refused(s3: Any, server: Any) -> None:
    url = presigned_put(server, "endless")
    answer = urllib3.PoolManager().request("PUT", url, body=iter([b"a", b"b"]), retries=False)
    assert answer.status == 501  # urllib3 sends it in chunks
    assert b"<Header>Transfer-Encoding</Header>" in answer.data


def test_a_crc64nvme_is_kept_when_the_client_sends_no_checksum(s3: Any, server: Any) -> None:
    url = presigned_put(server, "plain")
    answer = urllib3.PoolManager().request("PUT", url, body=b"123456789", retries=False)
    assert answer.status == 200
    assert b64decode(answer.headers["x-amz-checksum-crc64nvme"]).hex() == "ae8b14860a799888"
