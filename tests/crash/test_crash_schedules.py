"""A server that is killed while schedules fire."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from penstock.clock import Clock
from tests.crash.crash_server import ACCOUNT, Connection, KillableServer
from tests.kit.schedules import TRUST

pytestmark = pytest.mark.crash

SCHEDULES = 120
ROUNDS = 3


async def command(server: KillableServer, name: str, **params: int) -> None:
    async with Connection(server.endpoint) as connection:
        await connection.control(name, **params)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableServer]:
    killed = KillableServer(tmp_path / "data", "--clock", "adjustable")
    killed.start()
    yield killed
    killed.stop()


def test_each_schedule_fires_once_however_often_the_server_is_killed(server: KillableServer) -> None:
    iam, sqs = server.client("iam"), server.client("sqs")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="r", PolicyName="may", PolicyDocument=policy)
    sqs.create_queue(QueueName="fired")
    due = (Clock().now() + timedelta(hours=1)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    target = {
        "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:fired",
        "RoleArn": role,
        "Input": "<aws.scheduler.schedule-arn>",
    }
    scheduler = server.client("scheduler")
    for number in range(SCHEDULES):
        scheduler.create_schedule(
            Name=f"s-{number}",
            ScheduleExpression=due,
            Target=target,
            FlexibleTimeWindow={"Mode": "FLEXIBLE", "MaximumWindowInMinutes": ROUNDS},
            ActionAfterCompletion="DELETE",
        )
    for minutes in (60, *[1] * ROUNDS, 1):
        asyncio.run(command(server, "clock", advance_s=60 * minutes))
        server.kill()
        server.reap()
        server.start()
    asyncio.run(command(server, "settle"))
    found: Counter[str] = Counter()
    sqs = server.client("sqs")
    url = sqs.get_queue_url(QueueName="fired")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(message["Body"] for message in messages)
    assert server.client("scheduler").list_schedules()["Schedules"] == []
    assert (len(found), set(found.values())) == (SCHEDULES, {1})
