"""Who may do what, over real signatures."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.access import presign
from penstock.clock import Clock
from penstock.testing import LocalServer
from penstock.testing.server import client_config

OTHER = "111122223333:AKIAOTHERACCOUNT0001:other-secret"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(
        accounts=f"000000000000:AKIAPENSTOCKTESTING1:penstock-testing-secret,{OTHER}"
    ) as running:
        running.client("s3").create_bucket(Bucket="guarded")
        running.client("s3").put_object(Bucket="guarded", Key="a", Body=b"data")
        yield running


def client(server: LocalServer, service: str, key: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=client_config(),
    )


def code_of(call: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def fetch(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def session(server: LocalServer, name: str, statements: list[dict[str, Any]]) -> dict[str, str]:
    iam = server.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    answer = server.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    return {"key": answer["Credentials"]["AccessKeyId"], "secret": answer["Credentials"]["SecretAccessKey"],
            "token": answer["Credentials"]["SessionToken"]}  # fmt: skip


def test_a_wrong_secret_is_told_apart_from_an_unknown_key(server: LocalServer) -> None:
    wrong = client(server, "s3", "AKIAPENSTOCKTESTING1", "wrong")
    assert code_of(wrong.list_buckets) == ("SignatureDoesNotMatch", 403)
    unknown = client(server, "s3", "AKIANOBODY0000000000", "wrong")
    assert code_of(unknown.list_buckets) == ("InvalidAccessKeyId", 403)
    assert code_of(client(server, "sqs", "AKIAPENSTOCKTESTING1", "wrong").list_queues)[1] == 403
    assert code_of(client(server, "iam", "AKIANOBODY0000000000", "x").list_roles) == (
        "InvalidClientTokenId",
        403,
    )


def test_anonymous_requests_need_a_policy(server: LocalServer) -> None:
    status, body = fetch(f"{server.endpoint}/guarded/a")
    assert status == 403 and b"<Code>AccessDenied</Code>" in body
    s3 = server.client("s3")
    s3.create_bucket(Bucket="open")
    s3.delete_public_access_block(Bucket="open")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::open/*",
    }
    s3.put_bucket_policy(
        Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    s3.put_object(Bucket="open", Key="a", Body=b"public")
    assert fetch(f"{server.endpoint}/open/a") == (200, b"public")
    assert fetch(f"{server.endpoint}/open/a", "PUT", b"no")[0] == 403


@pytest.mark.parametrize(("version", "expires_s"), [("s3", 1000), ("s3v4", 5000)])
def test_a_presigned_url_works_until_its_time_is_over(
    server: LocalServer, version: str, expires_s: int
) -> None:
    s3 = server.client("s3", config=client_config().merge(Config(signature_version=version)))
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": "guarded", "Key": "a"}, ExpiresIn=expires_s
    )
    assert fetch(url) == (200, b"data")
    put = s3.generate_presigned_url(
        "put_object", Params={"Bucket": "guarded", "Key": "b"}, ExpiresIn=expires_s
    )
    assert fetch(put, "PUT", b"by url")[0] == 200
    assert server.client("s3").get_object(Bucket="guarded", Key="b")["Body"].read() == b"by url"
    assert fetch(url.replace("/a?", "/b?"))[0] == 403
    assert fetch(url, "PUT", b"other method")[0] == 403
    server.advance(expires_s + 2)
    status, body = fetch(url)
    assert status == 403 and b"Request has expired" in body


def test_a_url_made_after_time_was_moved_is_not_aged_by_the_move(server: LocalServer) -> None:
    server.advance(86_400)
    _, key, secret = server.accounts.split(",")[0].split(":")
    # Timestamps have whole seconds: sign in the next one, so that it is surely after the move.
    now_ms = Clock().now_ms() + 1000
    url = presign(
        "GET", f"{server.endpoint}/guarded/a", access_key_id=key, secret=secret,
        service="s3", region="us-east-1", now_ms=now_ms, expires_s=60,
    )  # fmt: skip
    assert fetch(url) == (200, b"data")


def test_a_role_session_may_do_what_its_policies_allow_and_nothing_else(server: LocalServer) -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::guarded/in/*"}
    deny = {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}
    s3 = client(server, "s3", **session(server, "reader", [allow, deny]))
    s3.put_object(Bucket="guarded", Key="in/x", Body=b"1")
    assert s3.get_object(Bucket="guarded", Key="in/x")["Body"].read() == b"1"
    assert code_of(s3.get_object, Bucket="guarded", Key="a") == ("AccessDenied", 403)
    assert code_of(s3.delete_object, Bucket="guarded", Key="in/x") == ("AccessDenied", 403)
    assert code_of(s3.list_buckets) == ("AccessDenied", 403)


def test_a_session_ends(server: LocalServer) -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    s3 = client(server, "s3", **session(server, "brief", [allow]))
    s3.list_buckets()
    server.advance(3601)
    assert code_of(s3.list_buckets) == ("ExpiredToken", 400)


def test_another_account_needs_the_buckets_leave(server: LocalServer) -> None:
    _, key, secret = OTHER.split(":")
    s3 = client(server, "s3", key, secret)
    assert code_of(s3.get_object, Bucket="guarded", Key="a") == ("AccessDenied", 403)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::guarded/a",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    server.client("s3").put_bucket_policy(Bucket="guarded", Policy=policy)
    assert s3.get_object(Bucket="guarded", Key="a")["Body"].read() == b"data"


def test_caller_identity_names_root_and_session(server: LocalServer) -> None:
    assert server.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    sts = client(
        server, "sts", **session(server, "someone", [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}])
    )
    identity = sts.get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::000000000000:assumed-role/someone/session"
    assert identity["UserId"].startswith("AROA") and identity["UserId"].endswith(":session")


def test_root_can_always_replace_a_bucket_policy_that_locks_it_out(server: LocalServer) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="locked")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::locked"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="locked", Policy=policy)
    assert code_of(s3.list_objects_v2, Bucket="locked") == ("AccessDenied", 403)
    s3.delete_bucket_policy(Bucket="locked")
    s3.list_objects_v2(Bucket="locked")
