"""Servers killed between the steps that a change sets off: every queue behind a topic and a bus has it once."""

import json
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest

from tests.faults.faulty import FaultyServer
from tests.kit.buses import events_may_send
from tests.kit.policies import s3_may_send
from tests.kit.topics import sns_may_send

pytestmark = [pytest.mark.crash, pytest.mark.embedded]

_SUBSCRIBED = 300  # more than one commit takes
_RULES = 60
_TARGETS = 5
_ARN = "arn:aws:sqs:us-east-1:000000000000:"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    made = FaultyServer(tmp_path_factory.mktemp("changes") / "data")
    made.start()
    yield made
    if made.runs():
        made.kill9()


@pytest.fixture(scope="module")
def bucket(server: FaultyServer) -> str:
    """Returns a bucket whose changes go to many queues through a topic, and through the default bus."""
    name, s3 = "wide", server.client("s3")
    s3.create_bucket(Bucket=name)
    topic = _topic(server)
    _rules(server)
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}],
            "EventBridgeConfiguration": {},
        },
    )
    return name


def _topic(server: FaultyServer) -> str:
    sns, sqs = server.client("sns"), server.client("sqs")
    policy = s3_may_send().replace("sqs:SendMessage", "sns:Publish")
    arn: str = sns.create_topic(Name="wide", Attributes={"Policy": policy})["TopicArn"]
    for number in range(_SUBSCRIBED):
        sqs.create_queue(QueueName=f"t{number}", Attributes={"Policy": sns_may_send()})
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"{_ARN}t{number}", Attributes=raw)
    return arn


def _rules(server: FaultyServer) -> None:
    events, sqs = server.client("events"), server.client("sqs")
    for number in range(_TARGETS):
        sqs.create_queue(QueueName=f"b{number}", Attributes={"Policy": events_may_send()})
    targets = [{"Id": str(number), "Arn": f"{_ARN}b{number}"} for number in range(_TARGETS)]
    for number in range(_RULES):
        events.put_rule(Name=f"r{number}", EventPattern=json.dumps({"source": ["aws.s3"]}))
        events.put_targets(Rule=f"r{number}", Targets=targets)


@pytest.mark.parametrize("n", range(1, 6))
def test_a_change_reaches_topic_and_bus_after_a_kill(server: FaultyServer, bucket: str, n: int) -> None:
    key = f"killed-in-place-of-sync-{n}"
    server.die_at("fsync", "*/penstock.db-wal", n)
    answered = _put(server.client("s3"), bucket, key)
    server.finish_after_a_kill()
    sqs = server.client("sqs")
    from_topic = {_received(sqs, f"t{number}").count(key) for number in range(_SUBSCRIBED)}
    from_bus = {_received(sqs, f"b{number}").count(key) for number in range(_TARGETS)}
    assert (from_topic, from_bus) in ([({1}, {_RULES})] if answered else [({0}, {0}), ({1}, {_RULES})])


def _put(s3: Any, bucket: str, key: str) -> bool:
    """Returns whether the server has said that it has the object."""
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    except botocore.exceptions.BotoCoreError:
        return False
    return True


def _received(sqs: Any, queue: str) -> list[str]:
    """Returns the keys that the queue has been told of; nobody is told of them again for a while."""
    url = f"{sqs.meta.endpoint_url}/000000000000/{queue}"
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [key for message in messages if (key := _key(json.loads(message["Body"])))]
    return found


def _key(body: dict[str, Any]) -> str | None:
    if "detail" in body:
        return str(body["detail"]["object"]["key"])
    records = body.get("Records")
    return records[0]["s3"]["object"]["key"] if records else None
