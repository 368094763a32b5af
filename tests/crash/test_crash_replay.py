"""A replay whose server is killed in the middle of its steps sends each change once."""

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from penstock.cli.connection import Connection
from penstock.cli.main import cli
from penstock.errors import StartError
from tests.crash.crash_server import ACCESS_KEY, ACCOUNT, SECRET_KEY, KillableServer
from tests.kit.policies import s3_may_send

KEYS = [f"k{number:03}" for number in range(200)]
ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:again"

pytestmark = pytest.mark.crash


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KillableServer]:
    monkeypatch.delenv("PENSTOCK_TEST_STORE", raising=False)  # the command refuses what is no setting
    server = KillableServer(tmp_path / "data")
    server.start()
    yield server
    server.stop()


def replay(server: KillableServer, *words: str) -> str:
    where = ("--data", str(server.folder), "--accounts", f"{ACCOUNT}:{ACCESS_KEY}:{SECRET_KEY}")
    result = CliRunner().invoke(cli, ["replay", *words, "--rate", "100000", *where])
    if result.exception:
        raise result.exception
    return result.stdout


def keys(server: KillableServer, url: str) -> list[str]:
    sqs, found = server.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] for message in messages]
    return sorted(found)


def test_a_replay_that_is_killed_again_and_again_sends_each_change_once(
    server: KillableServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, sqs = server.client("s3"), server.client("sqs")
    sqs.create_queue(QueueName="again", Attributes={"Policy": s3_may_send(), "VisibilityTimeout": "3600"})
    s3.create_bucket(Bucket="again")
    for key in KEYS:
        s3.put_object(Bucket="again", Key=key, Body=b"x")
    tell, steps = Connection.tell, [0]

    def deadly(connection: Connection, name: str, args: Mapping[str, object]) -> dict[str, Any]:
        steps[0] += name == "replay-step"
        if name != "replay-step" or steps[0] % 2:
            return tell(connection, name, args)
        killer = threading.Thread(target=kill)  # it meets the second step wherever that is
        killer.start()
        try:
            return tell(connection, name, args)
        finally:
            killer.join()

    def kill() -> None:
        server.kill()
        server.reap()

    monkeypatch.setattr(Connection, "tell", deadly)
    words: tuple[str, ...] = ("--bucket", "again", "--target", ARN, "--yes")
    for _ in range(3):
        with pytest.raises(StartError, match="go on with: penstock replay --resume ") as end:
            replay(server, *words)  # two steps a round: there are always more to make
        words = ("--resume", str(end.value).rsplit(" ", 1)[1])
        server.start()
    monkeypatch.setattr(Connection, "tell", tell)
    assert replay(server, *words).endswith(f": {len(KEYS)} sent\n")
    url = server.client("sqs").get_queue_url(QueueName="again")["QueueUrl"]
    assert keys(server, url) == KEYS
