"""What S3 says of objects: versions that never were, checksums of parts, copies, tags, metadata."""

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.signed import between, refusal, send, send_presigned

from penstock.testing import LocalServer

PART = b"p" * 5 * 1024 * 1024
UNKNOWN = "0123456789abcdefghijABCDEFGH0000"


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    for name in ("plain", "versioned", "suspended", "other-versions"):
        client.create_bucket(Bucket=name)
        client.put_object(Bucket=name, Key="k", Body=b"0123456789")
    for name, status in (
        ("versioned", "Enabled"),
        ("other-versions", "Enabled"),
        ("suspended", "Suspended"),
    ):
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    return client


def failure(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the error answer of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    found: dict[str, Any] = raised.value.response["Error"]
    return {**found, "status": raised.value.response["ResponseMetadata"]["HTTPStatusCode"]}


def answered(call: Any, **params: Any) -> dict[str, Any]:
    """Returns the answer, its body read: a connection is free only then."""
    found: dict[str, Any] = call(**params)
    if "Body" in found:
        found["Body"].read()
    return found


INVALID_VERSION = ("InvalidArgument", "Invalid version id specified", "versionId")


@pytest.mark.parametrize("bucket", ["plain", "versioned", "suspended"])
@pytest.mark.parametrize(
    "operation", ["get_object", "delete_object", "get_object_tagging", "get_object_attributes"]
)
def test_a_version_id_that_was_never_given_is_invalid(s3: Any, bucket: str, operation: str) -> None:
    more = {"ObjectAttributes": ["ETag"]} if operation == "get_object_attributes" else {}
    error = failure(getattr(s3, operation), Bucket=bucket, Key="k", VersionId=UNKNOWN, **more)
    assert (error["Code"], error["Message"], error["ArgumentName"]) == INVALID_VERSION
    assert (error["status"], error["ArgumentValue"]) == (400, UNKNOWN)


def test_a_version_id_of_another_bucket_was_never_given_here(s3: Any) -> None:
    version = s3.put_object(Bucket="other-versions", Key="k", Body=b"")["VersionId"]
    error = failure(s3.get_object, Bucket="versioned", Key="k", VersionId=version)
    assert (error["Code"], error["Message"], error["ArgumentName"]) == INVALID_VERSION
    assert failure(s3.head_object, Bucket="versioned", Key="k", VersionId=version)["status"] == 400
    copy = {"Bucket": "versioned", "Key": "copy"}
    source = f"versioned/k?versionId={version}"
    assert failure(s3.copy_object, **copy, CopySource=source)["Message"] == INVALID_VERSION[1]


def test_a_version_that_is_gone_is_no_such_version(s3: Any) -> None:
    where = {"Bucket": "versioned", "Key": "gone"}
    version = s3.put_object(**where, Body=b"")["VersionId"]
    s3.delete_object(**where, VersionId=version)
    assert failure(s3.get_object, **where, VersionId=version)["Code"] == "NoSuchVersion"
    assert failure(s3.get_object, **where, VersionId="null")["Code"] == "NoSuchVersion"
    assert s3.delete_object(**where, VersionId=version)["VersionId"] == version
    # Of another key of the bucket it is one that was given.
    assert failure(s3.get_object, Bucket="versioned", Key="k", VersionId=version)["Code"] == "NoSuchVersion"


def test_a_bucket_of_the_same_name_did_not_give_what_its_forerunner_gave(s3: Any) -> None:
    enabled = {"Status": "Enabled"}
    where = {"Bucket": "successor", "Key": "k"}
    s3.create_bucket(Bucket="successor")
    s3.put_bucket_versioning(Bucket="successor", VersioningConfiguration=enabled)
    version = s3.put_object(**where, Body=b"")["VersionId"]
    s3.delete_object(**where, VersionId=version)
    s3.delete_bucket(Bucket="successor")
    s3.create_bucket(Bucket="successor")
    assert failure(s3.get_object, **where, VersionId=version)["Message"] == INVALID_VERSION[1]


@pytest.mark.parametrize("bucket", ["plain", "versioned"])
def test_many_deletions_list_unknown_versions_among_the_errors(s3: Any, bucket: str) -> None:
    given = s3.put_object(Bucket="versioned", Key="one", Body=b"")["VersionId"]
    objects = [{"Key": "k", "VersionId": UNKNOWN}, {"Key": "k", "VersionId": "x"}]
    if bucket == "versioned":
        objects.append({"Key": "one", "VersionId": given})
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert [(error["VersionId"], error["Code"], error["Message"]) for error in answer["Errors"]] == [
        ("x", "NoSuchVersion", "The specified version does not exist."),
        (UNKNOWN, "NoSuchVersion", "The specified version does not exist."),
    ]
    assert [deleted["Key"] for deleted in answer.get("Deleted", ())] == ["one"] * (bucket == "versioned")


def test_a_listing_goes_on_behind_a_version_that_was_given(s3: Any) -> None:
    s3.create_bucket(Bucket="version-markers")
    enabled = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="version-markers", VersioningConfiguration=enabled)
    where = {"Bucket": "version-markers", "Key": "k"}
    old, new = (s3.put_object(**where, Body=b"")["VersionId"] for _ in range(2))
    listing = s3.list_object_versions
    for marker in (UNKNOWN, "x", "é" * 32):
        error = failure(listing, Bucket="version-markers", KeyMarker="k", VersionIdMarker=marker)
        assert (error["Message"], error["ArgumentName"]) == (INVALID_VERSION[1], "version-id-marker")
    s3.delete_object(**where, VersionId=new)
    page = listing(Bucket="version-markers", KeyMarker="k", VersionIdMarker=new)
    assert [version["VersionId"] for version in page["Versions"]] == [old]


@pytest.mark.parametrize("mode", ["enabled", "ENABLED", "Enabled"])
def test_the_checksum_mode_is_read_in_any_case(server: LocalServer, s3: Any, mode: str) -> None:
    answer = send(server, "GET", "/plain/k", x_amz_checksum_mode=mode)
    assert "x-amz-checksum-crc32" in answer.headers
    assert "x-amz-checksum-crc32" in send(server, "HEAD", "/plain/k", x_amz_checksum_mode=mode).headers
    assert "x-amz-checksum-crc32" not in send(server, "GET", "/plain/k", x_amz_checksum_mode="no").headers


@pytest.mark.parametrize("operation", ["get_object", "head_object"])
def test_a_part_has_no_checksum_of_the_whole_object(s3: Any, operation: str) -> None:
    where = {"Bucket": "plain", "Key": "in-parts"}
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    answer = s3.upload_part(**where, UploadId=upload["UploadId"], PartNumber=1, Body=PART)
    parts = {"Parts": [{"PartNumber": 1, "ETag": answer["ETag"]}]}
    s3.complete_multipart_upload(**where, UploadId=upload["UploadId"], MultipartUpload=parts)
    for key in ("in-parts", "k"):
        get = {"Bucket": "plain", "Key": key, "ChecksumMode": "ENABLED"}
        assert "ChecksumCRC32" in answered(getattr(s3, operation), **get)
        part = answered(getattr(s3, operation), **get, PartNumber=1)
        assert not [name for name in part if name.startswith("Checksum")]


def test_a_part_of_a_composite_checksum_has_its_own(s3: Any) -> None:
    where = {"Bucket": "plain", "Key": "composite"}
    upload = s3.create_multipart_upload(**where, ChecksumAlgorithm="SHA256")["UploadId"]
    part = s3.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    listed = {"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": [listed]})
    found = s3.head_object(**where, PartNumber=1, ChecksumMode="ENABLED")
    assert (found["ChecksumSHA256"], found["ChecksumType"]) == (part["ChecksumSHA256"], "COMPOSITE")


def test_a_copy_into_a_suspended_bucket_is_version_null(s3: Any) -> None:
    copied = s3.copy_object(Bucket="suspended", Key="copy", CopySource="plain/k")
    assert copied["VersionId"] == "null"
    assert "VersionId" not in s3.copy_object(Bucket="plain", Key="copy", CopySource="plain/k")
    assert "VersionId" not in s3.put_object(Bucket="suspended", Key="put", Body=b"")


def test_a_copy_onto_itself_is_a_change_once_the_bucket_has_an_encryption(s3: Any) -> None:
    s3.create_bucket(Bucket="encrypted")
    s3.put_object(Bucket="encrypted", Key="k", Body=b"x")
    copy = {"Bucket": "encrypted", "Key": "k", "CopySource": "encrypted/k"}
    assert failure(s3.copy_object, **copy)["Code"] == "InvalidRequest"
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    s3.put_bucket_encryption(Bucket="encrypted", ServerSideEncryptionConfiguration=rules)
    s3.copy_object(**copy)
    s3.delete_bucket_encryption(Bucket="encrypted")
    assert failure(s3.copy_object, **copy)["Code"] == "InvalidRequest"


@pytest.mark.parametrize(
    "source",
    [
        "plain/with+a%2Bplus",
        "/plain/with%20a%2Bplus",
        "https://s3.amazonaws.com/plain/with+a%2Bplus",
        "http://localhost:9000/plain/with%20a%2Bplus",
    ],
)
def test_a_copy_source_is_a_form_or_a_whole_url(server: LocalServer, s3: Any, source: str) -> None:
    s3.put_object(Bucket="plain", Key="with a+plus", Body=b"found")
    assert send(server, "PUT", "/plain/taken", x_amz_copy_source=source).status_code == 200
    assert s3.get_object(Bucket="plain", Key="taken")["Body"].read() == b"found"


def test_a_url_within_a_key_stays_there(server: LocalServer, s3: Any) -> None:
    s3.put_object(Bucket="plain", Key="https://host/key", Body=b"found")
    source = "plain/https://host/key"
    assert send(server, "PUT", "/plain/taken-url", x_amz_copy_source=source).status_code == 200


@pytest.mark.parametrize("source", ["plain", "/plain/", "", "https://host/plain", "/", "//k"])
def test_a_copy_source_without_a_key_is_invalid(server: LocalServer, s3: Any, source: str) -> None:
    answer = send(server, "PUT", "/plain/copy", x_amz_copy_source=source or "/")
    assert refusal(answer) == (400, "InvalidArgument", "Invalid copy source object key")
    assert between(answer.text, "ArgumentName") == "x-amz-copy-source"
    assert between(answer.text, "ArgumentValue") == "x-amz-copy-source"


@pytest.mark.parametrize("header", ["a=%FF", "a=%zz", "a=%", "a=1&a=2", "%C3=1", "a=%1"])
def test_a_bad_tagging_header_is_an_invalid_argument(server: LocalServer, s3: Any, header: str) -> None:
    answer = send(server, "PUT", "/plain/tagged", x_amz_tagging=header)
    message = (
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
        "without tag name duplicates."
    )
    assert refusal(answer) == (400, "InvalidArgument", message)
    assert between(answer.text, "ArgumentName") == "x-amz-tagging"
    assert between(answer.text, "ArgumentValue") == header


def test_tags_of_an_object_do_not_begin_with_aws(s3: Any) -> None:
    where = {"Bucket": "plain", "Key": "k"}
    tags = {"TagSet": [{"Key": "aws:a", "Value": "1"}]}
    message = "Your TagKey cannot be prefixed with aws:"
    error = failure(s3.put_object_tagging, **where, Tagging=tags)
    assert (error["Code"], error["Message"], error["TagKey"]) == ("InvalidTag", message, "aws:a")
    assert failure(s3.put_object, **where, Body=b"", Tagging="aws:a=1")["Message"] == message
    assert failure(s3.create_multipart_upload, **where, Tagging="aws:a=1")["Message"] == message


def test_the_tags_of_a_delete_marker_are_not_allowed(s3: Any) -> None:
    where = {"Bucket": "versioned", "Key": "hidden"}
    s3.put_object(**where, Body=b"")
    marker = s3.delete_object(**where)["VersionId"]
    for version in ({}, {"VersionId": marker}):
        for call, more, method in (
            (s3.get_object_tagging, {}, "GET"),
            (s3.put_object_tagging, {"Tagging": {"TagSet": []}}, "PUT"),
            (s3.delete_object_tagging, {}, "DELETE"),
        ):
            error = failure(call, **where, **version, **more)
            assert (error["status"], error["Code"], error["Method"], error["ResourceType"]) == (
                405,
                "MethodNotAllowed",
                method,
                "DeleteMarker",
            )


def test_the_tags_of_no_object_are_missed_with_the_bucket(s3: Any) -> None:
    where = {"Bucket": "plain", "Key": "nowhere"}
    error = failure(s3.get_object_tagging, **where)
    assert (error["status"], error["Code"], error["Key"]) == (404, "NoSuchKey", "plain/nowhere")
    assert failure(s3.get_object, **where)["Key"] == "nowhere"


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("value", ["AES256", "aws:kms", ""])
def test_a_read_does_not_ask_for_an_encryption(server: LocalServer, s3: Any, method: str, value: str) -> None:
    assert send(server, method, "/plain/k", x_amz_server_side_encryption=value or "x").status_code == 400
    assert (
        send_presigned(server, method, "/plain/k", x_amz_server_side_encryption="AES256").status_code == 400
    )


def test_there_is_no_governance_to_bypass_in_a_bucket_without_locks(s3: Any) -> None:
    s3.put_object(Bucket="plain", Key="governed", Body=b"")
    one = failure(s3.delete_object, Bucket="plain", Key="governed", BypassGovernanceRetention=True)
    objects = {"Objects": [{"Key": "governed"}]}
    many = failure(s3.delete_objects, Bucket="plain", Delete=objects, BypassGovernanceRetention=True)
    for error in (one, many):
        assert (error["Code"], error["ArgumentName"]) == (
            "InvalidArgument",
            "x-amz-bypass-governance-retention",
        )
    assert s3.head_object(Bucket="plain", Key="governed")["ContentLength"] == 0


def test_a_wrong_md5_is_shown_in_hexadecimal(s3: Any) -> None:
    wrong = hashlib.md5(b"other", usedforsecurity=False).digest()
    right = hashlib.md5(b"x", usedforsecurity=False).digest()
    sent = base64.b64encode(wrong).decode()
    error = failure(s3.put_object, Bucket="plain", Key="md5", Body=b"x", ContentMD5=sent)
    assert (error["Code"], error["ExpectedDigest"]) == ("BadDigest", wrong.hex())
    assert error["CalculatedDigest"] == base64.b64encode(right).decode()


def test_an_unknown_storage_class_is_named(s3: Any) -> None:
    error = failure(s3.put_object, Bucket="plain", Key="class", Body=b"", StorageClass="NOPE")
    assert (error["Code"], error["StorageClassRequested"]) == ("InvalidStorageClass", "NOPE")


@pytest.mark.parametrize(
    ("override", "name"),
    [
        ("ResponseContentDisposition", "response-content-disposition"),
        ("ResponseCacheControl", "response-cache-control"),
        ("ResponseContentType", "response-content-type"),
    ],
)
def test_an_override_that_no_header_can_carry_is_refused(s3: Any, override: str, name: str) -> None:
    value = 'attachment; filename="文書.txt"'
    error = failure(s3.get_object, Bucket="plain", Key="k", **{override: value})
    assert (error["status"], error["Code"], error["ArgumentName"]) == (400, "InvalidArgument", name)
    assert error["Message"] == "Header value cannot be represented using ISO-8859-1."
    got = answered(s3.get_object, Bucket="plain", Key="k", **{override: "attachment; filename=é"})
    assert got["ResponseMetadata"]["HTTPHeaders"][name.removeprefix("response-")].endswith("é")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("=?UTF-8?B?YWJj?=", "abc"),
        ("=?utf-8?q?a=20b_c?=", "a b c"),
        ("=?UTF-8?Q?AMAZONS3?=", "AMAZONS3"),
        ("=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?=", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
        (
            "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=",
            "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?=",
        ),
        ("=?UTF-8?B?!!?=", "=?UTF-8?B?!!?="),
        ("=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="),
        ("=?UTF-8?Z?YWJj?=", "=?UTF-8?Z?YWJj?="),
        ("a =?UTF-8?B?YWJj?=", "a =?UTF-8?B?YWJj?="),
        ("=?UTF-8?B??=", ""),
    ],
)
def test_encoded_words_in_metadata_are_decoded_or_quoted(
    server: LocalServer, s3: Any, sent: str, shown: str
) -> None:
    # The examples of https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html are among them.
    assert send(server, "PUT", "/plain/words", x_amz_meta_word=sent).status_code == 200
    assert send(server, "HEAD", "/plain/words").headers["x-amz-meta-word"] == shown


def test_an_encoded_word_does_not_bring_control_characters_into_a_header(
    server: LocalServer, s3: Any
) -> None:
    word = base64.b64encode(b"a\r\nx-injected: 1").decode()
    assert send(server, "PUT", "/plain/controls", x_amz_meta_word=f"=?UTF-8?B?{word}?=").status_code == 200
    answer = send(server, "HEAD", "/plain/controls")
    assert "x-injected" not in answer.headers
    assert answer.headers["x-amz-missing-meta"] == "1"
