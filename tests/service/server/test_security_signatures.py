"""What a signature covers: whoever holds a signed request may send it again, and make no other of it."""

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.config import Config

from penstock.access import sign
from penstock.testing import LocalServer
from penstock.testing.server import client_config

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LIST_ROLES = b"Action=ListRoles&Version=2010-05-08"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        running.client("s3").create_bucket(Bucket="guarded")
        yield running


def send(url: str, method: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def signed(
    server: LocalServer,
    method: str,
    path: str,
    service: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    payload_hash: str | None = None,
) -> dict[str, str]:
    _, key, secret = server.accounts.split(",")[0].split(":")
    return sign(
        method,
        f"{server.endpoint}{path}",
        headers or {},
        body,
        access_key_id=key,
        secret=secret,
        service=service,
        region="us-east-1",
        now_ms=server.clock.now_ms(),
        payload_hash=payload_hash,
    )


def presigned_put(server: LocalServer, version: str, key: str, **params: Any) -> str:
    s3 = server.client("s3", config=client_config().merge(Config(signature_version=version)))
    return str(s3.generate_presigned_url("put_object", Params=params | {"Bucket": "guarded", "Key": key}))


def test_an_s3_url_with_a_second_credential_is_not_served_by_another_service(server: LocalServer) -> None:
    url = presigned_put(server, "s3v4", "handed-out")
    credential = parse_qs(urlsplit(url).query)["X-Amz-Credential"][0].replace("/s3/", "/iam/")
    # A parameter of this name is outside the signature: whatever it holds must not say where the request goes.
    for smuggled in (f"X-Amz-Credential={quote(credential, safe='')}", f"&X-Amz-Credential={credential}"):
        bent = url.replace("?", f"?X-Amz-Signature={smuggled}&", 1)
        status, body = send(bent, "PUT", LIST_ROLES, FORM)
        assert status in (400, 403) and b"<ListRolesResponse" not in body
    assert send(url, "PUT", b"as it was meant")[0] == 200


@pytest.mark.parametrize(("service", "region"), [("iam", "us-east-1"), ("s3", "eu-west-1")])
def test_a_header_with_a_second_credential_is_refused(server: LocalServer, service: str, region: str) -> None:
    headers = signed(server, "PUT", "/guarded/captured", "s3")
    real = headers["authorization"].partition("Credential=")[2].partition(",")[0]
    other = real.replace("/s3/", f"/{service}/").replace("us-east-1", region)
    headers["authorization"] = headers["authorization"].replace(
        "Credential=", f"Credential={other}, Credential="
    )
    status, body = send(f"{server.endpoint}/guarded/captured", "PUT", LIST_ROLES, headers | FORM)
    assert status == 403 and b"Credential should be scoped to" in body


def test_the_servers_own_commands_want_a_signature_for_them(server: LocalServer) -> None:
    headers = signed(server, "POST", "/_penstock/settle", "s3")
    status, body = send(f"{server.endpoint}/_penstock/settle", "POST", b"{}", headers)
    assert status == 403 and b"Credential should be scoped to" in body


def test_an_unsigned_target_does_not_choose_the_operation(server: LocalServer) -> None:
    headers = signed(server, "POST", "/", "sqs", b'{"QueueName":"never"}')
    headers |= {"x-amz-target": "AmazonSQS.CreateQueue", "content-type": "application/x-amz-json-1.0"}
    status, body = send(f"{server.endpoint}/", "POST", b'{"QueueName":"never"}', headers)
    assert status == 403 and b"'x-amz-target' must be a 'SignedHeader'" in body


def test_a_header_does_not_replace_what_a_version_2_url_has_signed(server: LocalServer) -> None:
    url = presigned_put(server, "s3", "labelled", Metadata={"level": "public"})
    assert "x-amz-meta-level" in url
    assert send(url, "PUT", b"x", {"x-amz-meta-level": "secret"})[0] == 403
    assert send(url, "PUT", b"x")[0] == 200
    assert server.client("s3").head_object(Bucket="guarded", Key="labelled")["Metadata"] == {
        "level": "public"
    }


def test_a_repeated_parameter_does_not_replace_what_a_version_2_url_has_signed(server: LocalServer) -> None:
    url = presigned_put(server, "s3", "repeated", Metadata={"level": "public"})
    for more in ("", "X-Amz-Meta-Level=secret&", "x-amz-meta-level=public&X-Amz-Meta-Level=secret&"):
        assert send(url.replace("?", f"?x-amz-meta-level=secret&{more}", 1), "PUT", b"x")[0] == 403
    assert send(url.replace("?", "?X-Amz-Meta-Level=secret&", 1), "PUT", b"x")[0] == 403
    assert send(url, "PUT", b"x")[0] == 200


def test_a_body_length_in_other_digits_is_no_server_error(server: LocalServer) -> None:
    headers = signed(
        server,
        "PUT",
        "/guarded/c",
        "s3",
        headers={"x-amz-decoded-content-length": "\xb2"},
        payload_hash="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    )
    assert send(f"{server.endpoint}/guarded/c", "PUT", b"0\r\n\r\n", headers)[0] < 500
