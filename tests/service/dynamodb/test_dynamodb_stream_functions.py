"""A table's stream as the event source of a function."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import SQS, arrive, client, make_function, make_queue, receive
from tests.kit.tables import make_table, row

from penstock.testing import LocalServer

READS = (
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:DescribeStream",
    "dynamodb:ListStreams",
)

# Tells what it got, and cannot bear the keys that begin with "bad".
TELLS = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
    keys = [r["dynamodb"]["Keys"]["pk"]["S"] for r in event["Records"]]
    failed = [r for r, key in zip(event["Records"], keys) if key.startswith("bad")]
    if failed and %r == "reports":
        return {"batchItemFailures": [{"itemIdentifier": r["dynamodb"]["SequenceNumber"]} for r in failed]}
    if failed:
        raise RuntimeError("bad")
"""
_numbers = itertools.count(1)


class Fed:
    """A table, and a function that its stream feeds and that tells in a queue what it has got."""

    def __init__(
        self, server: LocalServer, fails: str = "raises", before: tuple[str, ...] = (), **settings: Any
    ):
        name = f"reads-{next(_numbers)}"
        self.server = server
        self.dynamo = server.client("dynamodb")
        source = settings.pop("source", "")
        self.told, _ = make_queue(server, f"{name}-told")
        self.dead, dead_arn = make_queue(server, f"{name}-dead")
        if settings.pop("dead_letters", False):
            settings["DestinationConfig"] = {"OnFailure": {"Destination": dead_arn}}
        text = source % self.told if source else TELLS % (self.told, fails)
        make_function(server, name, text, may=(*SQS, *READS), Timeout=20)
        self.table = make_table(
            self.dynamo,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.stream = self.dynamo.describe_table(TableName=self.table)["Table"]["LatestStreamArn"]
        self.put(*before)
        settings.setdefault("StartingPosition", "TRIM_HORIZON")
        self.mapping = client(server, "lambda").create_event_source_mapping(
            FunctionName=name, EventSourceArn=self.stream, **settings
        )
        arrive(server)
        server.settle()

    def move(self, server: LocalServer) -> None:
        """Goes on with another server on the same data."""
        self.server = server
        self.dynamo = server.client("dynamodb")

    def put(self, *names: str, **more: Any) -> None:
        """Puts an item for each name."""
        for name in names:
            self.dynamo.put_item(TableName=self.table, Item=row(name, **more))

    def events(self) -> list[Any]:
        """Returns the events that the function has got since the last call, once nothing is due."""
        self.server.settle()
        return [json.loads(message["Body"]) for message in receive(self.server, self.told)]

    def batches(self) -> list[list[str]]:
        """Returns the keys of each event."""
        return [keys(event) for event in self.events()]

    def batches_in_time(self) -> list[list[str]]:
        """Returns the keys of each event, those of tries that are only due later too."""
        found = self.batches()
        for _ in range(4):
            self.server.advance(60)
            found += self.batches()
        return found

    def letters(self) -> list[Any]:
        """Returns what the failure destination has got."""
        return [json.loads(message["Body"]) for message in receive(self.server, self.dead)]


def keys(event: Any) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in event["Records"]]


def test_a_function_gets_the_changes_of_a_table(server: LocalServer) -> None:
    fed = Fed(server, before=("old",), StartingPosition="LATEST")
    fed.put("a", raw={"B": b"\x00\xff"}, n={"N": "1"})
    [event] = fed.events()
    [record] = event["Records"]
    assert record["dynamodb"].pop("ApproximateCreationDateTime") > 1_500_000_000
    assert len(record.pop("eventID")) == 32
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": fed.stream,
        "dynamodb": {
            "Keys": {"pk": {"S": "a"}},
            "NewImage": {"pk": {"S": "a"}, "raw": {"B": "AP8="}, "n": {"N": "1"}},
            "SequenceNumber": "000000000000000000002",
            "SizeBytes": 3 + 3 + 5 + 3,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def test_the_whole_stream_is_read_in_batches(server: LocalServer) -> None:
    fed = Fed(server, before=("a", "b", "c", "d", "e"), BatchSize=2)
    assert fed.batches() == [["a", "b"], ["c", "d"], ["e"]]
    fed.put("f")
    assert fed.batches() == [["f"]]
    assert fed.batches() == []


def test_nothing_overtakes_a_batch_that_fails(server: LocalServer) -> None:
    fed = Fed(server, before=("a", "bad", "b", "c"), BatchSize=3, MaximumRetryAttempts=2, dead_letters=True)
    assert fed.batches_in_time() == [["a", "bad", "b"]] * 3 + [["c"]]
    [letter] = fed.letters()
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert letter["requestContext"]["approximateInvokeCount"] == 3
    info = letter["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == (
        "000000000000000000001",
        "000000000000000000003",
    )
    assert (info["batchSize"], info["streamArn"]) == (3, fed.stream)


def test_halves_find_the_record_that_fails(server: LocalServer) -> None:
    fed = Fed(
        server,
        before=("a", "b", "bad", "c"),
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=0,
        dead_letters=True,
    )
    assert fed.batches() == [["a", "b", "bad", "c"], ["a", "b"], ["bad", "c"], ["bad"], ["c"]]
    [letter] = fed.letters()
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1


def test_a_function_says_where_it_wants_to_go_on(server: LocalServer) -> None:
    fed = Fed(
        server,
        fails="reports",
        before=("a", "bad", "b"),
        FunctionResponseTypes=["ReportBatchItemFailures"],
        MaximumRetryAttempts=1,
        dead_letters=True,
    )
    assert fed.batches_in_time() == [["a", "bad", "b"], ["bad", "b"]]
    [letter] = fed.letters()
    assert letter["DDBStreamBatchInfo"]["startSequenceNumber"] == "000000000000000000002"


def test_records_that_are_too_old_are_given_up(server: LocalServer) -> None:
    fed = Fed(server, before=("bad",), MaximumRecordAgeInSeconds=60, dead_letters=True)
    assert fed.batches()[0] == ["bad"]
    fed.put("a")
    server.advance(62)
    fed.put("b")
    assert [batch for batch in fed.batches() if batch != ["bad"]] == [["b"]]
    letters = fed.letters()
    assert {letter["requestContext"]["condition"] for letter in letters} == {"RecordAgeExceeded"}
    assert sum(letter["DDBStreamBatchInfo"]["batchSize"] for letter in letters) == 2


def test_readers_share_a_stream_by_its_keys(server: LocalServer) -> None:
    names = [f"key-{number}" for number in range(12)]
    fed = Fed(server, ParallelizationFactor=4)
    for number in "123":
        fed.put(*names, n={"N": number})
    events = fed.events()
    records = [record for event in events for record in event["Records"]]
    assert len({record["eventID"] for record in records}) == len(records) == 36
    for event in events:
        numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        assert numbers == sorted(numbers)
        assert set(keys(event)) < set(names)


def test_a_mapping_goes_on_where_it_was(server: LocalServer) -> None:
    fed = Fed(server, before=("a",))
    assert fed.batches() == [["a"]]
    lambda_ = client(server, "lambda")
    lambda_.update_event_source_mapping(UUID=fed.mapping["UUID"], Enabled=False)
    arrive(server)
    fed.put("b")
    assert fed.batches() == []
    lambda_.update_event_source_mapping(UUID=fed.mapping["UUID"], Enabled=True, ParallelizationFactor=2)
    arrive(server)
    assert fed.batches() == [["b"]]
    lambda_.delete_event_source_mapping(UUID=fed.mapping["UUID"])
    arrive(server)
    fed.put("c")
    assert fed.batches() == []


def test_a_stream_that_has_ended_is_read_to_its_end(server: LocalServer) -> None:
    fed = Fed(server, StartingPosition="LATEST", MaximumBatchingWindowInSeconds=300)
    fed.put("a", "b")
    fed.dynamo.delete_table(TableName=fed.table)
    assert fed.batches() == [["a", "b"]]


COUNTS = """
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=json.dumps(event))
    count = event["state"].get("count", 0) + len(event["Records"])
    return {"state": {"count": count}}
"""


def test_a_window_carries_its_state_to_its_end(server: LocalServer) -> None:
    server.app.clock.freeze(server.app.clock.now_ms() // 120_000 * 120_000 + 120_000)
    try:
        fed = Fed(server, source=COUNTS, StartingPosition="LATEST", TumblingWindowInSeconds=60, BatchSize=2)
        fed.put("a", "b", "c")
        first = fed.events()
        server.advance(60)
        fed.put("d")
        second = fed.events()
        server.advance(60)
        third = fed.events()
    finally:
        server.app.clock.resume()
    told = [
        [(keys(event), event["state"], event["isFinalInvokeForWindow"]) for event in events]
        for events in (first, second, third)
    ]
    assert told == [
        [(["a", "b"], {}, False), (["c"], {"count": 2}, False)],
        [([], {"count": 3}, True), (["d"], {}, False)],
        [([], {"count": 1}, True)],
    ]
    assert first[0]["window"]["end"] == second[1]["window"]["start"]
    assert first[0]["shardId"].startswith("shardId-")


def test_a_consumer_that_fails_for_a_day_goes_on_with_what_is_left(server: LocalServer) -> None:
    fed = Fed(server, before=("bad",))
    assert fed.batches()[0] == ["bad"]
    server.advance(25 * 3600)
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    fed.put("a")
    assert fed.batches_in_time()[-1] == ["a"]


def test_a_function_gets_only_what_passes_its_filters(server: LocalServer) -> None:
    wanted = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": [{"prefix": "x"}]}}}}
    filters = [{"Pattern": json.dumps(pattern)} for pattern in (wanted, {"eventName": ["REMOVE"]})]
    fed = Fed(server, before=("early",), FilterCriteria={"Filters": filters})
    fed.put("a", kind={"S": "xy"})
    fed.put("a", "b", kind={"S": "xz"})
    fed.put("c", kind={"S": "y"})
    fed.dynamo.delete_item(TableName=fed.table, Key=row("c"))
    assert [key for batch in fed.batches() for key in batch] == ["a", "b", "c"]
    lambda_ = client(server, "lambda")
    shown = lambda_.get_event_source_mapping(UUID=fed.mapping["UUID"])
    assert shown["FilterCriteria"] == {"Filters": filters}
    changed = lambda_.update_event_source_mapping(UUID=fed.mapping["UUID"], FilterCriteria={})
    assert "FilterCriteria" not in changed
    arrive(server)
    fed.put("d")
    assert fed.batches() == [["d"]]


@pytest.mark.embedded
def test_a_restart_goes_on_where_the_readers_were_and_counts_their_tries(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        fed = Fed(server, before=("a", "bad"), BatchSize=1, MaximumRetryAttempts=1, dead_letters=True)
        assert fed.batches()[:2] == [["a"], ["bad"]]
    with LocalServer(data=tmp_path) as server:
        fed.move(server)
        fed.put("b")
        server.advance(60)
        assert fed.batches() in ([["bad"], ["b"]], [["b"]])  # the second try may have come before the restart
        assert len(fed.letters()) == 1


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"StartingPosition": None}, "Value null at 'startingPosition'"),
        ({"StartingPosition": "AT_TIMESTAMP"}, "Unsupported starting position"),
        ({"MaximumRecordAgeInSeconds": 5}, "MaximumRecordAgeInSeconds must be"),
        ({"FilterCriteria": {"Filters": [{"Pattern": '{"a": "b"}'}]}}, "Invalid filter pattern definition"),
        ({"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}}, "at most 5 filters"),
        ({"ScalingConfig": {"MaximumConcurrency": 5}}, "ScalingConfig is not supported for DynamoDB"),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::bucket"}}},
            "OnFailure destination",
        ),
    ],
)
def test_what_a_mapping_cannot_say_of_a_stream(
    server: LocalServer, settings: dict[str, Any], text: str
) -> None:
    given = {"StartingPosition": "LATEST", **settings}
    params = {name: value for name, value in given.items() if value is not None}
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000"
    with pytest.raises(ClientError, match=text):
        client(server, "lambda").create_event_source_mapping(FunctionName="any", EventSourceArn=arn, **params)


def test_a_role_that_may_read_one_tables_streams_reads_them(server: LocalServer) -> None:
    """AWS's own example of such a policy allows ListStreams on the streams of the table, too.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html
    """
    dynamo = server.client("dynamodb")
    table = make_table(dynamo, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    shown = dynamo.describe_table(TableName=table)["Table"]
    statement = {"Effect": "Allow", "Action": list(READS), "Resource": f"{shown['TableArn']}/stream/*"}
    make_function(server, "may-this", TELLS % ("", "raises"))
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client(server, "iam").put_role_policy(
        RoleName="may-this-role", PolicyName="reads", PolicyDocument=document
    )
    mapping = client(server, "lambda").create_event_source_mapping(
        FunctionName="may-this", EventSourceArn=shown["LatestStreamArn"], StartingPosition="LATEST"
    )
    assert mapping["EventSourceArn"] == shown["LatestStreamArn"]


def test_a_role_must_be_able_to_read_the_stream(server: LocalServer) -> None:
    dynamo = server.client("dynamodb")
    table = make_table(dynamo, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    arn = dynamo.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    make_function(server, "may-not", TELLS % ("", "raises"), may=READS[:2])
    for stream, text in ((arn, "Please ensure the role can perform"), (arn[:-1] + "x", "Stream not found")):
        with pytest.raises(ClientError, match=text):
            client(server, "lambda").create_event_source_mapping(
                FunctionName="may-not", EventSourceArn=stream, StartingPosition="LATEST"
            )
