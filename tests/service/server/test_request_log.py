"""The log of requests: one line for each, with who asked for what and how it ended, and no secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client
from tests.kit.measured import still_server
from tests.kit.policies import ACCOUNT

from penstock.app.log_format import JsonLines
from penstock.testing import LocalServer


class Lines:
    """What was logged of requests."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.getvalue().splitlines()]

    def of(self, operation: str) -> dict[str, Any]:
        (found,) = (line for line in self.all() if line["operation"] == operation)
        return found


@pytest.fixture
def lines() -> Iterator[Lines]:
    kept = Lines()
    handler = logging.StreamHandler(kept.text)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("penstock.server.request_log")
    log.addHandler(handler)
    level, log.level = log.level, logging.INFO
    yield kept
    log.setLevel(level)
    log.removeHandler(handler)


@pytest.fixture
def server(lines: Lines) -> Iterator[LocalServer]:
    with still_server(log_level="info", log_format="json") as server:
        yield server


def test_a_request_is_told_with_its_caller_operation_resource_and_sizes(
    server: LocalServer, lines: Lines
) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="bkt")
    answer = s3.put_object(Bucket="bkt", Key="a b", Body=b"12345")
    line = lines.of("s3:PutObject")
    assert line.pop("milliseconds") > 0
    assert line == {
        "time": "2027-01-15T08:00:00.000+00:00",
        "level": "info",
        "logger": "penstock.server.request_log",
        "request_id": answer["ResponseMetadata"]["RequestId"],
        "caller": f"arn:aws:iam::{ACCOUNT}:root",
        "operation": "s3:PutObject",
        "resource": "arn:aws:s3:::bkt/a b",
        "method": "PUT",
        "path": "/bkt/a%20b",
        "source_ip": "127.0.0.1",
        "status": 200,
        "received_bytes": line["received_bytes"],
        "sent_bytes": 0,
        "trace_id": "",
    }
    assert line["received_bytes"] >= 5


def test_an_operation_that_its_body_names_is_told_too(server: LocalServer, lines: Lines) -> None:
    client(server, "sqs").create_queue(QueueName="q")
    line = lines.of("sqs:CreateQueue")
    assert (line["resource"], line["path"]) == (f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "/")


def test_a_streamed_answer_is_told_when_it_has_been_sent(server: LocalServer, lines: Lines) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="bkt")
    s3.put_object(Bucket="bkt", Key="k", Body=b"x" * 1_000_000)
    s3.get_object(Bucket="bkt", Key="k")["Body"].read()
    s3.list_buckets()
    assert lines.of("s3:GetObject")["sent_bytes"] == 1_000_000


def test_a_refusal_names_the_operation_that_was_asked_for(server: LocalServer, lines: Lines) -> None:
    with pytest.raises(ClientError):
        client(server, "s3").get_object(Bucket="none", Key="k")
    line = lines.of("s3:GetObject")
    assert (line["status"], line["resource"]) == (404, "arn:aws:s3:::none/k")


def test_a_query_that_is_a_signature_is_not_told(lines: Lines) -> None:
    with LocalServer(log_level="info") as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bkt")
        s3.put_object(Bucket="bkt", Key="k", Body=b"x")
        with urlopen(s3.generate_presigned_url("get_object", {"Bucket": "bkt", "Key": "k"})):
            pass
    assert lines.of("s3:GetObject")["path"] == "/bkt/k"
    assert "X-Amz-" not in lines.text.getvalue()
    assert "Signature" not in lines.text.getvalue()


def test_a_line_stays_one_line_whatever_the_key_is(server: LocalServer, lines: Lines) -> None:
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="bkt")
    s3.put_object(Bucket="bkt", Key="a\nb\u2028c\x00d", Body=b"")
    assert lines.of("s3:PutObject")["resource"] == "arn:aws:s3:::bkt/a\nb\u2028c\x00d"


def test_other_lines_are_documents_too() -> None:
    record = logging.LogRecord("penstock.x", logging.WARNING, "", 0, "%s went wrong", ("it",), None)
    found = json.loads(JsonLines().format(record))
    assert {name: found[name] for name in ("level", "logger", "message")} == {
        "level": "warning",
        "logger": "penstock.x",
        "message": "it went wrong",
    }
