"""Bucket policies over the wire: put, enforced, and kept from being public."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from zlib import crc32

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.testing import LocalServer

OTHER = "111122223333"
ACCOUNTS = f"000000000000:AKIAPENSTOCKTESTING1:one,{OTHER}:AKIAPENSTOCKTESTING2:two"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(accounts=ACCOUNTS) as running:
        yield running


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    return server.client("s3")


@pytest.fixture(scope="module")
def theirs(server: LocalServer) -> Any:
    """A client of another account."""
    return server.client("s3", aws_access_key_id="AKIAPENSTOCKTESTING2", aws_secret_access_key="two")


@pytest.fixture(scope="module")
def anyone(server: LocalServer) -> Any:
    """A client without credentials."""
    return server.client("s3", config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}))


@pytest.fixture
def bucket(s3: Any, request: pytest.FixtureRequest) -> str:
    name = f"p-{crc32(request.node.name.encode()):08x}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"v")
    return name


def allow(principal: Any, action: Any, *resources: str, **more: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Resource": list(resources),
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    """Returns code and status of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


DENIED = ("AccessDenied", 403)


def test_a_policy_comes_back_as_it_was_put(s3: Any, bucket: str) -> None:
    assert refused(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", 404)
    text = allow({"AWS": OTHER}, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    for _ in range(2):
        s3.delete_bucket_policy(Bucket=bucket)
    assert refused(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", 404)
    assert refused(s3.get_bucket_policy_status, Bucket=bucket) == ("NoSuchBucketPolicy", 404)


def test_a_policy_lets_another_account_in_until_it_is_deleted(s3: Any, theirs: Any, bucket: str) -> None:
    assert refused(theirs.get_object, Bucket=bucket, Key="k") == DENIED
    s3.put_bucket_policy(
        Bucket=bucket, Policy=allow({"AWS": OTHER}, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    )
    assert theirs.get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"
    assert refused(theirs.put_object, Bucket=bucket, Key="k") == DENIED
    assert refused(theirs.list_objects_v2, Bucket=bucket) == DENIED
    s3.delete_bucket_policy(Bucket=bucket)
    assert refused(theirs.get_object, Bucket=bucket, Key="k") == DENIED


def test_a_policy_is_for_the_owners_account_only(s3: Any, theirs: Any, bucket: str) -> None:
    everything = allow({"AWS": OTHER}, "s3:*", f"arn:aws:s3:::{bucket}")
    s3.put_bucket_policy(Bucket=bucket, Policy=everything)
    theirs.get_bucket_versioning(Bucket=bucket)
    not_allowed = ("MethodNotAllowed", 405)
    assert refused(theirs.get_bucket_policy, Bucket=bucket) == not_allowed
    assert refused(theirs.put_bucket_policy, Bucket=bucket, Policy=everything) == not_allowed
    assert refused(theirs.delete_bucket_policy, Bucket=bucket) == not_allowed


def test_listing_can_be_allowed_for_one_prefix(s3: Any, theirs: Any, bucket: str) -> None:
    condition = {"StringLike": {"s3:prefix": "shared/*"}, "NumericLessThanEquals": {"s3:max-keys": "10"}}
    arn = f"arn:aws:s3:::{bucket}"
    s3.put_bucket_policy(
        Bucket=bucket, Policy=allow({"AWS": OTHER}, "s3:ListBucket", arn, Condition=condition)
    )
    theirs.list_objects_v2(Bucket=bucket, Prefix="shared/x", MaxKeys=10)
    theirs.list_objects(Bucket=bucket, Prefix="shared/", MaxKeys=1)
    assert refused(theirs.list_objects_v2, Bucket=bucket, MaxKeys=10) == DENIED
    assert refused(theirs.list_objects_v2, Bucket=bucket, Prefix="shared/x") == DENIED
    assert refused(theirs.list_objects_v2, Bucket=bucket, Prefix="private/", MaxKeys=1) == DENIED


def test_a_deny_holds_even_for_the_owner_who_can_still_change_the_policy(s3: Any, bucket: str) -> None:
    deny = allow("*", "s3:*", f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*").replace("Allow", "Deny")
    s3.put_bucket_policy(Bucket=bucket, Policy=deny)
    assert refused(s3.get_object, Bucket=bucket, Key="k") == DENIED
    s3.delete_bucket_policy(Bucket=bucket)
    s3.get_object(Bucket=bucket, Key="k")


def test_a_public_policy_is_refused_until_the_block_is_lifted(s3: Any, anyone: Any, bucket: str) -> None:
    public = allow("*", "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    with pytest.raises(
        ClientError, match="public policies are prevented by the BlockPublicPolicy setting"
    ) as raised:
        s3.put_bucket_policy(Bucket=bucket, Policy=public)
    assert raised.value.response["Error"]["Code"] == "AccessDenied"
    assert refused(anyone.get_object, Bucket=bucket, Key="k") == DENIED
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=public)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    assert anyone.get_object(Bucket=bucket, Key="k")["Body"].read() == b"v"
    assert refused(anyone.put_object, Bucket=bucket, Key="k") == DENIED


def test_a_restricted_public_bucket_is_for_its_own_account_only(
    s3: Any, theirs: Any, anyone: Any, bucket: str
) -> None:
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=allow("*", "s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    assert theirs.get_object(Bucket=bucket, Key="k")
    restrict = {"RestrictPublicBuckets": True}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=restrict)
    assert refused(anyone.get_object, Bucket=bucket, Key="k") == DENIED
    assert refused(theirs.get_object, Bucket=bucket, Key="k") == DENIED
    assert s3.get_object(Bucket=bucket, Key="k")
    s3.delete_public_access_block(Bucket=bucket)
    assert anyone.get_object(Bucket=bucket, Key="k")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nonsense", "Policies must be valid JSON and the first byte must be '{'"),
        (
            json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}),
            "Missing required field Principal",
        ),
        (
            allow("*", "s3:GetObject", "arn:aws:s3:::{bucket}"),
            "Action does not apply to any resource(s) in statement",
        ),
        (allow("*", "s3:GetObject", "arn:aws:s3:::other/*"), "Policy has invalid resource"),
        (allow({"AWS": "x"}, "s3:GetObject", "arn:aws:s3:::{bucket}/*"), "Invalid principal in policy"),
    ],
)
def test_a_malformed_policy_is_refused_with_its_reason(s3: Any, bucket: str, text: str, reason: str) -> None:
    with pytest.raises(ClientError) as raised:
        s3.put_bucket_policy(Bucket=bucket, Policy=text.replace("{bucket}", bucket))
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("MalformedPolicy", reason)


def test_a_bucket_made_anew_has_no_policy_of_the_former(s3: Any, theirs: Any) -> None:
    s3.create_bucket(Bucket="anew")
    s3.put_bucket_policy(Bucket="anew", Policy=allow({"AWS": OTHER}, "s3:ListBucket", "arn:aws:s3:::anew"))
    theirs.head_bucket(Bucket="anew")
    s3.delete_bucket(Bucket="anew")
    s3.create_bucket(Bucket="anew")
    assert refused(theirs.head_bucket, Bucket="anew") == ("403", 403)
