"""What ``penstock trace`` prints of keys that are no plain text."""

import json

import pytest
from tests.kit.policies import s3_may_send

from penstock.app import commands
from penstock.cli import trace
from penstock.delivery.telling import story
from penstock.errors import StartError
from penstock.testing import LocalServer


class Asked:
    """A connection to a server of this process."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server

    def ask(self, command: str, args: dict[str, str]) -> dict[str, object]:
        assert command == "trace"
        found: dict[str, object] = self._server.wait(commands.trace(self._server.app, args))
        return found


@pytest.fixture(autouse=True)
def connected(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace.Connection, "find", lambda flags: Asked(server))


def test_a_terminal_does_not_obey_the_key(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="escapes")
    s3.put_object(Bucket="escapes", Key="\x1b[31mred\n[bold]é", Body=b"")
    trace.print_story({}, "s3://escapes/\x1b[31mred\n[bold]é", None, trace.Form.TREE)
    printed = capsys.readouterr().out
    assert "s3://escapes/\\x1b[31mred\\n[bold]é\n" in printed
    assert "\x1b" not in printed


def test_what_has_the_name_of_an_emoji_is_printed_as_it_is(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="emoji")
    s3.put_object(Bucket="emoji", Key="a:bus:b", Body=b"")
    trace.print_story({}, "s3://emoji/a:bus:b", None, trace.Form.TREE)
    assert "s3://emoji/a:bus:b\n" in capsys.readouterr().out


def test_the_version_of_an_object_without_versioning_is_null(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="nulls")
    s3.put_object(Bucket="nulls", Key="k", Body=b"")
    trace.print_story({}, "s3://nulls/k", "null", trace.Form.TREE)
    assert "ObjectCreated:Put" in capsys.readouterr().out


def test_a_story_that_is_cut_says_so(
    server: LocalServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "MAX_ENTRIES", 3)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="long")
    for _ in range(5):
        s3.put_object(Bucket="long", Key="k", Body=b"")
    trace.print_story({}, "s3://long/k", None, trace.Form.TREE)
    assert "earlier changes are not told" in capsys.readouterr().out


def test_a_key_may_be_as_events_write_it(server: LocalServer, capsys: pytest.CaptureFixture[str]) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="written")
    for key in ("a b+é.txt", "a+b", "a b"):
        s3.put_object(Bucket="written", Key=key, Body=key.encode())
    trace.print_story({}, "s3://written/a+b%2B%C3%A9.txt", None, trace.Form.TREE)
    assert f"{len('a b+é.txt'.encode())} bytes" in capsys.readouterr().out
    trace.print_story({}, "s3://written/a+b", None, trace.Form.JSON)
    (event,) = json.loads(capsys.readouterr().out)
    assert event["key"] == "a+b"  # an object that has this very name comes first


def test_what_a_client_claims_is_shown_as_a_claim(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = server.client("s3")
    s3.create_bucket(Bucket="claims")
    sent = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    s3.meta.events.register_first(
        "before-sign.s3", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", sent)
    )
    s3.put_object(Bucket="claims", Key="k", Body=b"")
    trace.print_story({}, "s3://claims/k", None, trace.Form.TREE)
    printed = capsys.readouterr().out
    assert f"its sender claims, and nothing confirms, that it was caused under {sent}" in printed
    assert "├── caused by" not in printed


def test_the_story_of_a_message_is_that_of_its_change(
    server: LocalServer, capsys: pytest.CaptureFixture[str]
) -> None:
    s3, sqs = server.client("s3"), server.client("sqs")
    url = sqs.create_queue(QueueName="messages", Attributes={"Policy": s3_may_send()})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.create_bucket(Bucket="messages")
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Id": "r"}
    s3.put_bucket_notification_configuration(
        Bucket="messages", NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    for number in range(3):
        s3.put_object(Bucket="messages", Key=f"k{number}", Body=b"")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    (wanted,) = [message["MessageId"] for message in messages if '"k1"' in message["Body"]]

    trace.print_message({}, wanted, trace.Form.JSON)
    (event,) = json.loads(capsys.readouterr().out)
    assert (event["bucket"], event["key"]) == ("messages", "k1")
    trace.print_message({}, wanted, trace.Form.TREE)
    assert f"in the same commit, message {wanted}" in capsys.readouterr().out
    with pytest.raises(StartError, match="nothing is recorded of message 0000"):
        trace.print_message({}, "00000000-0000-4000-8000-000000000000", trace.Form.TREE)
