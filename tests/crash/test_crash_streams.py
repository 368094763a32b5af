"""A server that is killed among transactions while their stream is read: no change is lost, and none is half there."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.crash.crash_server import KillableServer
from tests.crash.test_crash_tables import Writers
from tests.kit.functions import TRUST, zip_of
from tests.kit.tables import every_page, key_schema

pytestmark = pytest.mark.crash

# Each change has two rows in the copy, in one transaction.
COPIES = """
import boto3
dynamo = boto3.client("dynamodb")
def handler(event, context):
    for record in event["Records"]:
        name = record["dynamodb"]["Keys"]["pk"]["S"]
        rows = [{"pk": {"S": f"{name}-{half}"}, "of": {"S": name}} for half in ("first", "second")]
        dynamo.transact_write_items(TransactItems=[{"Put": {"TableName": "copies", "Item": row}} for row in rows])
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KillableServer]:
    killed = KillableServer(tmp_path / "data")
    killed.start()
    yield killed
    killed.stop()


class Reader:
    """Reads the stream from its beginning until the server is gone, and goes on with the same iterator."""

    def __init__(self, server: KillableServer, stream: str) -> None:
        self._server = server
        streams = server.client("dynamodbstreams")
        [shard] = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        self._iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        self.records: list[dict[str, Any]] = []

    def read_until_killed(self) -> None:
        streams = self._server.client("dynamodbstreams")
        try:
            while True:
                self._step(streams)
        except (BotoCoreError, ClientError):
            return

    def read_rest(self) -> None:
        streams = self._server.client("dynamodbstreams")
        while self._step(streams):
            pass

    def _step(self, streams: Any) -> int:
        """Returns how many records there were; without an answer the iterator stays."""
        answer = streams.get_records(ShardIterator=self._iterator)
        self._iterator = answer["NextShardIterator"]
        self.records += [record["dynamodb"] for record in answer["Records"]]
        return len(answer["Records"])


def make_table(server: KillableServer, name: str, **options: Any) -> str:
    """Returns the ARN of the new table's stream; empty when it has none."""
    made = server.client("dynamodb").create_table(
        TableName=name,
        KeySchema=key_schema("pk"),
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **options,
    )
    arn: str = made["TableDescription"].get("LatestStreamArn", "")
    return arn


def make_pairs(server: KillableServer) -> str:
    streamed = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    return make_table(server, "pairs", StreamSpecification=streamed)


def names_in(server: KillableServer, table: str) -> set[str]:
    return {item["pk"]["S"] for item in every_page(server.client("dynamodb").scan, TableName=table)}


def test_a_reader_finds_each_change_once_across_a_kill(server: KillableServer) -> None:
    reader = Reader(server, make_pairs(server))
    reading = threading.Thread(target=reader.read_until_killed)
    reading.start()
    Writers(server).run()
    reading.join()
    server.reap()
    server.start()
    reader.read_rest()

    found = [record["Keys"]["pk"]["S"] for record in reader.records]
    assert sorted(found) == sorted(names_in(server, "pairs"))
    numbers = [int(record["SequenceNumber"]) for record in reader.records]
    assert numbers == sorted(set(numbers))
    wholes = {name.rpartition("-")[0] for name in found}
    assert set(found) == {f"{name}-{side}" for name in wholes for side in ("left", "right")}


def feed_copies(server: KillableServer, stream: str) -> None:
    """Makes the function that copies each change, and feeds it from the stream."""
    iam, functions = server.client("iam"), server.client("lambda")
    role = iam.create_role(RoleName="copies", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["dynamodb:*", "logs:*"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="copies", PolicyName="copies", PolicyDocument=document)
    functions.create_function(
        FunctionName="copies",
        Runtime="python3.11",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": zip_of(COPIES)},
        Timeout=60,
    )
    functions.create_event_source_mapping(
        FunctionName="copies", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=5
    )


def test_a_function_gets_every_change_across_a_kill_in_the_middle_of_its_batches(
    server: KillableServer,
) -> None:
    stream = make_pairs(server)
    make_table(server, "copies")
    feed_copies(server, stream)
    while not names_in(server, "copies"):
        put_one(server)  # the function runs, and there is always more for it to do
    writers = Writers(server)
    writers.run()
    server.reap()
    server.start()

    written = names_in(server, "pairs")
    assert {f"{name}-left" for name in writers.done} <= written
    expected = {f"{name}-{half}" for name in written for half in ("first", "second")}
    dynamo = server.client("dynamodb")
    assert {rows_of(dynamo, name) for name in written} <= {0, 2}
    while len(copied := names_in(server, "copies")) < len(expected):
        pass  # what is being waited for is the only work that the server has
    assert copied == expected


def rows_of(dynamo: Any, name: str) -> int:
    """Returns how many rows of the copy there are, read at one moment."""
    keys = [{"pk": {"S": f"{name}-{half}"}} for half in ("first", "second")]
    gets = [{"Get": {"TableName": "copies", "Key": key}} for key in keys]
    answer = dynamo.transact_get_items(TransactItems=gets)
    return sum("Item" in response for response in answer["Responses"])


def put_one(server: KillableServer) -> None:
    dynamo = server.client("dynamodb")
    name = f"before-{len(names_in(server, 'pairs'))}"
    dynamo.put_item(TableName="pairs", Item={"pk": {"S": name}})
