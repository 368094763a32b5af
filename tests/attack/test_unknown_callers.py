"""Nothing is read or parsed of a caller who is not known: the head alone says who asks, and that comes first."""

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from penstock.server.http.exchange import Exchange
from penstock.server.strangers import FORM_BYTES
from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

MIB = 1024 * 1024
STRANGER = Credentials("AKIANOBODY0000000000", "secret")
KNOWN = Credentials(ACCESS_KEY_ID, SECRET)
LONG_AGO = "20200101T000000Z"
NOTHING = hashlib.sha256(b"").hexdigest()

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.0"}
# By service: method, path, headers.
CALLS: dict[str, tuple[str, str, dict[str, str]]] = {
    "sqs": ("POST", "/", {**JSON, "X-Amz-Target": "AmazonSQS.SendMessage"}),
    "logs": ("POST", "/", {**JSON, "X-Amz-Target": "Logs_20140328.PutLogEvents"}),
    "lambda": ("POST", "/2015-03-31/functions", {"Content-Type": "application/json"}),
    "iam": ("POST", "/", FORM),
    "sts": ("POST", "/", FORM),
    "s3": ("PUT", "/bucket?policy", {"Content-Type": "application/json"}),
    "penstock": ("POST", "/_penstock/clock", {"Content-Type": "application/json"}),
}
REFUSED = dict.fromkeys(CALLS, 403) | {"logs": 400}  # JSON services call it a bad request
SIGNED_ONLY = ("logs", "lambda", "iam", "penstock")


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Returns a list that grows by the size of each piece of a body that anybody takes."""
    sizes: list[int] = []
    take = Exchange.next

    async def counted(exchange: Exchange) -> tuple[bytes, bool] | None:
        sizes.append(-1)  # who only waits for a body counts too
        found = await take(exchange)
        sizes.append(len(found[0]) if found else 0)
        return found

    monkeypatch.setattr(Exchange, "next", counted)
    return sizes


@pytest.fixture
def connect(server: LocalServer) -> Iterator[Any]:
    opened: list[socket.socket] = []

    def connection() -> socket.socket:
        where = urlsplit(server.endpoint)
        opened.append(socket.create_connection((where.hostname or "", where.port or 0), timeout=20))
        return opened[-1]

    yield connection
    for one in opened:
        one.close()


def signed(server: LocalServer, service: str, who: Credentials | None, **more: str) -> dict[str, str]:
    """Returns the headers of a request for ``service``, signed for a body of which only the hash is known."""
    method, path, headers = CALLS[service]
    request = AWSRequest(method, server.endpoint + path, headers={**headers, **more})
    if who is not None:
        (S3SigV4Auth if service == "s3" else SigV4Auth)(who, service, REGION).add_auth(request)
    return {**dict(request.headers), "Host": urlsplit(server.endpoint).netloc}


def head(service: str, headers: dict[str, str], length: int) -> bytes:
    method, path, _ = CALLS[service]
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {length}", "", ""]).encode()


def answer(connection: socket.socket) -> tuple[int, str, bytes]:
    """Returns status, ``Connection`` and body of the answer."""
    response = HTTPResponse(connection)
    response.begin()
    return response.status, response.getheader("connection", ""), response.read()


@pytest.mark.parametrize("service", CALLS)
def test_an_unknown_key_is_refused_before_the_body_comes(
    server: LocalServer, connect: Any, taken: list[int], service: str
) -> None:
    connection = connect()
    connection.sendall(head(service, signed(server, service, STRANGER), 60 * MIB))
    status, after, body = answer(connection)
    assert (status, after) == (REFUSED[service], "close")
    assert b"InvalidAccessKeyId" in body or b"token included in the request is invalid" in body
    assert taken == []


@pytest.mark.parametrize("service", CALLS)
def test_what_an_unknown_caller_sends_is_left_alone(
    server: LocalServer, connect: Any, taken: list[int], service: str
) -> None:
    connection = connect()
    nested = b"[" * 16_384
    connection.sendall(head(service, signed(server, service, STRANGER), 60 * MIB) + nested)
    assert answer(connection)[0] == REFUSED[service]
    assert taken == []


@pytest.mark.parametrize("service", CALLS)
def test_an_old_signature_is_refused_before_the_body_comes(
    server: LocalServer, connect: Any, taken: list[int], service: str
) -> None:
    old = signed(server, service, KNOWN)
    old["X-Amz-Date"] = LONG_AGO
    old["Authorization"] = old["Authorization"].replace(old["Authorization"].split("/")[1], LONG_AGO[:8], 1)
    connection = connect()
    connection.sendall(head(service, old, 60 * MIB))
    status, after, body = answer(connection)
    assert (status, after) == (REFUSED[service], "close")
    assert b"RequestTimeTooSkewed" in body or b"Signature expired" in body
    assert taken == []


@pytest.mark.parametrize("service", SIGNED_ONLY)
def test_without_the_signature_that_is_needed_the_body_is_not_read(
    server: LocalServer, connect: Any, taken: list[int], service: str
) -> None:
    unsigned = signed(server, service, None)
    if service == "iam":
        unsigned["Host"] = "iam.localhost"  # a form that nobody signed would be for STS
    connection = connect()
    connection.sendall(head(service, unsigned, 60 * MIB))
    assert answer(connection)[:2] == (REFUSED[service], "close")
    assert taken == []


@pytest.mark.parametrize("service", CALLS)
def test_a_wrong_signature_over_a_stated_hash_is_refused_before_the_body_comes(
    server: LocalServer, connect: Any, taken: list[int], service: str
) -> None:
    stated = hashlib.sha256(b"{}").hexdigest()
    headers = signed(
        server, service, Credentials(ACCESS_KEY_ID, "guessed"), **{"X-Amz-Content-SHA256": stated}
    )
    connection = connect()
    connection.sendall(head(service, headers, 60 * MIB))
    status, after, body = answer(connection)
    assert (status, after) == (REFUSED[service], "close")
    assert b"signature we calculated does not match" in body
    assert taken == []


def test_a_stated_hash_is_still_compared_with_the_body(server: LocalServer, connect: Any) -> None:
    body = json.dumps({"QueueName": "stated"}).encode()
    stated = {
        "X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest(),
        "X-Amz-Target": "AmazonSQS.CreateQueue",
    }
    headers = signed(server, "sqs", KNOWN, **stated)
    connection = connect()
    connection.sendall(head("sqs", headers, len(body)) + body.replace(b"stated", b"forged"))
    status, _, refusal = answer(connection)
    assert status == 403 and b"signature we calculated does not match" in refusal
    connection = connect()
    connection.sendall(head("sqs", headers, len(body)) + body)
    assert answer(connection)[0] == 200


def test_a_stranger_s_form_for_a_service_that_is_not_there_is_not_read(
    server: LocalServer, connect: Any, taken: list[int]
) -> None:
    request = AWSRequest("POST", server.endpoint, headers=dict(FORM))
    SigV4Auth(STRANGER, "ec2", REGION).add_auth(request)
    headers = {**dict(request.headers), "Host": urlsplit(server.endpoint).netloc}
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    connection = connect()
    connection.sendall("\r\n".join([*lines, f"Content-Length: {60 * MIB}", "", ""]).encode())
    assert answer(connection)[:2] == (501, "close")
    assert taken == []


def test_nobody_s_worker_is_not_listened_to(server: LocalServer, connect: Any, taken: list[int]) -> None:
    connection = connect()
    path = b"/_penstock/runtime/made-up/2018-06-01/runtime/init/error"
    connection.sendall(b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (path, 60 * MIB))
    assert answer(connection)[:2] == (403, "close")
    assert taken == []


def test_an_anonymous_caller_cannot_send_more_than_the_operation_takes(
    server: LocalServer, connect: Any, taken: list[int]
) -> None:
    connection = connect()
    connection.sendall(head("sqs", signed(server, "sqs", None), 60 * MIB))
    assert answer(connection)[:2] == (413, "close")
    assert taken == []


@pytest.mark.parametrize("query", ["policy", "lifecycle", "delete", "tagging"])
def test_a_bucket_that_lets_no_stranger_in_reads_nothing_of_one(
    server: LocalServer, connect: Any, taken: list[int], query: str
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="closed")
    taken.clear()
    for bucket, code in (("closed", b"AccessDenied"), ("not-there", b"NoSuchBucket")):
        connection = connect()
        method = "POST" if query == "delete" else "PUT"
        start = f"{method} /{bucket}?{query} HTTP/1.1\r\n"
        connection.sendall(f"{start}Host: localhost\r\nContent-Length: 1000000\r\n\r\n".encode())
        status, after, body = answer(connection)
        assert (status, after) == (404 if code == b"NoSuchBucket" else 403, "close")
        assert code in body
    assert taken == []


def test_a_bucket_that_lets_strangers_in_reads_what_they_send(server: LocalServer, connect: Any) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="open")
    s3.delete_public_access_block(Bucket="open")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": "arn:aws:s3:::open/*",
    }
    s3.put_bucket_policy(
        Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    s3.put_object(Bucket="open", Key="key", Body=b"x")
    document = b"<Delete><Object><Key>key</Key></Object></Delete>"
    digest = base64.b64encode(hashlib.md5(document, usedforsecurity=False).digest()).decode()
    connection = connect()
    head = f"Host: localhost\r\nContent-MD5: {digest}\r\nContent-Length: {len(document)}\r\n\r\n"
    connection.sendall(f"POST /open?delete HTTP/1.1\r\n{head}".encode() + document)

    assert answer(connection)[0] == 200
    assert "Contents" not in s3.list_objects_v2(Bucket="open")


def test_a_form_that_nobody_signs_is_as_long_as_the_longest_that_aws_takes(
    server: LocalServer, connect: Any, taken: list[int]
) -> None:
    connection = connect()
    connection.sendall(head("sts", signed(server, "sts", None), FORM_BYTES + 1))
    assert answer(connection)[:2] == (403, "close")
    assert taken == []
    connection = connect()
    form = b"Action=AssumeRoleWithSAML&SAMLAssertion=" + b"x" * 100_000
    connection.sendall(head("sts", signed(server, "sts", None), len(form)) + form)
    status, _, body = answer(connection)
    assert (status, b"AssumeRoleWithSAML" in body) == (501, True)
