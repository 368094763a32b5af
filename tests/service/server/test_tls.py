"""A server with TLS of its own: who is trusted, what is served after the files have changed, what stays plain."""

import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, SSLError
from tests.kit.functions import make_function, make_role, run

from penstock.app.authority import local_files
from penstock.clock import Clock, Ids
from penstock.errors import StartError
from penstock.testing import LocalServer

ASKS_S3 = """
import boto3, os
def handler(event, context):
    boto3.client("s3").put_object(Bucket="written", Key="by-function", Body=b"x")
    return [os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")[0]]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(tls="self-signed") as running:
        yield running


def get(netloc: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(netloc, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def shown_to(server: LocalServer, name: str) -> bytes:
    """Returns the certificate that a new connection meets that asks for ``name``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", urlsplit(server.endpoint).port), 10) as plain,
        context.wrap_socket(plain, server_hostname=name) as spoken,
    ):
        shown = spoken.getpeercert(binary_form=True)
    assert shown
    return shown


def test_clients_that_trust_the_local_authority_are_served(server: LocalServer) -> None:
    assert server.endpoint.startswith("https://127.0.0.1:")
    s3 = server.client("s3")
    s3.create_bucket(Bucket="trusted")
    s3.put_object(Bucket="trusted", Key="k", Body=bytes(300_000))
    assert len(s3.get_object(Bucket="trusted", Key="k")["Body"].read()) == 300_000
    by_name = server.endpoint.replace("127.0.0.1", "localhost")
    assert server.session().client("s3", endpoint_url=by_name, verify=str(server.ca_bundle)).list_buckets()


def test_clients_that_do_not_trust_it_refuse(server: LocalServer) -> None:
    with pytest.raises(SSLError):
        server.client("s3", verify=None).list_buckets()


def test_whoever_speaks_plainly_to_the_port_gets_no_answer(server: LocalServer) -> None:
    with pytest.raises((http.client.HTTPException, OSError)):
        get(urlsplit(server.endpoint).netloc, "/_penstock/health")


def test_policies_see_secure_transport(server: LocalServer) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="secured")
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::secured/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket="secured", Policy=json.dumps(policy))
    s3.put_object(Bucket="secured", Key="k", Body=b"x")
    with LocalServer() as plain:
        other = plain.client("s3")
        other.create_bucket(Bucket="secured")
        other.put_bucket_policy(Bucket="secured", Policy=json.dumps(policy))
        with pytest.raises(ClientError, match="AccessDenied"):
            other.put_object(Bucket="secured", Key="k", Body=b"x")


def test_functions_run_and_come_back_over_tls(server: LocalServer) -> None:
    server.client("s3").create_bucket(Bucket="written")
    role = make_role(server, "tls", "s3:PutObject")
    make_function(server, "tls", ASKS_S3, Role=role, Timeout=20)
    endpoint, runtime = run(server, "tls")["Payload"]
    assert endpoint == server.endpoint and runtime != urlsplit(server.endpoint).netloc
    server.client("s3").head_object(Bucket="written", Key="by-function")


@pytest.mark.parametrize("path", ["/", "/trusted/k", "/_penstock/health", "/_penstock/clock"])
def test_the_plain_port_on_the_loopback_has_the_runtime_api_alone(server: LocalServer, path: str) -> None:
    assert server.app.runtime.startswith("127.0.0.1:")
    assert get(server.app.runtime, path)[0] == 404
    assert (
        get(server.app.runtime, f"/_penstock/runtime/{'0' * 32}/2018-06-01/runtime/invocation/next")[0] == 403
    )


def test_the_local_authority_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path, tls="self-signed") as server:
        bundle = server.ca_bundle
        assert bundle
        before = bundle.read_bytes()
    with LocalServer(data=tmp_path, tls="self-signed") as server:
        server.client("s3").list_buckets()
        assert bundle.read_bytes() == before
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()} == {0o600}


def test_a_spoilt_authority_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "authority.pem").write_text("nonsense")
    with pytest.raises(StartError, match="holds no certificate authority"):
        LocalServer(data=tmp_path, tls="self-signed").__enter__()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Returns a folder with a certificate and its key in ``server.pem``, and another pair in ``next.pem``."""
    for name in ("server", "next"):
        made = local_files(tmp_path / name, "data.example.com", Clock(), Ids()).certificate
        made.rename(tmp_path / f"{name}.pem")
    return tmp_path


def certificate_in(path: Path) -> bytes:
    text = path.read_text()
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])


def test_a_certificate_that_is_replaced_is_served_to_new_connections(files: Path) -> None:
    with LocalServer(tls_cert=files / "server.pem") as server:
        client = server.client("s3")
        client.list_buckets()  # a connection that is kept, and goes on
        assert shown_to(server, "data.example.com") == certificate_in(files / "server.pem")
        (files / "next.pem").replace(files / "server.pem")
        assert shown_to(server, "data.example.com") == certificate_in(files / "server.pem")
        client.list_buckets()
        assert server.app.health()["problems"] == {}


def test_a_broken_new_certificate_keeps_the_former_and_is_named_by_health(files: Path) -> None:
    former = certificate_in(files / "server.pem")
    good = (files / "server.pem").read_bytes()
    with LocalServer(tls_cert=files / "server.pem") as server:
        for broken in (b"nonsense", b"", (files / "next.pem").read_bytes()[:300]):
            (files / "server.pem").write_bytes(broken)
            assert shown_to(server, "data.example.com") == former
            assert "the former certificate is served" in server.app.health()["problems"]["tls"]
        (files / "server.pem").unlink()
        assert shown_to(server, "data.example.com") == former
        (files / "server.pem").write_bytes(good)
        assert server.app.health()["problems"] == {}


def test_who_asks_for_localhost_is_shown_the_local_certificate(files: Path) -> None:
    with LocalServer(tls_cert=files / "server.pem") as server:
        assert server.endpoint.startswith("https://localhost:")
        server.client("s3").list_buckets()
        assert shown_to(server, "localhost") != certificate_in(files / "server.pem")


def test_a_key_of_another_certificate_ends_the_start(files: Path) -> None:
    with pytest.raises(StartError, match="cannot be used"):
        LocalServer(tls_cert=files / "server.pem", tls_key=files / "next.pem").__enter__()


def test_an_encrypted_key_ends_the_start_and_does_not_ask_at_the_terminal(files: Path) -> None:
    made = subprocess.run(
        ["openssl", "ec", "-in", files / "server.pem", "-aes256", "-passout", "pass:secret"],
        capture_output=True, check=True,
    )  # fmt: skip
    (files / "locked.key").write_bytes(made.stdout)
    with pytest.raises(StartError, match="without a passphrase"):
        LocalServer(tls_cert=files / "server.pem", tls_key=files / "locked.key").__enter__()


def test_a_key_without_a_certificate_ends_the_start(files: Path) -> None:
    with pytest.raises(StartError, match="tls_cert is not"):
        LocalServer(tls_key=files / "server.pem").__enter__()
