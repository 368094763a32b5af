"""What stands at the head of a request and should not: answered, and nothing else is served for it."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import client_config


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        s3 = running.client("s3")
        s3.create_bucket(Bucket="heads")
        s3.put_object(Bucket="heads", Key="open", Body=b"for everybody")
        s3.put_object(Bucket="heads", Key="shut", Body=b"for nobody")
        yield running


@pytest.fixture
def s3(server: LocalServer) -> BaseClient:
    return server.client("s3")


def exchange(server: LocalServer, head: str) -> bytes:
    """Returns the answer to a head as it is written here."""
    address = urlsplit(server.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"Connection: close\r\n\r\n")
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


def refused(call: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    "hosts",
    ["", "Host: a.s3.localhost\nHost: b.s3.localhost\n", "Host: sec/pub.s3.localhost\n", "Host: \n"],
)
def test_a_host_that_could_be_read_in_two_ways_is_refused(server: LocalServer, hosts: str) -> None:
    assert exchange(server, f"GET /key HTTP/1.1\n{hosts}").startswith(b"HTTP/1.1 400")


def test_a_slash_in_the_host_does_not_become_part_of_a_bucket(server: LocalServer) -> None:
    answer = exchange(server, "GET /open HTTP/1.1\nHost: heads/x.s3.localhost\n")
    assert b"<Code>InvalidHostHeader</Code>" in answer


def signed_v2(path: str) -> tuple[str, str]:
    request = AWSRequest("GET", f"http://localhost{path}")
    _, key, secret = LocalServer().accounts.split(":")
    credentials = type("Keys", (), {"access_key": key, "secret_key": secret, "token": None})()
    HmacV1QueryAuth(credentials, expires=3600).add_auth(request)
    parts = urlsplit(request.url)
    return parts.path, parts.query


def test_a_line_break_in_a_version_2_url_does_not_sign_another_key(server: LocalServer) -> None:
    # Signed: a download of /heads/open under a file name that somebody else chose.
    expires = "2000000000"
    disposition = f"x\n{expires}\n/heads/shut"
    path, query = signed_v2(f"/heads/open?response-content-disposition={quote(disposition, safe='')}")
    fields = dict(item.split("=", 1) for item in query.split("&"))
    content_type = f"\n{fields['Expires']}\n/heads/open?response-content-disposition=x"
    bent = (
        f"AWSAccessKeyId={fields['AWSAccessKeyId']}&Signature={fields['Signature']}"
        f"&Expires={expires}&content-type={quote(content_type, safe='')}"
    )
    assert b"for nobody" not in exchange(server, f"GET /heads/shut?{bent} HTTP/1.1\nHost: localhost\n")
    for text in (query, bent):
        answer = exchange(server, f"GET {path}?{text} HTTP/1.1\nHost: localhost\n")
        assert answer.startswith(b"HTTP/1.1 400") and b"two ways" in answer


def test_a_parameter_hidden_in_another_does_not_count_as_signed(server: LocalServer) -> None:
    _, query = signed_v2("/heads/open?response-content-type=text/html&versionId=null")
    bent = query.replace("&versionId=null", "").replace(
        "text/html", quote("text/html&versionId=null", safe="")
    )
    answer = exchange(server, f"GET /heads/open?{bent} HTTP/1.1\nHost: localhost\n")
    assert answer.startswith(b"HTTP/1.1 400") and b"for everybody" not in answer


def test_a_range_of_thousands_of_digits_is_past_the_end(s3: Any) -> None:
    nines = "9" * 5000
    assert refused(s3.get_object, Bucket="heads", Key="open", Range=f"bytes={nines}-")[1] == 416
    for text in (f"bytes=0-{nines}", f"bytes=-{nines}"):
        assert s3.get_object(Bucket="heads", Key="open", Range=text)["Body"].read() == b"for everybody"
    copy = {"Bucket": "heads", "Key": "open"}
    upload = s3.create_multipart_upload(Bucket="heads", Key="whole")["UploadId"]
    assert refused(
        s3.upload_part_copy, Bucket="heads", Key="whole", UploadId=upload, PartNumber=1,
        CopySource=copy, CopySourceRange=f"bytes=0-{nines}",
    ) == ("InvalidRequest", 400)  # fmt: skip


def test_stored_headers_are_as_short_as_aws_wants_them(s3: Any) -> None:
    assert refused(s3.put_object, Bucket="heads", Key="k", ContentType="a/" + "b" * 2048) == (
        "MetadataTooLarge",
        400,
    )
    assert refused(s3.put_object, Bucket="heads", Key="k", Metadata={"a": "b" * 2048}) == (
        "MetadataTooLarge",
        400,
    )
    long = {"Bucket": "heads", "Key": "k", "Tagging": "a=" + "b" * 8192}
    assert refused(s3.put_object, **long) == ("RequestHeaderSectionTooLarge", 400)


def test_a_trace_header_that_is_none_is_not_kept(server: LocalServer) -> None:
    sqs = server.client("sqs", config=client_config().merge(Config()))
    queue = sqs.create_queue(QueueName="traced")["QueueUrl"]

    def send(trace: str) -> str | None:
        def add(request: AWSRequest, **_: Any) -> None:
            request.headers["X-Amzn-Trace-Id"] = trace

        sqs.meta.events.register_first("before-sign.sqs.SendMessage", add, unique_id=trace)
        sqs.send_message(QueueUrl=queue, MessageBody="x")
        sqs.meta.events.unregister("before-sign.sqs.SendMessage", unique_id=trace)
        found = sqs.receive_message(QueueUrl=queue, MessageSystemAttributeNames=["AWSTraceHeader"])[
            "Messages"
        ][0]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=found["ReceiptHandle"])
        kept: str | None = found.get("Attributes", {}).get("AWSTraceHeader")
        return kept

    root = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    assert send(root) == root
    assert send("R" * 2000) is None
