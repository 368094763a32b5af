"""Streams: ListStreams, DescribeStream, GetShardIterator, GetRecords."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.kit.tables import client_of_role, make_table, refused, row

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


@pytest.fixture(scope="module")
def streams(server: LocalServer) -> Any:
    return server.client("dynamodbstreams")


def streamed(dynamo: Any, view: str = "NEW_AND_OLD_IMAGES") -> tuple[str, str]:
    """Returns a new table and the ARN of its stream."""
    table = make_table(dynamo, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
    return table, dynamo.describe_table(TableName=table)["Table"]["LatestStreamArn"]


def iterator(streams: Any, arn: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    found = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=kind, **more
    )
    text: str = found["ShardIterator"]
    return text


def records(streams: Any, arn: str, kind: str = "TRIM_HORIZON", **more: Any) -> list[Any]:
    found: list[Any] = streams.get_records(ShardIterator=iterator(streams, arn, kind, **more))["Records"]
    return found


def names(found: list[Any]) -> list[str]:
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in found]


def test_a_stream_tells_the_changes_of_its_table_in_their_order(dynamo: Any, streams: Any) -> None:
    table, arn = streamed(dynamo)
    dynamo.put_item(TableName=table, Item=row("a", n={"N": "1"}, b={"B": b"\x00\xff"}))
    dynamo.update_item(
        TableName=table,
        Key=row("a"),
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "2"}},
    )
    dynamo.put_item(TableName=table, Item=row("a", n={"N": "2"}, b={"B": b"\x00\xff"}))  # changes nothing
    dynamo.delete_item(TableName=table, Key=row("a"))
    inserted, modified, removed = records(streams, arn)
    assert [r["eventName"] for r in (inserted, modified, removed)] == ["INSERT", "MODIFY", "REMOVE"]
    first, second = row("a", n={"N": "1"}, b={"B": b"\x00\xff"}), row("a", n={"N": "2"}, b={"B": b"\x00\xff"})
    assert modified["dynamodb"] | {"ApproximateCreationDateTime": None} == {
        "ApproximateCreationDateTime": None,
        "Keys": row("a"),
        "OldImage": first,
        "NewImage": second,
        "SequenceNumber": "000000000000000000002",
        "SizeBytes": 3 + 2 * 9,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    assert "OldImage" not in inserted["dynamodb"] and "NewImage" not in removed["dynamodb"]
    assert (inserted["eventSource"], inserted["eventVersion"]) == ("aws:dynamodb", "1.1")
    assert len({record["eventID"] for record in (inserted, modified, removed)}) == 3


@pytest.mark.parametrize(
    ("view", "images"),
    [("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"}), ("OLD_IMAGE", {"OldImage"})],
)
def test_a_view_shows_what_it_is_called(dynamo: Any, streams: Any, view: str, images: set[str]) -> None:
    table, arn = streamed(dynamo, view)
    for number in "12":
        dynamo.put_item(TableName=table, Item=row("a", n={"N": number}))
    modified = records(streams, arn)[1]["dynamodb"]
    assert {"NewImage", "OldImage"} & modified.keys() == images
    assert modified["StreamViewType"] == view


def test_an_iterator_begins_where_it_says(server: LocalServer, dynamo: Any, streams: Any) -> None:
    table, arn = streamed(dynamo)
    latest = iterator(streams, arn, "LATEST")
    for name in "abc":
        dynamo.put_item(TableName=table, Item=row(name))
        if name == "a":
            server.advance(60)
            between = datetime.fromtimestamp(server.app.clock.now_ms() / 1000, UTC)
    every = records(streams, arn)
    second = every[1]["dynamodb"]["SequenceNumber"]
    assert names(every) == names(streams.get_records(ShardIterator=latest)["Records"]) == ["a", "b", "c"]
    assert names(records(streams, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=second)) == ["b", "c"]
    assert names(records(streams, arn, "AFTER_SEQUENCE_NUMBER", SequenceNumber=second)) == ["c"]
    assert names(records(streams, arn, "AT_TIMESTAMP", Timestamp=between)) == ["b", "c"]
    assert names(records(streams, arn, "LATEST")) == []


def test_an_iterator_leads_to_the_next(dynamo: Any, streams: Any) -> None:
    table, arn = streamed(dynamo)
    for number in range(5):
        dynamo.put_item(TableName=table, Item=row(str(number)))
    at, found = iterator(streams, arn), []
    for _ in range(4):
        page = streams.get_records(ShardIterator=at, Limit=2)
        found.append(names(page["Records"]))
        at = page["NextShardIterator"]
    assert found == [["0", "1"], ["2", "3"], ["4"], []]
    dynamo.put_item(TableName=table, Item=row("later"))
    assert names(streams.get_records(ShardIterator=at)["Records"]) == ["later"]


def test_a_page_has_a_megabyte_at_most(dynamo: Any, streams: Any) -> None:
    table, arn = streamed(dynamo, "NEW_IMAGE")
    for number in range(8):
        dynamo.put_item(TableName=table, Item=row(str(number), fill={"S": "x" * 300_000}))
    page = streams.get_records(ShardIterator=iterator(streams, arn))
    assert names(page["Records"]) == ["0", "1", "2"]
    rest = streams.get_records(ShardIterator=page["NextShardIterator"])
    assert names(rest["Records"]) == ["3", "4", "5"]


def test_a_stream_that_has_ended_is_read_to_its_end(dynamo: Any, streams: Any) -> None:
    table, arn = streamed(dynamo)
    dynamo.put_item(TableName=table, Item=row("a"))
    dynamo.delete_table(TableName=table)
    description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    [shard] = description["Shards"]
    assert (description["StreamStatus"], description["TableName"]) == ("DISABLED", table)
    assert shard["SequenceNumberRange"] == {
        "StartingSequenceNumber": "000000000000000000001",
        "EndingSequenceNumber": "000000000000000000001",
    }
    page = streams.get_records(ShardIterator=iterator(streams, arn))
    assert names(page["Records"]) == ["a"]
    assert "NextShardIterator" not in page


def test_streams_are_listed_by_table(dynamo: Any, streams: Any) -> None:
    made = [streamed(dynamo) for _ in range(3)]
    found, more = [], {}
    while True:
        page = streams.list_streams(Limit=2, **more)
        found += [stream["StreamArn"] for stream in page["Streams"]]
        if "LastEvaluatedStreamArn" not in page:
            break
        more = {"ExclusiveStartStreamArn": page["LastEvaluatedStreamArn"]}
    assert {arn for _, arn in made} <= set(found) and found == sorted(set(found))
    table, arn = made[1]
    [only] = streams.list_streams(TableName=table)["Streams"]
    assert only == {"StreamArn": arn, "TableName": table, "StreamLabel": arn.rpartition("/")[2]}


def test_changes_go_after_a_day(server: LocalServer, dynamo: Any, streams: Any) -> None:
    table, arn = streamed(dynamo)
    dynamo.put_item(TableName=table, Item=row("old"))
    at = streams.get_records(ShardIterator=iterator(streams, arn), Limit=1)["Records"][0]
    server.advance(25 * 3600)
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    dynamo.put_item(TableName=table, Item=row("new"))
    assert names(records(streams, arn)) == ["new"]
    with refused("TrimmedDataAccessException"):
        iterator(streams, arn, "AT_SEQUENCE_NUMBER", SequenceNumber=at["dynamodb"]["SequenceNumber"])


def test_an_iterator_lasts_for_fifteen_minutes(server: LocalServer, dynamo: Any, streams: Any) -> None:
    _, arn = streamed(dynamo)
    text = iterator(streams, arn)
    server.advance(16 * 60)
    with refused("ExpiredIteratorException"):
        streams.get_records(ShardIterator=text)


@pytest.mark.parametrize(
    "text", ["x", "a|1|b", "arn:aws:dynamodb:us-east-1:1:table/t/stream/l|1|WzEsMiwzXQ==", "\x00|1|W10="]
)
def test_what_is_no_iterator_is_refused(streams: Any, text: str) -> None:
    with refused("ValidationException", "Invalid ShardIterator"):
        streams.get_records(ShardIterator=text)


def test_a_stream_is_read_by_who_may(server: LocalServer, dynamo: Any, streams: Any) -> None:
    (_, mine), (_, other) = streamed(dynamo), streamed(dynamo)
    statement = {"Effect": "Allow", "Action": "dynamodb:GetRecords", "Resource": mine}
    reader = client_of_role(server, "reader", "dynamodbstreams", statement)
    assert reader.get_records(ShardIterator=iterator(streams, mine))["Records"] == []
    with refused("AccessDeniedException", f"dynamodb:GetRecords on resource: {other}"):
        reader.get_records(ShardIterator=iterator(streams, other))
    with refused("AccessDeniedException", "dynamodb:DescribeStream"):
        reader.describe_stream(StreamArn=mine)
    with refused("AccessDeniedException", "dynamodb:ListStreams"):
        reader.list_streams()


def test_what_is_not_there_is_not_found(dynamo: Any, streams: Any) -> None:
    _, arn = streamed(dynamo)
    with refused("ResourceNotFoundException"):
        streams.describe_stream(StreamArn=arn.replace("stream/2", "stream/1"))
    with refused("ResourceNotFoundException"):
        streams.get_shard_iterator(StreamArn=arn, ShardId="shardId-" + "0" * 29, ShardIteratorType="LATEST")
    with refused("ValidationException", "Invalid StreamArn"):
        streams.describe_stream(StreamArn="arn:aws:dynamodb:us-east-1:000000000000:table/none")
    with refused("ValidationException", "SequenceNumber must be specified"):
        iterator(streams, arn, "AT_SEQUENCE_NUMBER")
    with refused("ValidationException", "behind the last one"):
        iterator(streams, arn, "AT_SEQUENCE_NUMBER", SequenceNumber="9".zfill(21))
