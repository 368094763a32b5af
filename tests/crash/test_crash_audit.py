"""A server that is killed before the records of its calls are in the chain."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.crash.crash_server import Connection, KillableServer

pytestmark = pytest.mark.crash

ROUNDS = 3
CALLS = 15


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableServer]:
    killed = KillableServer(tmp_path / "data")
    killed.start()
    yield killed
    killed.stop()


async def command(server: KillableServer, name: str, **params: Any) -> None:
    async with Connection(server.endpoint) as connection:
        await connection.control(name, **params)


def test_no_acknowledged_change_is_without_its_record(server: KillableServer) -> None:
    server.client("s3").create_bucket(Bucket="audited")
    asyncio.run(command(server, "audit-settings", data=["write:arn:aws:s3:::audited/"], bus=True))
    made, put = set[str](), set[str]()
    for number in range(ROUNDS):
        sqs, s3 = server.client("sqs"), server.client("s3")
        for call in range(CALLS):
            name = f"q-{number}-{call}"
            sqs.create_queue(QueueName=name)
            s3.put_object(Bucket="audited", Key=name, Body=b"x")
            made.add(name)
            put.add(f"arn:aws:s3:::audited/{name}")
        server.kill()
        server.reap()
        server.start()
    records = asyncio.run(exported(server))
    told = [
        record["requestParameters"]["queueName"] for record in records if record["eventName"] == "CreateQueue"
    ]
    written = [record["resources"][0]["ARN"] for record in records if record["eventName"] == "PutObject"]
    assert (sorted(told), sorted(written)) == (sorted(made), sorted(put))
    assert len({record["eventID"] for record in records}) == len(records)


async def exported(server: KillableServer) -> list[dict[str, Any]]:
    """Returns all records, once the chain has been found whole."""
    async with Connection(server.endpoint) as connection:
        verified = await connection.question("audit-verify")
        assert (verified["findings"], verified["is_end"]) == ([], True)
        found: list[dict[str, Any]] = []
        place: dict[str, Any] | None = {}
        while place is not None:
            answer = await connection.question("audit-export", **place)
            found += answer["records"]
            place = answer["place"]
        return found
