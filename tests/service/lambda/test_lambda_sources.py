"""Event sources other than queues: whatever can be received and finished can feed a function."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import SQS, client, make_function, make_queue, receive

from penstock.services.source import Fed, Message, Source
from penstock.testing import LocalServer

ARN = "arn:aws:toy:us-east-1:000000000000:shelf/toys"

# Tells what it got, and cannot bear what is broken.
PLAYS = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
    if any("broken" in toy for toy in event):
        raise RuntimeError("broken")
"""


class Shard:
    """A stream's shard: in order, with a checkpoint, halves of what failed, and an end of its patience."""

    batches_at_once = 1
    window_s = 0

    def __init__(self, records: list[str], tries: int) -> None:
        self.records = records
        self.checkpoint = 0
        self.given_up: list[str] = []
        self._out = False
        self._finished = asyncio.Event()
        self._size = len(records)
        self._tries = self._left = tries

    async def receive(self, function: Fed, count: int, wait_s: int) -> list[Message]:
        while wait_s and (self._out or self.checkpoint == len(self.records)):
            self._finished.clear()
            await self._finished.wait()
        if self._out:
            return []
        end = min(self.checkpoint + min(count, self._size), len(self.records))
        found = [
            Message(str(at), len(self.records[at]), 0, None, {"toy": self.records[at]})
            for at in range(self.checkpoint, end)
        ]
        self._out = bool(found)
        return found

    async def finish(self, function: Fed, done: list[Message], failed: list[Message]) -> None:
        self._out = False
        self._finished.set()
        if not failed:
            self.checkpoint = int(done[-1].id) + 1
            self._size, self._left = len(self.records), self._tries
            return
        self._size, self._left = max(1, len(failed) // 2), self._left - 1
        if not self._left:
            self.given_up += [message.content["toy"] for message in failed]
            self.checkpoint = int(failed[-1].id) + 1
            self._size, self._left = len(self.records), self._tries

    def event(self, messages: list[Message]) -> bytes:
        return json.dumps([message.content["toy"] for message in messages]).encode()

    def left_out(self, message: Message) -> str:
        return ""

    def failed(self, response: bytes, messages: list[Message]) -> set[str]:
        return set()


class Shelves:
    """The kind ``toy``: two shards, which any mapping reads from their beginning."""

    label = "toys"

    def __init__(self) -> None:
        self.shards = [Shard(["ball", "broken bear", "car", "doll"], 3), Shard(["kite", "top"], 3)]

    def settings(self, old: Mapping[str, Any], params: dict[str, Any], source_arn: str) -> dict[str, Any]:
        return {"BatchSize": params.get("BatchSize", 100), **old}

    async def check(self, *args: object) -> None:
        pass

    def open(self, *args: object) -> Sequence[Source]:
        return self.shards


@pytest.fixture
def shelves(server: LocalServer) -> Iterator[Shelves]:
    kinds = server.app.service("lambda").state.sources.kinds
    kinds["toy"] = Shelves()
    yield kinds["toy"]
    del kinds["toy"]


def test_the_shards_of_a_stream_are_read_in_order_up_to_what_fails_and_on_behind_it(
    server: LocalServer, shelves: Shelves
) -> None:
    told, _ = make_queue(server, "told")
    make_function(server, "plays", PLAYS % told, may=SQS, Timeout=20)

    mapping = client(server, "lambda").create_event_source_mapping(FunctionName="plays", EventSourceArn=ARN)
    server.settle()

    client(server, "lambda").delete_event_source_mapping(UUID=mapping["UUID"])
    batches = [json.loads(message["Body"]) for message in receive(server, told)]
    first = [batch for batch in batches if batch != ["kite", "top"]]
    assert len(first) < len(batches), "the other shard has a poller of its own"
    assert first == [
        ["ball", "broken bear", "car", "doll"],
        ["ball", "broken bear"],
        ["ball"],
        ["broken bear", "car", "doll"],
        ["broken bear"],
        ["broken bear"],
        ["car", "doll"],
    ]
    assert [shard.checkpoint for shard in shelves.shards] == [4, 2]
    assert shelves.shards[0].given_up == ["broken bear"]


def test_a_source_of_a_kind_that_is_not_there_is_refused(server: LocalServer, shelves: Shelves) -> None:
    with pytest.raises(
        ClientError, match="this server reads SQS queues and DynamoDB streams and toys, not kinesis"
    ):
        client(server, "lambda").create_event_source_mapping(
            FunctionName="any", EventSourceArn="arn:aws:kinesis:us-east-1:000000000000:stream/s"
        )
