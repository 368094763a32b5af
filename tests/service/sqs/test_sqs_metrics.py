"""CloudWatch is told of each queue what went through it, and once a minute what it holds: exactly."""

from collections.abc import Iterator

import pytest
from bench.setup import watched_bucket
from bench.signing import ACCESS_KEY, ACCOUNT, SECRET_KEY
from botocore.exceptions import ClientError
from tests.kit.measured import by_name, still_server, sums, taken

from penstock.testing import LocalServer

SQS = "AWS/SQS"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as server:
        yield server


def next_minute(server: LocalServer, seconds: float = 60) -> None:
    """Moves time, and returns when every queue in use has been looked at."""
    server.advance(seconds)
    server.settle()


def test_messages_are_counted_as_they_come_and_go(server: LocalServer) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="four")
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "sixsix"}, {"Id": "2", "MessageBody": "x"}]
    )
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    sqs.receive_message(QueueUrl=url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
    found = by_name(taken(server), SQS, QueueName="jobs")
    assert {name: (values.count, values.sum) for name, values in found.items()} == {
        "NumberOfMessagesSent": (3, 3),
        "NumberOfMessagesReceived": (3, 3),
        "NumberOfMessagesDeleted": (1, 1),
        "NumberOfEmptyReceives": (1, 1),
        "SentMessageSize": (3, 11),
    }
    size = found["SentMessageSize"]
    assert (size.minimum, size.maximum) == (1, 6)


def test_the_series_is_of_the_queue_in_its_account_and_region(server: LocalServer) -> None:
    sqs = server.client("sqs")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName="jobs")["QueueUrl"], MessageBody="x")
    (sent,) = (one for one in taken(server) if one.series.name == "NumberOfMessagesSent")
    assert sent.series[:5] == (
        "000000000000",
        "us-east-1",
        SQS,
        "NumberOfMessagesSent",
        (("QueueName", "jobs"),),
    )
    assert sent.minute_s == 1_800_000_000


def test_a_message_that_the_queue_refuses_is_not_counted(server: LocalServer) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="small", Attributes={"MaximumMessageSize": "1024"})["QueueUrl"]
    with pytest.raises(ClientError):
        sqs.send_message(QueueUrl=url, MessageBody="x" * 1025)
    assert by_name(taken(server), SQS, QueueName="small") == {}


def test_a_repeated_message_of_a_fifo_queue_counts_as_deduplicated(server: LocalServer) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="o.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for _ in range(2):
        sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="g", MessageDeduplicationId="d")
    assert sums(taken(server), SQS, QueueName="o.fifo") == {
        "NumberOfDeduplicatedSentMessages": 1,
        "NumberOfMessagesSent": 1,
        "SentMessageSize": 1,
    }


def test_an_object_that_becomes_a_message_is_a_message_sent() -> None:
    with still_server(accounts=f"{ACCOUNT}:{ACCESS_KEY}:{SECRET_KEY}") as server:
        watched_bucket(server, "watched")  # type: ignore[arg-type] - it needs the endpoint only
        taken(server)
        server.client("s3").put_object(Bucket="watched", Key="k", Body=b"x")
        assert sums(taken(server), SQS, QueueName="watched")["NumberOfMessagesSent"] == 1


class TestOnceAMinute:
    def test_a_queue_in_use_tells_what_it_holds(self, server: LocalServer) -> None:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        for _ in range(3):
            sqs.send_message(QueueUrl=url, MessageBody="x")
        sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=900)
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)
        next_minute(server)
        assert sums(taken(server), SQS, QueueName="jobs") == {
            "ApproximateAgeOfOldestMessage": 60,
            "ApproximateNumberOfMessagesDelayed": 1,
            "ApproximateNumberOfMessagesNotVisible": 1,
            "ApproximateNumberOfMessagesVisible": 2,
            "NumberOfMessagesReceived": 1,
            "NumberOfMessagesSent": 4,
            "SentMessageSize": 4,
        }

    def test_a_queue_in_use_tells_that_nothing_went_through_it(self, server: LocalServer) -> None:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="x")
        next_minute(server)
        taken(server)
        next_minute(server)
        next_minute(server)
        sent = by_name(taken(server), SQS, QueueName="jobs")["NumberOfMessagesSent"]
        assert sent.count
        assert sent.sum == 0

    def test_an_empty_queue_that_nobody_uses_is_told_of_no_more_after_six_hours(
        self, server: LocalServer
    ) -> None:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        sqs.receive_message(QueueUrl=url)
        next_minute(server, 6 * 3600 + 1)
        assert "AWS/SQS" not in {
            one.series.namespace for one in taken(server) if one.minute_s > 1_800_020_000
        }
