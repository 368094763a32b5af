"""Queues as destinations: the policy decides who may send, and says so in a sentence."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from penstock.delivery import DestinationError, Message, Source
from penstock.store import Tx
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT

S3 = Source("s3.amazonaws.com", "arn:aws:s3:::photos", ACCOUNT)
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture(scope="module")
def sqs(server: LocalServer) -> Any:
    return server.client("sqs")


@pytest.fixture
def accept(server: LocalServer) -> Callable[..., str]:
    """Delivers as a transaction of the server's store would."""

    def deliver(name: str, source: Source = S3, body: str = "{}", **attributes: Any) -> str:
        def step(tx: Tx) -> str:
            return (
                server.app.service("sqs")
                .targets()["sqs"]
                .accept(tx, arn(name), source, Message(body, TRACE, attributes))
            )

        return server.wait(server.app.store.write(step))

    return deliver


def arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


def allow(sqs: Any, name: str, condition: dict[str, Any] | None = None) -> str:
    """Returns the URL of a queue that lets S3 send to it."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "SQS:SendMessage",
        "Resource": arn(name),
    }
    if condition:
        statement["Condition"] = condition
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]


def test_a_delivery_is_a_message_with_its_trace(sqs: Any, accept: Callable[..., str]) -> None:
    url = allow(sqs, "open")
    message_id = accept("open", body='{"Records":[]}')
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert (message["MessageId"], message["Body"]) == (message_id, '{"Records":[]}')
    assert message["Attributes"]["AWSTraceHeader"] == TRACE
    assert message["Attributes"]["SenderId"].endswith(":S3-PROD-END")


def test_s3_may_not_send_without_a_policy_that_says_so(sqs: Any, accept: Callable[..., str]) -> None:
    sqs.create_queue(QueueName="closed")
    with pytest.raises(DestinationError, match=r"does not let s3.amazonaws.com send messages"):
        accept("closed")


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}, False),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, False),
    ],
)
def test_the_policy_may_ask_for_the_bucket_and_its_owner(
    sqs: Any, accept: Callable[..., str], condition: dict[str, Any], allowed: bool
) -> None:
    url = allow(sqs, "asking", condition)
    try:
        if allowed:
            assert accept("asking")
        else:
            with pytest.raises(DestinationError):
                accept("asking")
    finally:
        sqs.delete_queue(QueueUrl=url)


def test_a_changed_policy_holds_for_the_next_delivery(sqs: Any, accept: Callable[..., str]) -> None:
    url = allow(sqs, "changing")
    accept("changing")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    with pytest.raises(DestinationError):
        accept("changing")


def test_a_missing_queue_is_named(accept: Callable[..., str]) -> None:
    with pytest.raises(DestinationError, match=r"The queue .*:nowhere does not exist\."):
        accept("nowhere")
    with pytest.raises(DestinationError, match="FIFO"):
        accept("nowhere.fifo")


def test_lambda_sends_dead_letters_because_it_has_checked_the_role_itself(
    sqs: Any, accept: Callable[..., str]
) -> None:
    url = sqs.create_queue(QueueName="letters")["QueueUrl"]
    function = Source("lambda.amazonaws.com", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", ACCOUNT)
    accept("letters", function, ErrorCode={"DataType": "Number", "StringValue": "200"})
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "200"


def test_a_message_longer_than_the_queue_takes_is_refused(sqs: Any, accept: Callable[..., str]) -> None:
    url = allow(sqs, "small")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    with pytest.raises(DestinationError, match="Message must be shorter than 1024 bytes"):
        accept("small", body="x" * 1025)
