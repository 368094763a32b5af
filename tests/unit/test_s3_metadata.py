"""What is stored with an object, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest

from penstock.clock import Ids
from penstock.errors import AwsError
from penstock.services.s3.buckets.bucket import Bucket, Versioning
from penstock.services.s3.objects.checksums import Checksum
from penstock.services.s3.objects.metadata import check_key, encode_value, object_meta
from penstock.services.s3.objects.object import Meta, Part, has_given, new_version_id, version_ord
from penstock.services.s3.objects.source import parse_copy_source
from penstock.services.s3.objects.tags import checked_tags, parse_tag_header

BUCKET = Bucket(1, "b", "000000000000", "us-east-1", 0, Versioning.ENABLED, None, None)


def test_the_content_type_has_a_default() -> None:
    assert object_meta({}).headers == {"ContentType": "binary/octet-stream"}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("aws-chunked", None), ("aws-chunked,gzip", "gzip"), ("gzip, aws-chunked", "gzip"), ("gzip", "gzip")],
)
def test_the_encoding_of_the_upload_is_not_that_of_the_object(sent: str, stored: str | None) -> None:
    assert object_meta({"ContentEncoding": sent}).headers.get("ContentEncoding") == stored


def test_user_metadata_has_lower_case_names_and_a_limit() -> None:
    assert object_meta({"Metadata": {"Colour": "red"}}).user == {"colour": "red"}
    object_meta({"Metadata": {"a" * 48: "b" * 2000}})
    with pytest.raises(AwsError, match="MetadataTooLarge") as raised:
        object_meta({"Metadata": {"a" * 48: "b" * 2001}})
    assert raised.value.fields == {"Size": 2049, "MaxSizeAllowed": 2048}


def test_metadata_outside_ascii_is_shown_as_in_the_user_guide() -> None:
    as_http_gives_it = "ÄMÄZÕÑ S3".encode().decode("latin-1")
    assert encode_value(as_http_gives_it) == "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="


def test_metadata_that_http_cannot_show_is_counted() -> None:
    meta = object_meta({"Metadata": {"a": "b\x01c", "d": "e"}})
    assert (meta.user, meta.missing) == ({"d": "e"}, 1)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"ServerSideEncryption": "aws:kms:dsse"}, "NotImplemented"),
        ({"SSECustomerAlgorithm": "AES256"}, "InvalidArgument"),
        ({"SSECustomerAlgorithm": "DES", "SSECustomerKey": "eA=="}, "InvalidEncryptionAlgorithmError"),
        ({"SSEKMSKeyId": "alias/a"}, "InvalidArgument"),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSEncryptionContext": "e30"}, "InvalidArgument"),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSEncryptionContext": "eyJhIjoxfQ=="}, "InvalidArgument"),
        ({"ServerSideEncryption": "ROT13"}, "InvalidArgument"),
        ({"ACL": "public-read"}, "AccessControlListNotSupported"),
        ({"ACL": "nonsense"}, "InvalidArgument"),
        ({"GrantRead": "id=1"}, "AccessControlListNotSupported"),
        ({"ObjectLockMode": "GOVERNANCE"}, "InvalidRequest"),
        ({"StorageClass": "GLACIER"}, "NotImplemented"),
        ({"StorageClass": "NONSENSE"}, "InvalidStorageClass"),
        ({"WebsiteRedirectLocation": "elsewhere"}, "InvalidRedirectLocation"),
    ],
)
def test_what_cannot_be_honoured_is_refused(params: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError, match=code):
        object_meta(params)


def test_a_key_has_at_most_1024_bytes() -> None:
    check_key("é" * 512)
    with pytest.raises(AwsError, match="KeyTooLongError"):
        check_key("é" * 513)


def test_tags_in_a_header_are_decoded() -> None:
    assert parse_tag_header("a=1&b%20c=d+e&flag=&last") == {"a": "1", "b c": "d e", "flag": "", "last": ""}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "1"), ("a", "2")], "Cannot provide multiple Tags with the same key"),
        ([("", "1")], "The TagKey you have provided is invalid"),
        ([("a" * 129, "1")], "The TagKey you have provided is invalid"),
        ([("a", "b" * 257)], "The TagValue you have provided is invalid"),
        ([("a", "<b>")], "The TagValue you have provided is invalid"),
        ([("aws:a", "b")], "Your TagKey cannot be prefixed with aws:"),
        ([(str(n), "") for n in range(11)], "Object tags cannot be greater than 10"),
    ],
)
def test_tags_outside_the_limits_are_refused(pairs: list[tuple[str, str]], message: str) -> None:
    with pytest.raises(AwsError, match=message):
        checked_tags(pairs)


def test_a_tag_header_must_not_repeat_a_key() -> None:
    with pytest.raises(AwsError, match="without tag name duplicates"):
        parse_tag_header("a=1&a=2")


def test_stored_metadata_comes_back_whole() -> None:
    meta = Meta(
        {"ContentType": "text/plain"},
        {"a": "b"},
        1,
        {"t": "v"},
        Checksum("CRC32", "AAAAAA=="),
        [Part(1, 5, "x")],
    )
    assert Meta.decode(meta.encode()) == meta
    assert Meta.decode(Meta().encode()) == Meta()


@pytest.mark.parametrize("order", [-1, -61, -62, -3844, -916_132_831])
def test_a_version_id_says_where_its_row_is(order: int) -> None:
    version = new_version_id(Ids(1), BUCKET, order)
    assert len(version) == 32
    assert version_ord(version) == order


@pytest.mark.parametrize("order", [-1, -3844])
def test_a_version_id_says_which_bucket_has_given_it(order: int) -> None:
    version = new_version_id(Ids(1), BUCKET, order)
    assert has_given(BUCKET, version)
    assert not has_given(replace(BUCKET, id=2), version)
    assert not has_given(replace(BUCKET, created_ms=1), version)
    assert not has_given(BUCKET, ("1" if version[0] == "0" else "0") + version[1:])
    assert not has_given(BUCKET, version[:-1] + ("1" if version[-1] == "0" else "0"))


@pytest.mark.parametrize("version", ["", "x", "é" * 32, "a" * 31 + "/"])
def test_a_version_id_that_s3_cannot_have_made_is_refused(version: str) -> None:
    with pytest.raises(AwsError, match="InvalidArgument"):
        version_ord(version)


@pytest.mark.parametrize(
    ("header", "source"),
    [
        ("/bucket/a/b", {"Bucket": "bucket", "Key": "a/b"}),
        ("bucket/a%20b%3Fc", {"Bucket": "bucket", "Key": "a b?c"}),
        ("bucket/k?versionId=abc", {"Bucket": "bucket", "Key": "k", "VersionId": "abc"}),
        ("%2Fbucket%2Fk", {"Bucket": "bucket", "Key": "k"}),
    ],
)
def test_a_copy_source_is_read(header: str, source: dict[str, str]) -> None:
    assert parse_copy_source(header) == source


@pytest.mark.parametrize("header", ["", "/", "bucket", "bucket/", "//k"])
def test_a_copy_source_names_bucket_and_key(header: str) -> None:
    with pytest.raises(AwsError, match="InvalidArgument"):
        parse_copy_source(header)
