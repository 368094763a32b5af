"""A change that thousands must know is passed on in steps, none of which holds the loop."""

import json
from collections.abc import Iterator

import pytest

from penstock.testing import LocalServer
from tests.attack.heavy.held import MOST_MS, held_by, scaled
from tests.kit.policies import s3_may_send
from tests.kit.topics import sns_may_send

_FEWEST = 600  # three steps

ACCOUNT = "000000000000"


@pytest.fixture
def heavy() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


def wide_topic(server: LocalServer, count: int) -> None:
    """Makes a topic with ``count`` queues, and the bucket ``wide`` whose changes it gets."""
    sns, sqs, s3 = server.client("sns"), server.client("sqs"), server.client("s3")
    topic: str = sns.create_topic(
        Name="wide", Attributes={"Policy": s3_may_send().replace("sqs:SendMessage", "sns:Publish")}
    )["TopicArn"]
    for number in range(count):
        sqs.create_queue(QueueName=f"q{number}", Attributes={"Policy": sns_may_send()})
        queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number}"
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    s3.create_bucket(Bucket="wide")
    rule = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="wide", NotificationConfiguration={"TopicConfigurations": [rule]}
    )
    server.settle()


def messages(server: LocalServer, count: int) -> int:
    sqs, found = server.client("sqs"), 0
    for number in range(0, count, max(1, count // 200)):
        url = f"{server.endpoint}/{ACCOUNT}/q{number}"
        got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        found += int(got["Attributes"]["ApproximateNumberOfMessages"]) >= 2
    return found


def test_a_change_for_a_topic_with_ten_thousand_queues(heavy: LocalServer) -> None:
    count = max(_FEWEST, scaled(10_000))
    wide_topic(heavy, count)

    def work() -> None:
        heavy.client("s3").put_object(Bucket="wide", Key="k", Body=b"x")
        heavy.settle()

    assert held_by(heavy, work).busy_ms < MOST_MS
    assert messages(heavy, count) == len(range(0, count, max(1, count // 200)))


def test_a_change_for_a_bus_with_ten_thousand_targets(heavy: LocalServer) -> None:
    rules = max(_FEWEST, scaled(10_000)) // 5
    events, s3, sqs = heavy.client("events"), heavy.client("s3"), heavy.client("sqs")
    policy = sns_may_send().replace("sns.amazonaws.com", "events.amazonaws.com")
    targets = []
    for number in range(5):
        sqs.create_queue(QueueName=f"b{number}", Attributes={"Policy": policy})
        targets.append({"Id": str(number), "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:b{number}"})
    for number in range(rules):
        events.put_rule(Name=f"r{number}", EventPattern=json.dumps({"source": ["aws.s3"]}))
        events.put_targets(Rule=f"r{number}", Targets=targets)
    s3.create_bucket(Bucket="wide")
    s3.put_bucket_notification_configuration(
        Bucket="wide", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )

    def work() -> None:
        s3.put_object(Bucket="wide", Key="k", Body=b"x")
        heavy.settle()

    assert held_by(heavy, work).busy_ms < MOST_MS
    url = f"{heavy.endpoint}/{ACCOUNT}/b0"
    got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert int(got["Attributes"]["ApproximateNumberOfMessages"]) == rules
