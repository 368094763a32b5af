"""CloudWatch is told of each topic what was published, and what became of it at the subscriptions."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_queue
from tests.kit.measured import still_server, sums, taken
from tests.kit.topics import make_topic, sns_may_send

from penstock.testing import LocalServer

SNS = "AWS/SNS"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as server:
        yield server


def subscribe(server: LocalServer, topic: str, queue: str, **attributes: object) -> None:
    client(server, "sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue,
        Attributes={name: json.dumps(value) for name, value in attributes.items()},
    )


def test_a_message_counts_for_its_topic_and_for_each_subscription(server: LocalServer) -> None:
    topic = make_topic(server, "news")
    for name in ("one", "two"):
        subscribe(server, topic, make_queue(server, name, Policy=sns_may_send())[1])
    client(server, "sns").publish(TopicArn=topic, Message="12345")
    assert sums(taken(server), SNS, TopicName="news") == {
        "NumberOfMessagesPublished": 1,
        "NumberOfNotificationsDelivered": 2,
        "PublishSize": 5,
    }


def test_what_filters_keep_back_is_told_by_what_they_look_at(server: LocalServer) -> None:
    topic = make_topic(server, "news")
    _, queue = make_queue(server, "one", Policy=sns_may_send())
    subscribe(server, topic, queue, FilterPolicy={"kind": ["a"]})
    publish = client(server, "sns").publish
    publish(TopicArn=topic, Message="1")
    publish(
        TopicArn=topic,
        Message="1",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "b"}},
    )
    found = sums(taken(server), SNS, TopicName="news")
    assert {name: value for name, value in found.items() if "Filtered" in name} == {
        "NumberOfNotificationsFilteredOut": 2,
        "NumberOfNotificationsFilteredOut-MessageAttributes": 1,
        "NumberOfNotificationsFilteredOut-NoMessageAttributes": 1,
    }


def test_a_filter_of_the_body_is_told_apart(server: LocalServer) -> None:
    topic = make_topic(server, "news")
    _, queue = make_queue(server, "one", Policy=sns_may_send())
    client(server, "sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue,
        Attributes={"FilterPolicy": '{"kind": ["a"]}', "FilterPolicyScope": "MessageBody"},
    )
    client(server, "sns").publish(TopicArn=topic, Message='{"kind": "b"}')
    found = sums(taken(server), SNS, TopicName="news")
    assert found["NumberOfNotificationsFilteredOut-MessageBody"] == 1


def test_what_fails_and_what_its_dead_letter_queue_gets_is_counted(server: LocalServer) -> None:
    topic = make_topic(server, "news")
    _, closed = make_queue(server, "closed")
    _, dead = make_queue(server, "dead", Policy=sns_may_send())
    subscribe(server, topic, closed, RedrivePolicy={"deadLetterTargetArn": dead})
    client(server, "sns").publish(TopicArn=topic, Message="x")
    assert sums(taken(server), SNS, TopicName="news") == {
        "NumberOfMessagesPublished": 1,
        "NumberOfNotificationsFailed": 1,
        "NumberOfNotificationsRedrivenToDlq": 1,
        "PublishSize": 1,
    }


def test_what_the_topic_refuses_is_not_counted(server: LocalServer) -> None:
    topic = make_topic(server, "news")
    with pytest.raises(ClientError):
        client(server, "sns").publish(TopicArn=topic, Message="x", Subject="\n")
    assert sums(taken(server), SNS, TopicName="news") == {}
