"""FIFO topics and FIFO queues."""

import json
from typing import Any

import pytest
from tests.kit.functions import make_queue, receive
from tests.kit.topics import make_topic, sns_may_send, subscribe

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def topic(server: LocalServer) -> str:
    return make_topic(server, "prices.fifo", FifoTopic="true")


def publish(server: LocalServer, topic: str, message: str, group: str) -> Any:
    return server.client("sns").publish(
        TopicArn=topic, Message=message, MessageGroupId=group, MessageDeduplicationId=message
    )


def test_a_fifo_queue_gets_group_and_deduplication_id_in_order(server: LocalServer, topic: str) -> None:
    url, arn = make_queue(server, "prices.fifo", FifoQueue="true", Policy=sns_may_send(topic))
    subscribe(server, topic, "sqs", arn)
    for number in range(5):
        publish(server, topic, str(number), f"g{number % 2}")
    got = receive(server, url)
    assert sorted(json.loads(message["Body"])["Message"] for message in got) == ["0", "1", "2", "3", "4"]
    for group in ("g0", "g1"):
        of_group = [one for one in got if one["Attributes"]["MessageGroupId"] == group]
        numbers = [json.loads(one["Body"])["SequenceNumber"] for one in of_group]
        assert numbers == sorted(numbers)
        assert all(
            one["Attributes"]["MessageDeduplicationId"] == json.loads(one["Body"])["Message"]
            for one in of_group
        )


def test_dead_letters_of_a_fifo_topic_are_in_a_fifo_queue(server: LocalServer, topic: str) -> None:
    letters, arn = make_queue(server, "letters.fifo", FifoQueue="true", Policy=sns_may_send(topic))
    missing = arn.replace("letters", "missing")
    subscribe(server, topic, "sqs", missing, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn}))
    publish(server, topic, "lost", "g")
    (letter,) = receive(server, letters)
    assert letter["Attributes"]["MessageGroupId"] == "g"
    assert "does not exist" in letter["MessageAttributes"]["ErrorMessage"]["StringValue"]
