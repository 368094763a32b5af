"""Whole answers as AWS's pages show them; tests/golden/sqs says which pages."""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.kit.sqs_wire import ask, query

from penstock.services.lambda_.sources.sqs_event import sqs_event
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT

GOLDEN = Path(__file__).parents[2] / "golden" / "sqs"
TEXT = "This is a test message"


@pytest.fixture(scope="module")
def url(server: LocalServer) -> str:
    return server.client("sqs").create_queue(QueueName="MyQueue")["QueueUrl"]


def golden(name: str) -> Any:
    return orjson.loads((GOLDEN / name).read_bytes())


def matches(shown: Any, found: Any) -> bool:
    """Returns whether ``found`` is what is shown, with anything where a server makes it up."""
    if isinstance(shown, dict):
        return shown.keys() == found.keys() and all(matches(shown[name], found[name]) for name in shown)
    if isinstance(shown, list):
        return len(shown) == len(found) and all(map(matches, shown, found))
    return bool(found) if isinstance(shown, str) and shown.startswith("{") else bool(shown == found)


def test_a_message_is_sent_and_received_as_the_pages_show_it(server: LocalServer, url: str) -> None:
    sent = ask(server, "SendMessage", QueueUrl=url, MessageBody=TEXT)
    assert sent.headers["content-type"] == "application/x-amz-json-1.0"
    assert matches(golden("send_message.json"), orjson.loads(sent.text)), sent.text
    received = ask(server, "ReceiveMessage", QueueUrl=url, MessageSystemAttributeNames=["All"])
    assert matches(golden("receive_message.json"), orjson.loads(received.text)), received.text


def test_an_older_client_is_answered_as_its_page_shows(server: LocalServer, url: str) -> None:
    answer = query(server, "/", Action="SendMessage", QueueUrl=url, MessageBody=TEXT)
    shown = re.sub(r">\s+<", "><", (GOLDEN / "send_message.xml").read_text().strip())
    pattern = re.sub(r"\\{[^}]*\\}", "[^<]+", re.escape(shown))
    assert re.fullmatch(pattern, answer.text), answer.text


def test_a_queue_that_is_not_there_is_told_as_the_page_shows(server: LocalServer) -> None:
    answer = ask(server, "SendMessage", QueueUrl=f"http://h/{ACCOUNT}/nowhere", MessageBody=TEXT)
    assert orjson.loads(answer.text) == golden("error_queue_does_not_exist.json")
    assert answer.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"


def test_a_function_reads_a_fifo_queues_message_as_the_page_shows(server: LocalServer) -> None:
    sqs = server.client("sqs", region_name="us-east-2")
    attributes = {"FifoQueue": "true"}
    url = sqs.create_queue(QueueName="fifo.fifo", Attributes=attributes)["QueueUrl"]
    ids = {"MessageGroupId": "1", "MessageDeduplicationId": "1"}
    sqs.send_message(QueueUrl=url, MessageBody="Test message.", **ids)
    messages = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    shown = golden("lambda_fifo_record.json")
    (record,) = orjson.loads(sqs_event(messages, shown["eventSourceARN"], "us-east-2"))["Records"]
    assert matches(shown, record), record
