"""With ``quotas`` = ``aws`` FIFO queues and topics take no more in a second than AWS's."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import client, make_queue
from tests.kit.topics import make_topic

from penstock.services.quotas import Quotas
from penstock.services.sns import limits as topic_limits
from penstock.services.sqs import limits as queue_limits
from penstock.services.sqs.messages import throughput
from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """A server that holds quotas, and whose time stands still: each test has its own second."""
    with LocalServer(quotas="aws") as running:
        running.clock.freeze()
        yield running


@pytest.fixture
def few(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "FIFO_CALLS", 3)
    monkeypatch.setattr(topic_limits, "FIFO_MESSAGES", 3)
    monkeypatch.setattr(topic_limits, "FIFO_GROUP_MESSAGES", 2)


def refused(call: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    response = raised.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def send(server: LocalServer, url: str, group: str, number: int) -> None:
    client(server, "sqs").send_message(
        QueueUrl=url, MessageBody="b", MessageGroupId=group, MessageDeduplicationId=f"{group}{number}"
    )


def test_a_fifo_queue_takes_so_many_calls_of_each_action_in_a_second(server: LocalServer, few: None) -> None:
    sqs = client(server, "sqs")
    url, _ = make_queue(server, "calls.fifo", FifoQueue="true")
    for number in range(3):
        send(server, url, f"g{number}", number)
    given = {"QueueUrl": url, "MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    assert refused(sqs.send_message, **given) == ("RequestThrottled", 403)
    for _ in range(3):
        sqs.receive_message(QueueUrl=url)
    assert refused(sqs.receive_message, QueueUrl=url)[0] == "RequestThrottled"
    server.advance(1)
    batch = [
        {"Id": str(n), "MessageBody": "b", "MessageGroupId": "g", "MessageDeduplicationId": f"x{n}"}
        for n in range(9)
    ]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=batch)["Successful"]) == 9
    send(server, url, "g", 100)
    standard, _ = make_queue(server, "calls")
    for _ in range(5):
        sqs.send_message(QueueUrl=standard, MessageBody="b")


def test_with_high_throughput_each_group_has_its_own_bound(server: LocalServer, few: None) -> None:
    high = {"FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup"}
    url, _ = make_queue(server, "high.fifo", FifoQueue="true", **high)
    for number in range(3):
        send(server, url, "a", number)
        send(server, url, "b", number)
    with pytest.raises(ClientError, match="RequestThrottled"):
        send(server, url, "a", 9)
    send(server, url, "c", 9)
    for _ in range(5):
        client(server, "sqs").receive_message(QueueUrl=url)


def test_a_fifo_topic_takes_so_many_messages_in_a_second(server: LocalServer, few: None) -> None:
    sns = client(server, "sns")
    topic = make_topic(server, "bounded.fifo", FifoTopic="true", ContentBasedDeduplication="true")
    entries = [{"Id": str(n), "Message": str(n), "MessageGroupId": "g"} for n in range(3)]
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert refused(sns.publish, TopicArn=topic, Message="m", MessageGroupId="g") == ("Throttled", 429)
    by_group = {
        "FifoTopic": "true",
        "ContentBasedDeduplication": "true",
        "FifoThroughputScope": "MessageGroup",
    }
    topic = make_topic(server, "groups.fifo", **by_group)
    for message in ("1", "2"):
        sns.publish(TopicArn=topic, Message=message, MessageGroupId="a")
        sns.publish(TopicArn=topic, Message=message, MessageGroupId="b")
    assert refused(sns.publish, TopicArn=topic, Message="3", MessageGroupId="a")[0] == "Throttled"
    server.advance(1)
    sns.publish(TopicArn=topic, Message="3", MessageGroupId="a")


def test_without_the_setting_nothing_is_counted(server: LocalServer) -> None:
    assert queue_limits.FIFO_CALLS == 300
    quotas = Quotas(server.app.config.__class__(), server.app.clock)
    assert all(quotas.admit("k", 1) for _ in range(10))
