"""FIFO queues that feed functions: each group in its order, one batch of it at a time.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, SQS, client, make_function, make_queue, make_role, receive

from penstock.services.source import Fed, Message, Source
from penstock.testing import LocalServer

FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "600"}

# Each run tells that it begins and that it ends; a body "worse" fails its batch, "bad" by itself.
REPORT = """
import boto3, json
sqs = boto3.client("sqs")
def tell(what, event):
    bodies = [record["body"] for record in event["Records"]]
    sqs.send_message(QueueUrl=%r, MessageBody=json.dumps([what, bodies]))
    return bodies
def handler(event, context):
    tell("begins", event)
    if "worse" in tell("ends", event):
        raise RuntimeError("worse")
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""


def make_mapped(
    server: LocalServer, name: str, attributes: dict[str, str], **mapping: Any
) -> tuple[str, str]:
    """Returns the URLs of the mapped queue and of the one that runs are told to."""
    source_url, source_arn = make_queue(server, f"{name}.fifo", **FIFO, **attributes)
    told_url, _ = make_queue(server, f"{name}-told")
    make_function(server, name, REPORT % told_url, may=SQS, Timeout=20)
    asked = {"FunctionName": name, "EventSourceArn": source_arn, **mapping}
    client(server, "lambda").create_event_source_mapping(**asked)
    return source_url, told_url


def send(server: LocalServer, url: str, group: str, *bodies: str) -> None:
    entries = [
        {"Id": str(number), "MessageBody": body, "MessageGroupId": group}
        for number, body in enumerate(bodies)
    ]
    client(server, "sqs").send_message_batch(QueueUrl=url, Entries=entries)


def told(server: LocalServer, url: str) -> list[tuple[str, list[str]]]:
    server.settle()
    return [tuple(json.loads(message["Body"])) for message in receive(server, url)]


def test_a_group_is_processed_in_its_order_one_batch_at_a_time(server: LocalServer) -> None:
    source, runs = make_mapped(server, "ordered", {}, BatchSize=3)
    sent = {group: [f"{group}{number}" for number in range(7)] for group in "ab"}
    for group, bodies in sent.items():
        send(server, source, group, *bodies)
    found = told(server, runs)
    for group, bodies in sent.items():
        mine = [(what, [body for body in batch if body in bodies]) for what, batch in found]
        mine = [(what, batch) for what, batch in mine if batch]
        assert [what for what, _ in mine] == ["begins", "ends"] * (len(mine) // 2), group
        assert [body for what, batch in mine if what == "ends" for body in batch] == bodies
    assert receive(server, source) == []


def test_a_batch_that_fails_holds_its_group_until_it_is_a_dead_letter(server: LocalServer) -> None:
    dead_url, dead_arn = make_queue(server, "holds-dead.fifo", **FIFO)
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    source, runs = make_mapped(server, "holds", {"RedrivePolicy": redrive}, BatchSize=1)
    send(server, source, "g", "worse", "next")
    send(server, source, "other", "free")
    found = told(server, runs)
    assert ("ends", ["free"]) in found
    assert ("begins", ["next"]) not in found
    server.advance(601)
    assert told(server, runs) == [("begins", ["worse"]), ("ends", ["worse"])]
    server.advance(601)
    assert told(server, runs) == [("begins", ["next"]), ("ends", ["next"])]
    assert [message["Body"] for message in receive(server, dead_url)] == ["worse"]


def test_what_a_function_reports_as_failed_comes_again_before_the_rest_of_its_group(
    server: LocalServer,
) -> None:
    report = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
    source, runs = make_mapped(server, "partial", {}, BatchSize=2, **report)
    send(server, source, "g", "good", "bad", "rest")
    assert told(server, runs)[1:] == [("ends", ["good", "bad"])]
    server.advance(601)
    assert told(server, runs)[1:] == [("ends", ["bad", "rest"])]


class Crate:
    """A source of one group whose messages say that they fill a payload each, and come all at once."""

    batches_at_once = 5
    window_s = 0

    def __init__(self) -> None:
        self.left = [Message(str(at), 5_000_000, 0, None, {"body": str(at)}, "g") for at in range(4)]

    async def receive(self, function: Fed, count: int, wait_s: int) -> list[Message]:
        while wait_s and not self.left:
            await asyncio.Event().wait()
        found, self.left = self.left, []
        return found

    async def finish(self, function: Fed, done: list[Message], failed: list[Message]) -> None:
        pass

    def event(self, messages: list[Message]) -> bytes:
        return json.dumps({"Records": [message.content for message in messages]}).encode()

    def left_out(self, message: Message) -> str:
        return ""

    def failed(self, response: bytes, messages: list[Message]) -> set[str]:
        return set()


class Crates:
    """The kind ``toy``."""

    label = "toys"

    def settings(self, old: Mapping[str, Any], params: dict[str, Any], source_arn: str) -> dict[str, Any]:
        return {"BatchSize": 10, **old}

    async def check(self, *args: object) -> None:
        pass

    def open(self, *args: object) -> Sequence[Source]:
        return [Crate()]


def test_messages_of_a_group_that_do_not_fit_one_payload_run_one_batch_after_another(
    server: LocalServer,
) -> None:
    kinds = server.app.service("lambda").state.sources.kinds
    kinds["toy"] = Crates()
    told_url, _ = make_queue(server, "crate-told")
    make_function(server, "crate", REPORT % told_url, may=SQS, Timeout=20)
    arn = "arn:aws:toy:us-east-1:000000000000:shelf/crate"
    mapping = client(server, "lambda").create_event_source_mapping(FunctionName="crate", EventSourceArn=arn)
    found = told(server, told_url)
    client(server, "lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    del kinds["toy"]
    assert found == [(what, [str(at)]) for at in range(4) for what in ("begins", "ends")]


def test_a_fifo_queue_has_no_window_and_ten_messages_at_most(server: LocalServer) -> None:
    _, arn = make_queue(server, "bounds.fifo", **FIFO)
    make_function(server, "bounds", "", may=SQS, Timeout=20)
    for wrong in ({"BatchSize": 11}, {"MaximumBatchingWindowInSeconds": 1}):
        with pytest.raises(ClientError, match="FIFO"):
            client(server, "lambda").create_event_source_mapping(
                FunctionName="bounds", EventSourceArn=arn, **wrong
            )


def test_no_fifo_queue_is_a_dead_letter_queue_or_a_destination(server: LocalServer) -> None:
    _, arn = make_queue(server, "letters.fifo", **FIFO)
    role = make_role(server, "letters-role", *LOGS, *SQS)
    with pytest.raises(ClientError, match="FIFO"):
        make_function(server, "letters", "", Role=role, DeadLetterConfig={"TargetArn": arn})
    make_function(server, "letters", "", Role=role)
    with pytest.raises(ClientError, match="FIFO"):
        client(server, "lambda").put_function_event_invoke_config(
            FunctionName="letters", DestinationConfig={"OnFailure": {"Destination": arn}}
        )


def test_s3_sends_to_no_fifo_queue(server: LocalServer) -> None:
    _, arn = make_queue(server, "events.fifo", **FIFO)
    s3 = client(server, "s3")
    s3.create_bucket(Bucket="events-to-fifo")
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
    with pytest.raises(ClientError) as caught:
        s3.put_bucket_notification_configuration(
            Bucket="events-to-fifo", NotificationConfiguration={"QueueConfigurations": [rule]}
        )
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"
