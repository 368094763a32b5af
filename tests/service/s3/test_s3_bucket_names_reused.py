"""A bucket's name can be taken by another account between a request's authorisation and its transaction."""

import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from penstock.access import Principal
from penstock.testing import LocalServer
from penstock.testing.server import REGION, client_config

OLD_OWNER, NEW_OWNER = "111111111111", "222222222222"
ACCOUNTS = f"{OLD_OWNER}:AKIAOLDOWNER00000001:old-secret,{NEW_OWNER}:AKIANEWOWNER00000001:new-secret"
BUCKET = "passed-on"


@pytest.fixture(scope="module")
def two_accounts() -> Iterator[LocalServer]:
    with LocalServer(accounts=ACCOUNTS) as running:
        yield running


@pytest.fixture
def old(two_accounts: LocalServer) -> Any:
    """The client of the account that has the bucket, and in it the object ``k``, at first."""
    s3 = two_accounts.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old owner's")
    return s3


@pytest.fixture
def new(two_accounts: LocalServer) -> Iterator[Any]:
    """The client of the account that has it in the end."""
    session = boto3.Session("AKIANEWOWNER00000001", "new-secret", region_name=REGION)
    s3 = session.client("s3", endpoint_url=two_accounts.endpoint, config=client_config())
    yield s3
    for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=found["Key"])
    s3.delete_bucket(Bucket=BUCKET)


async def pass_on(server: LocalServer) -> None:
    """Returns when the bucket is the new owner's, with an object ``k`` and a tag."""

    async def call(account: str, operation: str, **params: Any) -> None:
        principal = Principal.root(account)
        await server.app.gateway("s3", operation, params, principal=principal, account=account, region=REGION)

    await call(OLD_OWNER, "DeleteObject", Bucket=BUCKET, Key="k")
    await call(OLD_OWNER, "DeleteBucket", Bucket=BUCKET)
    await call(NEW_OWNER, "CreateBucket", Bucket=BUCKET)
    await call(NEW_OWNER, "PutObject", Bucket=BUCKET, Key="k", Body=b"new owner's", Tagging="whose=new")


def pass_on_before_the_next_write(server: LocalServer) -> None:
    """The next request is authorised, and then the bucket changes hands before its transaction."""
    store = server.app.store
    write = store.write

    async def late(*args: Any, **kwargs: Any) -> Any:
        store.write = write
        await pass_on(server)
        return await write(*args, **kwargs)

    store.write = late


def refused(operation: Callable[..., Any], **params: Any) -> str:
    with pytest.raises(ClientError) as failure:
        operation(Bucket=BUCKET, **params)
    return str(failure.value.response["Error"]["Code"])


WRITES: dict[str, dict[str, Any]] = {
    "put_object": {"Key": "k", "Body": b"late"},
    "copy_object": {"Key": "k2", "CopySource": {"Bucket": BUCKET, "Key": "k"}},
    "delete_object": {"Key": "k"},
    "delete_objects": {"Delete": {"Objects": [{"Key": "k"}]}},
    "put_object_tagging": {"Key": "k", "Tagging": {"TagSet": [{"Key": "whose", "Value": "old"}]}},
    "delete_object_tagging": {"Key": "k"},
    "create_multipart_upload": {"Key": "k"},
    "delete_bucket": {},
    "put_bucket_policy": {
        "Policy": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": '
        f'{{"AWS": "{OLD_OWNER}"}}, "Action": "s3:*", "Resource": "arn:aws:s3:::{BUCKET}/*"}}]}}'
    },
    "delete_bucket_policy": {},
    "put_bucket_versioning": {"VersioningConfiguration": {"Status": "Enabled"}},
    "put_bucket_tagging": {"Tagging": {"TagSet": [{"Key": "whose", "Value": "old"}]}},
    "put_public_access_block": {"PublicAccessBlockConfiguration": {"BlockPublicPolicy": False}},
    "put_bucket_notification_configuration": {"NotificationConfiguration": {}},
    "put_bucket_ownership_controls": {
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    },
}


@pytest.mark.parametrize("operation", WRITES)
def test_what_was_authorised_for_a_bucket_does_not_touch_another_of_its_name(
    two_accounts: LocalServer, old: Any, new: Any, operation: str
) -> None:
    pass_on_before_the_next_write(two_accounts)

    # The policy is nobody's business but the owner's, which is checked before anything else.
    assert refused(getattr(old, operation), **WRITES[operation]) == "NoSuchBucket"

    assert new.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"new owner's"
    assert new.get_object_tagging(Bucket=BUCKET, Key="k")["TagSet"] == [{"Key": "whose", "Value": "new"}]
    assert new.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1
    assert "Uploads" not in new.list_multipart_uploads(Bucket=BUCKET)


def test_a_body_that_took_its_time_does_not_land_in_the_bucket_of_another_account(
    two_accounts: LocalServer, old: Any, new: Any
) -> None:
    url = urlsplit(old.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "k"}))
    head = (
        f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: close\r\n"
        "Content-Length: 6\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection((url.hostname, url.port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert b"100 Continue" in connection.recv(1000)  # it has been authorised
        connection.sendall(b"lat")
        two_accounts.wait(pass_on(two_accounts))
        connection.sendall(b"ely")
        answer = connection.recv(10_000)

    assert answer.startswith(b"HTTP/1.1 404") and b"<Code>NoSuchBucket</Code>" in answer
    assert new.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"new owner's"


def test_a_part_does_not_land_in_the_bucket_of_another_account(
    two_accounts: LocalServer, old: Any, new: Any
) -> None:
    upload = old.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    pass_on_before_the_next_write(two_accounts)
    assert refused(old.upload_part, Key="k", UploadId=upload, PartNumber=1, Body=b"p") == "NoSuchBucket"


def test_a_listing_does_not_go_on_in_the_bucket_of_another_account(
    two_accounts: LocalServer, old: Any, new: Any
) -> None:
    store = two_accounts.app.store
    read = store.read
    steps = 0

    async def late(fn: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal steps
        if fn.__module__.endswith(("listing.objects", "listing.request")):
            steps += 1
            store.read = read
            await pass_on(two_accounts)
        return await read(fn, *args, **kwargs)

    store.read = late
    try:
        assert refused(old.list_objects_v2) == "NoSuchBucket"
    finally:
        store.read = read
    assert steps == 1
