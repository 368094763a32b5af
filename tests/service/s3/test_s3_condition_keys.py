"""Condition keys of S3: one that is never set would make a Deny that asks for it void."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT

BUCKET = "conditions"
NOTHING = hashlib.sha256(b"").hexdigest()


@pytest.fixture(scope="module")
def made(server: LocalServer) -> Any:
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


@pytest.fixture
def s3(made: Any) -> Any:
    made.put_object(Bucket=BUCKET, Key="k", Body=b"x", Tagging="keep=yes")
    yield made
    made.delete_bucket_policy(Bucket=BUCKET)


@pytest.fixture
def url(server: LocalServer, s3: Any) -> Callable[[str], str]:
    """Returns a function that presigns a GET of the object with a version of signatures."""

    def presigned(version: str) -> str:
        signer = server.client(
            "s3", config=Config(signature_version=version, s3={"addressing_style": "path"})
        )
        return str(signer.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "k"}))

    return presigned


def deny(s3: Any, actions: str | list[str], **condition: Any) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": actions,
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
        "Condition": condition,
    }
    s3.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )


def denied(operation: Callable[..., Any], **params: Any) -> bool:
    with pytest.raises(ClientError) as failure:
        operation(Bucket=BUCKET, **params)
    return bool(failure.value.response["Error"]["Code"] == "AccessDenied")


def test_presigned_urls_can_be_denied(s3: Any, url: Callable[[str], str]) -> None:
    deny(s3, "s3:GetObject", StringEquals={"s3:authType": "REST-QUERY-STRING"})
    assert httpx.get(url("s3v4")).status_code == httpx.get(url("s3")).status_code == 403
    s3.get_object(Bucket=BUCKET, Key="k")


def test_version_2_of_signatures_can_be_denied(s3: Any, url: Callable[[str], str]) -> None:
    deny(s3, "s3:GetObject", StringEquals={"s3:signatureversion": "AWS"})
    assert httpx.get(url("s3")).status_code == 403
    assert httpx.get(url("s3v4")).status_code == 200
    deny(s3, "s3:GetObject", StringNotEquals={"s3:signatureversion": "AWS4-HMAC-SHA256"})
    assert httpx.get(url("s3")).status_code == 403
    s3.get_object(Bucket=BUCKET, Key="k")


def test_signatures_that_are_too_old_can_be_denied(
    server: LocalServer, s3: Any, url: Callable[[str], str]
) -> None:
    deny(s3, "s3:GetObject", NumericGreaterThan={"s3:signatureAge": "600000"})
    presigned = url("s3v4")
    assert httpx.get(presigned).status_code == 200
    server.advance(601)
    assert httpx.get(presigned).status_code == 403


def test_a_body_s_signed_hash_can_be_asked_for(s3: Any) -> None:
    deny(s3, "s3:GetObject", StringNotEquals={"s3:x-amz-content-sha256": NOTHING})
    s3.get_object(Bucket=BUCKET, Key="k")
    deny(s3, "s3:GetObject", StringEquals={"s3:x-amz-content-sha256": NOTHING})
    assert denied(s3.get_object, Key="k")


def test_the_owner_of_the_bucket_can_be_asked_for(s3: Any) -> None:
    deny(s3, "s3:GetObject", StringNotEquals={"aws:ResourceAccount": ACCOUNT})
    s3.get_object(Bucket=BUCKET, Key="k")
    deny(s3, "s3:GetObject", StringEquals={"aws:ResourceAccount": ACCOUNT})
    assert denied(s3.get_object, Key="k")


def test_without_tls_there_is_no_tls_version(s3: Any) -> None:
    deny(s3, "s3:GetObject", Null={"s3:TlsVersion": "true"})
    assert denied(s3.get_object, Key="k")


def test_delete_objects_asks_for_the_tags_of_each_key(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="free", Body=b"x")
    deny(s3, "s3:DeleteObject", StringEquals={"s3:ExistingObjectTag/keep": "yes"})
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "k"}, {"Key": "free"}]})
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [("k", "AccessDenied")]
    assert [deleted["Key"] for deleted in answer["Deleted"]] == ["free"]
    assert denied(s3.delete_object, Key="k")


def test_delete_objects_asks_for_the_version_of_each_key(s3: Any) -> None:
    deny(s3, "s3:DeleteObjectVersion", StringEquals={"s3:VersionId": "null"})
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "k", "VersionId": "null"}]})
    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    assert denied(s3.delete_object, Key="k", VersionId="null")


def test_deletes_can_be_made_conditional(s3: Any) -> None:
    deny(s3, "s3:DeleteObject", Null={"s3:if-match": "true"})
    assert denied(s3.delete_object, Key="k")
    etag = s3.head_object(Bucket=BUCKET, Key="k")["ETag"]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "k", "ETag": etag}, {"Key": "k"}]})
    assert [error["Code"] for error in answer["Errors"]] == ["AccessDenied"]
    assert len(answer["Deleted"]) == 1


def test_a_copy_asks_for_the_tags_of_its_source(s3: Any) -> None:
    source = {"Bucket": BUCKET, "Key": "k"}
    for action in ("s3:GetObject", "s3:GetObjectTagging"):
        deny(s3, action, StringEquals={"s3:ExistingObjectTag/keep": "yes"})
        assert denied(s3.copy_object, Key="copy", CopySource=source)
    deny(s3, ["s3:GetObject", "s3:GetObjectTagging"], StringNotEquals={"s3:ExistingObjectTag/keep": "yes"})
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
