"""Servers that are killed between the steps of a fan-out: every queue gets the message once, or none does."""

from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from tests.faults.faulty import FaultyServer
from tests.kit.topics import sns_may_send

pytestmark = [pytest.mark.crash, pytest.mark.embedded]

_WIDE = 330  # more than one commit takes: two steps follow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    made = FaultyServer(tmp_path_factory.mktemp("topics") / "data")
    made.start()
    yield made
    if made.runs():
        made.kill9()


@pytest.fixture(scope="module")
def topic(server: FaultyServer) -> str:
    """Returns the ARN of a topic with a queue for each of many subscriptions."""
    sns, sqs = server.client("sns"), server.client("sqs")
    arn: str = sns.create_topic(Name="wide")["TopicArn"]
    for number in range(_WIDE):
        sqs.create_queue(QueueName=f"q{number}", Attributes={"Policy": sns_may_send()})
        queue = arn.replace(":sns:", ":sqs:").replace("wide", f"q{number}")
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    return arn


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_fan_out_goes_on_after_a_kill(server: FaultyServer, topic: str, n: int) -> None:
    message = f"killed in place of sync {n}"
    server.die_at("fsync", "*/penstock.db-wal", n)
    published = _publish(server.client("sns"), topic, message)
    server.finish_after_a_kill()
    counts = {_received(server.client("sqs"), number).count(message) for number in range(_WIDE)}
    assert counts in ([{1}] if published else [{0}, {1}])


def _publish(sns: Any, topic: str, message: str) -> bool:
    """Returns whether the server has said that it has the message."""
    try:
        sns.publish(TopicArn=topic, Message=message)
    except botocore.exceptions.BotoCoreError:
        return False
    return True


def _received(sqs: Any, number: int) -> list[str]:
    url = f"{sqs.meta.endpoint_url}/000000000000/q{number}"
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in found]
