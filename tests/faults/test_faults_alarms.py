"""Servers that are killed while alarms are looked at: an alarm's state, its history and its message are one commit."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.crash.crash_server import LOST, Connection
from tests.faults.faulty import FaultyServer
from tests.kit.metrics import alarms_may
from tests.kit.topics import sns_may_send

pytestmark = [pytest.mark.crash, pytest.mark.embedded]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyServer]:
    made = FaultyServer(tmp_path_factory.mktemp("alarms") / "data", "--clock", "adjustable")
    made.start()
    yield made
    if made.runs():
        made.kill9()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_an_alarm_that_was_cut_short_is_judged_once(server: FaultyServer, n: int) -> None:
    name = f"cut{n}"
    _make(server, name)
    server.client("cloudwatch").put_metric_data(
        Namespace="App", MetricData=[{"MetricName": name, "Value": 20}]
    )
    server.die_at("fsync", "*/penstock.db-wal", n)
    asyncio.run(_pass_time(server.endpoint))
    if server.runs():
        server.kill9()
    else:
        server.reap()
    server.restart()
    asyncio.run(_settle(server.endpoint))
    assert _seen(server, name) == ("ALARM", 1, 1, 1)


def _make(server: FaultyServer, name: str) -> None:
    """Makes an alarm on a sum above 10, whose topic has a queue; without data it stays as it is."""
    sns, sqs = server.client("sns"), server.client("sqs")
    topic = sns.create_topic(Name=name, Attributes={"Policy": alarms_may("SNS:Publish")})["TopicArn"]
    sqs.create_queue(QueueName=name, Attributes={"Policy": sns_may_send()})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=topic.replace(":sns:", ":sqs:"))
    server.client("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="App", MetricName=name, Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=10, ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore", AlarmActions=[topic],
    )  # fmt: skip


async def _pass_time(endpoint: str) -> None:
    """Moves the server's time by two minutes, as far as it lives to see them."""
    try:
        async with Connection(endpoint) as connection:
            await connection.control("clock", advance_s=120)
            await connection.control("settle")
    except LOST:
        pass


async def _settle(endpoint: str) -> None:
    async with Connection(endpoint) as connection:
        await connection.control("clock", advance_s=120)
        await connection.control("settle")


def _seen(server: FaultyServer, name: str) -> tuple[Any, ...]:
    """Returns the alarm's state, and how many changes, actions and messages there are."""
    cloudwatch, sqs = server.client("cloudwatch"), server.client("sqs")
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    items = cloudwatch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    kinds = [item["HistoryItemType"] for item in items]
    url = f"{sqs.meta.endpoint_url}/000000000000/{name}"
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return alarm["StateValue"], kinds.count("StateUpdate"), kinds.count("Action"), len(found)
