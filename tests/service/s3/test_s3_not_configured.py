"""Bucket settings that cannot be put: what reading and deleting them answers where they never were."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer

BUCKET = "never-configured"
FAMILIES = ["analytics", "intelligent_tiering", "inventory", "metrics"]


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, int]:
    """Returns code and status of a call that must fail."""
    with pytest.raises(ClientError) as raised:
        call(**params)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("get_bucket_lifecycle", "NoSuchLifecycleConfiguration"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ],
)
def test_what_was_never_configured_is_not_found(s3: Any, operation: str, code: str) -> None:
    assert refused(getattr(s3, operation), Bucket=BUCKET) == (code, 404)
    assert refused(getattr(s3, operation), Bucket="no-such-bucket") == ("NoSuchBucket", 404)


@pytest.mark.parametrize("setting", ["lifecycle", "website", "replication"])
def test_deleting_a_setting_that_was_never_put_succeeds(s3: Any, setting: str) -> None:
    delete = getattr(s3, f"delete_bucket_{setting}")
    assert delete(Bucket=BUCKET)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(delete, Bucket="no-such-bucket") == ("NoSuchBucket", 404)
    s3.head_bucket(Bucket=BUCKET)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_configuration_stands_under_any_id(s3: Any, family: str) -> None:
    listing = getattr(s3, f"list_bucket_{family}_configurations")(Bucket=BUCKET)
    assert listing["IsTruncated"] is False
    assert not any(name.endswith("ConfigurationList") for name in listing)
    for verb in ("get", "delete"):
        call = getattr(s3, f"{verb}_bucket_{family}_configuration")
        assert refused(call, Bucket=BUCKET, Id="any") == ("NoSuchConfiguration", 404)


@pytest.mark.parametrize("operation", ["get_object_retention", "get_object_legal_hold"])
def test_objects_of_a_bucket_without_object_lock_have_no_lock_to_show(s3: Any, operation: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="unlocked")
    assert refused(getattr(s3, operation), Bucket=BUCKET, Key="unlocked") == ("InvalidRequest", 400)


def test_what_is_off_by_default_is_shown_as_off(s3: Any) -> None:
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=BUCKET)
    assert s3.get_bucket_request_payment(Bucket=BUCKET)["Payer"] == "BucketOwner"
    assert s3.get_bucket_abac(Bucket=BUCKET)["AbacStatus"]["Status"] == "Disabled"


def test_what_cannot_be_put_is_not_implemented(s3: Any) -> None:
    payment = {"Payer": "Requester"}
    put = s3.put_bucket_request_payment
    assert refused(put, Bucket=BUCKET, RequestPaymentConfiguration=payment) == ("NotImplemented", 501)
