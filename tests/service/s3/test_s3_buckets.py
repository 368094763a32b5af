"""Buckets over the wire: made, found, listed, deleted, and what is set on them."""

from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from zlib import crc32

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer

ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    return server.client("s3")


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = f"b-{crc32(request.node.name.encode()):08x}"
    s3.create_bucket(Bucket=name)
    return name


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    """Returns code and status of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_bucket_is_made_found_and_deleted(s3: Any) -> None:
    assert s3.create_bucket(Bucket="made-found-deleted")["Location"] == "/made-found-deleted"
    assert s3.head_bucket(Bucket="made-found-deleted")["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_location(Bucket="made-found-deleted")["LocationConstraint"] is None
    assert s3.delete_bucket(Bucket="made-found-deleted")["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(s3.head_bucket, Bucket="made-found-deleted") == ("404", 404)
    assert refused(s3.delete_bucket, Bucket="made-found-deleted") == ("NoSuchBucket", 404)


def test_a_bad_name_is_refused(server: LocalServer) -> None:
    s3 = server.client("s3")
    assert refused(s3.create_bucket, Bucket="Upper-Case") == ("InvalidBucketName", 400)


def test_a_request_signed_for_us_makes_a_bucket_in_us_east_1(server: LocalServer) -> None:
    s3 = server.session().client("s3", endpoint_url=server.endpoint, region_name="US")
    s3.create_bucket(Bucket="signed-for-us")
    assert s3.get_bucket_location(Bucket="signed-for-us")["LocationConstraint"] is None


def test_making_ones_own_bucket_again_succeeds_in_us_east_1_only(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="again-east")
    s3.create_bucket(Bucket="again-east")
    west = server.session().client("s3", endpoint_url=server.endpoint, region_name="eu-west-1")
    place = {"LocationConstraint": "eu-west-1"}
    west.create_bucket(Bucket="again-west", CreateBucketConfiguration=place)
    code = refused(west.create_bucket, Bucket="again-west", CreateBucketConfiguration=place)
    assert code == ("BucketAlreadyOwnedByYou", 409)


def test_a_bucket_lies_where_its_location_constraint_says(server: LocalServer, s3: Any) -> None:
    s3.create_bucket(Bucket="in-ireland", CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert s3.head_bucket(Bucket="in-ireland")["BucketRegion"] == "eu-west-1"
    make = s3.create_bucket
    wrong = {"LocationConstraint": "us-east-1"}
    code = refused(make, Bucket="nowhere", CreateBucketConfiguration=wrong)
    assert code == ("InvalidLocationConstraint", 400)
    west = server.session().client("s3", endpoint_url=server.endpoint, region_name="eu-west-1")
    illegal = ("IllegalLocationConstraintException", 400)
    assert refused(west.create_bucket, Bucket="nowhere") == illegal
    other = {"LocationConstraint": "eu-west-2"}
    assert refused(west.create_bucket, Bucket="nowhere", CreateBucketConfiguration=other) == illegal


def test_object_lock_is_refused_clearly(s3: Any) -> None:
    code = refused(s3.create_bucket, Bucket="locked", ObjectLockEnabledForBucket=True)
    assert code == ("NotImplemented", 501)


def test_buckets_are_listed_by_name_in_pages() -> None:
    with LocalServer() as server:
        s3 = server.client("s3")
        names = [f"page-{n}" for n in range(5)]
        for name in reversed(names):
            s3.create_bucket(Bucket=name)
        s3.create_bucket(Bucket="other", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        whole = s3.list_buckets()
        assert [found["Name"] for found in whole["Buckets"]] == ["other", *names]
        assert "BucketRegion" not in whole["Buckets"][0]
        assert len(whole["Owner"]["ID"]) == 64
        pages = list(
            s3.get_paginator("list_buckets").paginate(Prefix="page-", PaginationConfig={"PageSize": 2})
        )
        assert [[found["Name"] for found in page["Buckets"]] for page in pages] == [
            names[:2],
            names[2:4],
            names[4:],
        ]
        assert pages[0]["Prefix"] == "page-"
        (abroad,) = s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]
        assert (abroad["Name"], abroad["BucketRegion"]) == ("other", "eu-west-1")


@pytest.mark.parametrize("params", [{"MaxBuckets": 10_001}, {"ContinuationToken": "?"}])
def test_a_page_that_cannot_be_is_refused(s3: Any, params: dict[str, Any]) -> None:
    assert refused(s3.list_buckets, **params) == ("InvalidArgument", 400)


def test_a_bucket_with_versions_or_delete_markers_is_not_empty(s3: Any, bucket: str) -> None:
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError, match="You must delete all versions in the bucket") as raised:
        s3.delete_bucket(Bucket=bucket)
    assert raised.value.response["Error"]["Code"] == "BucketNotEmpty"
    listed = s3.list_object_versions(Bucket=bucket)
    for found in listed["Versions"] + listed["DeleteMarkers"]:
        s3.delete_object(Bucket=bucket, Key="k", VersionId=found["VersionId"])
    s3.delete_bucket(Bucket=bucket)


def test_a_bucket_made_anew_has_nothing_of_the_former(s3: Any) -> None:
    s3.create_bucket(Bucket="anew")
    s3.put_bucket_versioning(Bucket="anew", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="anew", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    upload = s3.create_multipart_upload(Bucket="anew", Key="half")
    s3.delete_bucket(Bucket="anew")
    s3.create_bucket(Bucket="anew")
    assert "Status" not in s3.get_bucket_versioning(Bucket="anew")
    assert refused(s3.get_bucket_tagging, Bucket="anew") == ("NoSuchTagSet", 404)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="anew")
    gone = refused(s3.list_parts, Bucket="anew", Key="half", UploadId=upload["UploadId"])
    assert gone == ("NoSuchUpload", 404)


def test_another_owner_than_expected_is_denied(s3: Any, bucket: str) -> None:
    s3.get_bucket_versioning(Bucket=bucket, ExpectedBucketOwner=ACCOUNT)
    code = refused(s3.get_bucket_versioning, Bucket=bucket, ExpectedBucketOwner="111122223333")
    assert code == ("AccessDenied", 403)


def test_versioning_is_enabled_and_suspended(s3: Any, bucket: str) -> None:
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == status
    put = s3.put_bucket_versioning
    assert (
        refused(put, Bucket=bucket, VersioningConfiguration={})[0]
        == "IllegalVersioningConfigurationException"
    )
    assert refused(put, Bucket=bucket, VersioningConfiguration={"Status": "On"})[0] == "MalformedXML"
    mfa = {"Status": "Enabled", "MFADelete": "Enabled"}
    assert refused(put, Bucket=bucket, VersioningConfiguration=mfa)[0] == "NotImplemented"


def test_tags_are_put_replaced_and_deleted(s3: Any, bucket: str) -> None:
    assert refused(s3.get_bucket_tagging, Bucket=bucket) == ("NoSuchTagSet", 404)
    for tags in ([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}], [{"Key": "ü", "Value": "x y"}]):
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
        assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refused(s3.get_bucket_tagging, Bucket=bucket) == ("NoSuchTagSet", 404)


def test_a_bucket_can_be_made_with_tags(s3: Any) -> None:
    tags = [{"Key": "team", "Value": "data"}]
    s3.create_bucket(Bucket="made-with-tags", CreateBucketConfiguration={"Tags": tags})
    assert s3.get_bucket_tagging(Bucket="made-with-tags")["TagSet"] == tags


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "aws:a", "Value": "1"}],
        [{"Key": "a" * 129, "Value": "1"}],
        [{"Key": "a", "Value": "1" * 257}],
        [{"Key": "a", "Value": "<>"}],
    ],
)
def test_bad_tags_are_refused(s3: Any, bucket: str, tags: list[dict[str, str]]) -> None:
    assert refused(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": tags}) == ("InvalidTag", 400)


def test_lists_are_disabled_and_say_so(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k")
    for acl in (s3.get_bucket_acl(Bucket=bucket), s3.get_object_acl(Bucket=bucket, Key="k")):
        (grant,) = acl["Grants"]
        assert grant["Permission"] == "FULL_CONTROL"
        assert grant["Grantee"] == {"Type": "CanonicalUser", "ID": acl["Owner"]["ID"]}
    no_lists = ("AccessControlListNotSupported", 400)
    assert refused(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == no_lists
    assert refused(s3.put_object_acl, Bucket=bucket, Key="k", ACL="public-read") == no_lists
    assert refused(s3.get_object_acl, Bucket=bucket, Key="none") == ("NoSuchKey", 404)
    code = refused(s3.create_bucket, Bucket="made-public", ACL="public-read")
    assert code == ("InvalidBucketAclWithObjectOwnership", 400)


def test_the_bucket_owner_owns_its_objects(s3: Any, bucket: str) -> None:
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == rules
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})
    other = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    code = refused(s3.put_bucket_ownership_controls, Bucket=bucket, OwnershipControls=other)
    assert code == ("NotImplemented", 501)
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    code = refused(s3.get_bucket_ownership_controls, Bucket=bucket)
    assert code == ("OwnershipControlsNotFoundError", 404)


def test_objects_are_encrypted_with_s3s_own_keys(s3: Any, bucket: str) -> None:
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    put = s3.put_bucket_encryption
    put(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule | {"BucketKeyEnabled": True}]})
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["BucketKeyEnabled"] is True
    twice = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}]}
    assert refused(put, Bucket=bucket, ServerSideEncryptionConfiguration=twice) == ("NotImplemented", 501)
    s3.delete_bucket_encryption(Bucket=bucket)


def test_public_access_is_blocked_until_that_is_changed(s3: Any, bucket: str) -> None:
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True} and len(block) == 4
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert [name for name, on in block.items() if on] == ["BlockPublicPolicy"]
    s3.delete_public_access_block(Bucket=bucket)
    code = refused(s3.get_public_access_block, Bucket=bucket)
    assert code == ("NoSuchPublicAccessBlockConfiguration", 404)


def send(server: LocalServer, path: str, body: bytes) -> tuple[int, str]:
    """Returns status and text of a signed PUT whose body boto3 would not send."""
    request = AWSRequest("PUT", server.endpoint + path, data=body)
    S3SigV4Auth(server.session().get_credentials(), "s3", "us-east-1").add_auth(request)
    try:
        with urlopen(Request(request.url, body, dict(request.prepare().headers), method="PUT")) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


SUBRESOURCES = [
    "encryption",
    "notification",
    "ownershipControls",
    "publicAccessBlock",
    "tagging",
    "versioning",
]


@pytest.mark.parametrize("subresource", SUBRESOURCES)
def test_a_put_without_a_document_is_refused(server: LocalServer, bucket: str, subresource: str) -> None:
    status, text = send(server, f"/{bucket}?{subresource}", b"")
    assert (status, "<Code>MissingRequestBodyError</Code>" in text) == (400, True)


@pytest.mark.parametrize(
    ("subresource", "document"),
    [
        ("tagging", b"<Tagging/>"),
        ("tagging", b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"),
        ("versioning", b"<VersioningConfiguration"),
        ("ownershipControls", b"<OwnershipControls/>"),
        ("encryption", b"<ServerSideEncryptionConfiguration/>"),
        ("notification", b"<NotificationConfiguration><QueueConfiguration/></NotificationConfiguration>"),
    ],
)
def test_an_incomplete_document_is_malformed(
    server: LocalServer, bucket: str, subresource: str, document: bytes
) -> None:
    status, text = send(server, f"/{bucket}?{subresource}", document)
    assert (status, "<Code>MalformedXML</Code>" in text) == (400, True)


def test_empty_tags_are_no_tags(s3: Any, bucket: str) -> None:
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})
    assert refused(s3.get_bucket_tagging, Bucket=bucket) == ("NoSuchTagSet", 404)


def test_a_bucket_of_another_account_is_out_of_reach() -> None:
    accounts = "000000000000:AKIAPENSTOCKTESTING1:one,111122223333:AKIAPENSTOCKTESTING2:two"
    with LocalServer(accounts=accounts) as server:
        mine = server.client("s3")
        theirs = server.client("s3", aws_access_key_id="AKIAPENSTOCKTESTING2", aws_secret_access_key="two")
        mine.create_bucket(Bucket="mine")
        assert refused(theirs.create_bucket, Bucket="mine") == ("BucketAlreadyExists", 409)
        assert refused(theirs.head_bucket, Bucket="mine") == ("403", 403)
        assert refused(theirs.list_objects_v2, Bucket="mine") == ("AccessDenied", 403)
        assert refused(theirs.delete_bucket, Bucket="mine") == ("AccessDenied", 403)
        assert theirs.list_buckets()["Buckets"] == []
