"""S3 under HTTP itself: bodies held back, bodies in chunks, bodies that end early."""

import socket
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket="http")
    return client


def head(server: LocalServer, path: str, decoded_length: str = "", **headers: str) -> bytes:
    """Returns a signed PUT up to where its body begins, in AWS's chunks when ``decoded_length`` is given."""
    request = AWSRequest("PUT", server.endpoint + path)
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    if decoded_length:
        request.headers["X-Amz-Decoded-Content-Length"] = decoded_length
        request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}
    signer = S3SigV4Auth(server.session().get_credentials(), "s3", "us-east-1")
    request.context["payload_signing_enabled"] = False
    signer.add_auth(request)
    fields = {**dict(request.headers.items()), **{name.replace("_", "-"): v for name, v in headers.items()}}
    host = server.endpoint.removeprefix("http://")
    lines = [f"PUT {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def talk(server: LocalServer, data: bytes) -> bytes:
    """Returns the first that comes back."""
    host, port = server.endpoint.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        return connection.recv(65_536)


def test_a_body_for_a_missing_bucket_is_not_asked_for(server: LocalServer, s3: Any) -> None:
    answer = talk(server, head(server, "/no-such-bucket/k", Expect="100-continue", Content_Length="5"))
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"connection: close" in answer
    answer = talk(server, head(server, "/http/k", Expect="100-continue", Content_Length="5"))
    assert answer.startswith(b"HTTP/1.1 100")


def test_a_body_in_chunks_without_its_length_is_not_implemented(server: LocalServer, s3: Any) -> None:
    answer = talk(
        server, head(server, "/http/chunks", Transfer_Encoding="chunked") + b"3\r\nabc\r\n0\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 501")
    assert b"<Header>Transfer-Encoding</Header>" in answer


def test_a_body_in_chunks_with_its_decoded_length_is_stored(server: LocalServer, s3: Any) -> None:
    class Unsized:
        """A body that can only be read: boto3 sends it in chunks."""

        def __init__(self) -> None:
            self._left = b"hello"

        def read(self, size: int = -1) -> bytes:
            data, self._left = self._left, b""
            return data

    s3.upload_fileobj(Unsized(), "http", "unsized")
    assert s3.get_object(Bucket="http", Key="unsized")["Body"].read() == b"hello"


def test_a_length_of_thousands_of_digits_is_no_length(server: LocalServer, s3: Any) -> None:
    answer = talk(server, head(server, "/http/long", "9" * 5000, Content_Length="3") + b"abc")
    assert answer.startswith(b"HTTP/1.1 411")


def test_an_answer_that_can_have_no_body_announces_no_length(server: LocalServer, s3: Any) -> None:
    s3.put_object(Bucket="http", Key="gone", Body=b"x")
    deleted = s3.delete_object(Bucket="http", Key="gone")["ResponseMetadata"]
    assert deleted["HTTPStatusCode"] == 204
    assert "content-length" not in deleted["HTTPHeaders"]
