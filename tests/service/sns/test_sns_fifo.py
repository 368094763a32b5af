"""FIFO topics: order, deduplication, numbers."""

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import make_queue, receive
from tests.kit.policies import ACCOUNT
from tests.kit.topics import make_topic, sns_may_send, subscribe, subscribed_queue

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def sns(server: LocalServer) -> Any:
    return server.client("sns")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def make_fifo(server: LocalServer, name: str, **attributes: str) -> str:
    return make_topic(server, f"{name}.fifo", FifoTopic="true", **attributes)


def bodies(server: LocalServer, url: str) -> list[str]:
    return [message["Body"] for message in receive(server, url)]


def test_a_fifo_topic_says_so_in_its_name(server: LocalServer, sns: Any) -> None:
    arn = make_fifo(server, "named")
    found = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (found["FifoTopic"], found["ContentBasedDeduplication"]) == ("true", "false")
    for name in ("named", "é.fifo", ".fifo", "x" * 252 + ".fifo"):
        code, message = refused(sns.create_topic, Name=name, Attributes={"FifoTopic": "true"})
        assert code == "InvalidParameter" and "Fifo Topic names must end with .fifo" in message
    assert refused(sns.create_topic, Name="named.fifo")[1] == "Invalid parameter: Topic Name"


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("email", "a@example.com"),
        ("https", "https://a"),
        ("lambda", f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"),
    ],
)
def test_only_queues_subscribe_to_a_fifo_topic(
    server: LocalServer, sns: Any, protocol: str, endpoint: str
) -> None:
    arn = make_fifo(server, "queues-only")
    assert refused(sns.subscribe, TopicArn=arn, Protocol=protocol, Endpoint=endpoint)[0] == "InvalidParameter"


def test_a_message_has_a_group_and_a_deduplication_id(server: LocalServer, sns: Any) -> None:
    arn = make_fifo(server, "required")
    for params, text in (
        ({}, "The MessageGroupId parameter is required for FIFO topics"),
        (
            {"MessageGroupId": "g"},
            "ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
        ),
        ({"MessageGroupId": "g" * 129, "MessageDeduplicationId": "1"}, "MessageGroupId Reason"),
        ({"MessageGroupId": "g", "MessageDeduplicationId": "é"}, "MessageDeduplicationId Reason"),
    ):
        code, message = refused(sns.publish, TopicArn=arn, Message="x", **params)
        assert code == "InvalidParameter" and text in message


def test_messages_are_numbered_and_the_same_one_is_delivered_once(server: LocalServer, sns: Any) -> None:
    arn = make_fifo(server, "once", ContentBasedDeduplication="true")
    url, _ = subscribed_queue(server, arn, "once", RawMessageDelivery="true")
    first = sns.publish(TopicArn=arn, Message="x", MessageGroupId="g")
    again = sns.publish(TopicArn=arn, Message="x", MessageGroupId="h")
    by_hash = sns.publish(
        TopicArn=arn, Message="y", MessageGroupId="g", MessageDeduplicationId=hashlib.sha256(b"x").hexdigest()
    )
    other = sns.publish(TopicArn=arn, Message="x", MessageGroupId="g", MessageDeduplicationId="own")
    assert len(first["SequenceNumber"]) == 20
    for same in (again, by_hash):
        assert (same["MessageId"], same["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    assert other["SequenceNumber"] > first["SequenceNumber"]
    assert bodies(server, url) == ["x", "x"]
    server.advance(5 * 60)
    later = sns.publish(TopicArn=arn, Message="x", MessageGroupId="g")
    assert later["MessageId"] != first["MessageId"]
    assert bodies(server, url) == ["x"]


def test_deduplication_may_be_each_group_s_own(server: LocalServer, sns: Any) -> None:
    arn = make_fifo(server, "scope", ContentBasedDeduplication="true", FifoThroughputScope="MessageGroup")
    url, _ = subscribed_queue(server, arn, "scope", RawMessageDelivery="true")
    for group in ("g", "h", "g"):
        sns.publish(TopicArn=arn, Message="x", MessageGroupId=group)
    assert bodies(server, url) == ["x", "x"]


def test_a_batch_is_published_in_its_order(server: LocalServer, sns: Any) -> None:
    arn = make_fifo(server, "batch", ContentBasedDeduplication="true")
    url, _ = subscribed_queue(server, arn, "batch", RawMessageDelivery="true")
    entries = [{"Id": str(n), "Message": str(n % 4), "MessageGroupId": "g"} for n in range(6)]
    entries.append({"Id": "none", "Message": "x"})
    answer = sns.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    numbers = [entry["SequenceNumber"] for entry in answer["Successful"]]
    assert numbers[:4] == sorted(numbers[:4]) and numbers[4:] == numbers[:2]
    assert [entry["Id"] for entry in answer["Failed"]] == ["none"]
    assert bodies(server, url) == ["0", "1", "2", "3"]


def test_what_waits_for_its_queue_goes_first(server: LocalServer, sns: Any) -> None:
    arn = make_fifo(server, "order")
    url, queue = make_queue(server, "order")
    subscribe(server, arn, "sqs", queue, RawMessageDelivery="true")
    for number in range(3):
        sns.publish(TopicArn=arn, Message=str(number), MessageGroupId="g", MessageDeduplicationId=str(number))
    server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": sns_may_send(arn)})
    sns.publish(TopicArn=arn, Message="3", MessageGroupId="g", MessageDeduplicationId="3")
    got: list[str] = []
    while len(got) < 4:
        server.advance(21)
        server.settle()
        got += bodies(server, url)
    assert got == ["0", "1", "2", "3"]


def test_numbers_go_on_after_a_restart(tmp_path: Any) -> None:
    numbers = []
    for message in ("a", "b"):
        with LocalServer(data=tmp_path) as server:
            arn = make_fifo(server, "kept", ContentBasedDeduplication="true")
            sent = server.client("sns").publish(TopicArn=arn, Message=message, MessageGroupId="g")
            numbers.append(sent["SequenceNumber"])
    assert numbers == sorted(set(numbers))
