"""A server that is killed while messages go through a pipe."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.crash_server import ACCOUNT, Connection, KillableServer
from tests.kit.pipes import ACTIONS, TRUST

pytestmark = pytest.mark.crash

MESSAGES = 120
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


def test_each_message_reaches_the_target_however_often_the_server_is_killed(server: KillableServer) -> None:
    iam, sqs = server.client("iam"), server.client("sqs")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": [*ACTIONS], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName="r", PolicyName="may", PolicyDocument=policy)
    source, target = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("in", "out"))
    server.client("pipes").create_pipe(
        Name="p",
        Source=f"arn:aws:sqs:us-east-1:{ACCOUNT}:in",
        Target=f"arn:aws:sqs:us-east-1:{ACCOUNT}:out",
        TargetParameters={"InputTemplate": "<$.body.n>"},
        RoleArn=role,
    )
    for batch in range(0, MESSAGES, 10):
        entries = [{"Id": str(n), "MessageBody": json.dumps({"n": n})} for n in range(batch, batch + 10)]
        server.client("sqs").send_message_batch(QueueUrl=source, Entries=entries)
        if batch % (MESSAGES // ROUNDS) == 0:
            server.kill()
            server.reap()
            server.start()
    asyncio.run(command(server, "clock", advance_s=31))  # what the killed had taken is visible again
    asyncio.run(command(server, "settle"))
    sqs, found = server.client("sqs"), set()
    while messages := sqs.receive_message(QueueUrl=target, MaxNumberOfMessages=10).get("Messages"):
        found |= {int(message["Body"]) for message in messages}
    assert found == set(range(MESSAGES))
    assert sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages") is None
