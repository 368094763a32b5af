"""A server that is killed among transactions: each is there with all of its rows, or nothing of it is."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.crash.crash_server import KillableServer
from tests.kit.tables import every_page, index, key_schema, row

pytestmark = pytest.mark.crash

WRITERS = 4
ANSWERS = 60
INDEX = index("by-by", "by")
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableServer]:
    killed = KillableServer(tmp_path / "data")
    killed.start()
    yield killed
    killed.stop()


class Writers:
    """Transactions of two items each, until the server is killed among them; ``done`` are those that were answered."""

    def __init__(self, server: KillableServer) -> None:
        self._server = server
        self._enough = threading.Event()
        self.done: list[str] = []

    def run(self) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            written = [pool.submit(self._write, number) for number in range(WRITERS)]
            assert self._enough.wait(60)
            self._server.kill()
            for writer in written:
                writer.result()

    def _write(self, writer: int) -> None:
        dynamo = self._server.client("dynamodb")
        for number in range(100_000):
            name = f"{writer}-{number}"
            items = [row(f"{name}-{side}", by={"S": name}) for side in ("left", "right")]
            puts = [{"Put": {"TableName": "pairs", "Item": item}} for item in items]
            try:
                dynamo.transact_write_items(TransactItems=puts)
            except (BotoCoreError, ClientError):
                return
            self.done.append(name)
            if len(self.done) >= ANSWERS:
                self._enough.set()


def test_a_transaction_is_whole_or_not_there(server: KillableServer) -> None:
    server.client("dynamodb").create_table(
        TableName="pairs",
        KeySchema=key_schema("pk"),
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "by")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[INDEX],
        StreamSpecification=STREAM,
    )
    writers = Writers(server)
    writers.run()
    server.reap()
    server.start()

    dynamo = server.client("dynamodb")
    found: dict[str, set[str]] = {}
    for item in every_page(dynamo.scan, TableName="pairs"):
        found.setdefault(item["by"]["S"], set()).add(item["pk"]["S"])
    assert set(writers.done) <= found.keys()
    for name, pair in found.items():
        assert pair == {f"{name}-left", f"{name}-right"}
        assert in_index(dynamo, name) == pair
    described = dynamo.describe_table(TableName="pairs")["Table"]
    assert described["ItemCount"] == described["GlobalSecondaryIndexes"][0]["ItemCount"] == 2 * len(found)


def test_an_index_that_was_being_filled_is_filled_by_the_next_process(server: KillableServer) -> None:
    dynamo = server.client("dynamodb")
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "by")]
    dynamo.create_table(
        TableName="pairs",
        KeySchema=key_schema("pk"),
        AttributeDefinitions=attributes[:1],
        BillingMode="PAY_PER_REQUEST",
    )
    names = {f"{number:03}" for number in range(300)}
    for name in names:
        dynamo.put_item(TableName="pairs", Item=row(name, by={"S": "x"}))
    updates = [{"Create": INDEX}]
    dynamo.update_table(
        TableName="pairs", AttributeDefinitions=attributes, GlobalSecondaryIndexUpdates=updates
    )
    server.kill()
    server.reap()
    server.start()

    dynamo = server.client("dynamodb")
    while not is_filled(dynamo):
        pass  # what is being waited for is the only work that the server has
    assert in_index(dynamo, "x") == names


def is_filled(dynamo: Any) -> bool:
    [shown] = dynamo.describe_table(TableName="pairs")["Table"]["GlobalSecondaryIndexes"]
    return bool(shown["IndexStatus"] == "ACTIVE")


def in_index(dynamo: Any, value: str) -> set[str]:
    found = every_page(
        dynamo.query,
        TableName="pairs",
        IndexName="by-by",
        KeyConditionExpression="#by = :v",
        ExpressionAttributeNames={"#by": "by"},
        ExpressionAttributeValues={":v": {"S": value}},
    )
    return {item["pk"]["S"] for item in found}
