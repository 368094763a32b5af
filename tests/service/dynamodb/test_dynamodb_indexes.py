"""Indexes that are made and deleted while their table is in use, and items that end."""

from typing import Any

import pytest
from tests.kit.tables import definitions, every_page, index, make_table, refused, row

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


def add_index(dynamo: Any, table: str, *, name: str = "by-by") -> Any:
    return dynamo.update_table(
        TableName=table,
        AttributeDefinitions=definitions("pk", "by"),
        GlobalSecondaryIndexUpdates=[{"Create": index(name, "by")}],
    )["TableDescription"]


def in_index(dynamo: Any, table: str, value: str = "x") -> list[str]:
    found = every_page(
        dynamo.query,
        TableName=table,
        IndexName="by-by",
        KeyConditionExpression="#by = :v",
        ExpressionAttributeNames={"#by": "by"},
        ExpressionAttributeValues={":v": {"S": value}},
    )
    return sorted(item["pk"]["S"] for item in found)


def test_a_new_index_is_filled_with_what_was_there(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    for number in range(250):
        dynamo.put_item(TableName=table, Item=row(f"{number:03}", by={"S": "x" if number % 2 else "y"}))
    dynamo.put_item(TableName=table, Item=row("other type", by={"N": "1"}))
    [shown] = add_index(dynamo, table)["GlobalSecondaryIndexes"]
    assert (shown["IndexStatus"], shown["Backfilling"]) == ("CREATING", True)
    server.settle()
    [shown] = dynamo.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"]
    assert (shown["IndexStatus"], shown["ItemCount"]) == ("ACTIVE", 250)
    assert "Backfilling" not in shown
    assert in_index(dynamo, table) == [f"{number:03}" for number in range(1, 250, 2)]


def test_what_is_written_while_an_index_is_filled_is_in_it_once(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    for number in range(150):
        dynamo.put_item(TableName=table, Item=row(f"{number:03}", by={"S": "x"}))
    add_index(dynamo, table)
    for number in range(0, 150, 3):
        dynamo.put_item(TableName=table, Item=row(f"{number:03}", by={"S": "y"}, more={"S": "more"}))
        dynamo.delete_item(TableName=table, Key=row(f"{number + 1:03}"))
    server.settle()
    assert in_index(dynamo, table) == [f"{number:03}" for number in range(2, 150, 3)]
    assert in_index(dynamo, table, "y") == [f"{number:03}" for number in range(0, 150, 3)]
    described = dynamo.describe_table(TableName=table)["Table"]
    [shown] = described["GlobalSecondaryIndexes"]
    assert shown["ItemCount"] == described["ItemCount"] == 100
    assert shown["IndexSizeBytes"] == described["TableSizeBytes"]


def test_a_deleted_index_is_gone_and_can_be_made_again(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}))
    shown = dynamo.update_table(
        TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-by"}}]
    )["TableDescription"]
    assert [i["IndexStatus"] for i in shown["GlobalSecondaryIndexes"]] == ["DELETING"]
    assert shown["AttributeDefinitions"] == definitions("pk")
    with refused("ValidationException", "does not have the specified index"):
        in_index(dynamo, table)
    server.wait(server.app.service("dynamodb").state.sweeper.sweep())
    assert "GlobalSecondaryIndexes" not in dynamo.describe_table(TableName=table)["Table"]
    add_index(dynamo, table)
    server.settle()
    assert in_index(dynamo, table) == ["a"]


@pytest.mark.parametrize(
    ("updates", "text"),
    [
        ([{"Create": index("there", "by")}], "already exists: there"),
        ([{"Delete": {"IndexName": "missing"}}], "does not have the specified index: missing"),
    ],
)
def test_a_change_of_an_index_that_cannot_be_is_refused(dynamo: Any, updates: Any, text: str) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("there", "by")])
    with refused("ValidationException", text):
        dynamo.update_table(
            TableName=table,
            AttributeDefinitions=definitions("pk", "by"),
            GlobalSecondaryIndexUpdates=updates,
        )


def test_one_index_is_made_at_a_time(dynamo: Any) -> None:
    table = make_table(dynamo)
    with refused("LimitExceededException", "Only 1 online index can be created or deleted simultaneously"):
        dynamo.update_table(
            TableName=table,
            AttributeDefinitions=definitions("pk", "by"),
            GlobalSecondaryIndexUpdates=[{"Create": index("one", "by")}, {"Create": index("two", "by")}],
        )


def set_ttl(dynamo: Any, table: str, *, enabled: bool = True, attribute: str = "ends") -> None:
    dynamo.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
    )


def test_items_end_by_the_servers_clock(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    now_s = server.clock.now_ms() // 1000
    years = 6 * 365 * 86_400
    ends = {"soon": now_s + 100, "later": now_s + 100_000, "long-ago": now_s - years}
    for pk, at in ends.items():
        dynamo.put_item(TableName=table, Item=row(pk, ends={"N": str(at)}, by={"S": "x"}))
    dynamo.put_item(TableName=table, Item=row("text", ends={"S": str(now_s)}, by={"S": "x"}))
    set_ttl(dynamo, table)
    dynamo.put_item(TableName=table, Item=row("after", ends={"N": f"{now_s + 200}.5"}, by={"S": "x"}))
    server.settle()
    described = dynamo.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ends"}
    assert in_index(dynamo, table) == ["after", "later", "long-ago", "soon", "text"]
    server.advance(300)
    server.settle()
    assert in_index(dynamo, table) == ["later", "long-ago", "text"]
    assert dynamo.describe_table(TableName=table)["Table"]["ItemCount"] == 3


def test_an_item_that_ends_is_deleted_by_the_service(server: LocalServer, dynamo: Any) -> None:
    table = make_table(
        dynamo, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    )
    set_ttl(dynamo, table)
    item = row("a", ends={"N": str(server.clock.now_ms() // 1000 + 10)})
    dynamo.put_item(TableName=table, Item=item)
    server.advance(60)
    server.settle()
    streams = server.client("dynamodbstreams")
    arn = dynamo.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    [shard] = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    put, removed = streams.get_records(ShardIterator=iterator)["Records"]
    assert "userIdentity" not in put
    assert (removed["eventName"], removed["dynamodb"]["OldImage"]) == ("REMOVE", item)
    assert removed["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}


def test_an_item_whose_end_was_put_off_stays(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo)
    set_ttl(dynamo, table)
    now_s = server.clock.now_ms() // 1000
    dynamo.put_item(TableName=table, Item=row("a", ends={"N": str(now_s + 10)}))
    dynamo.put_item(TableName=table, Item=row("a", ends={"N": str(now_s + 100_000)}))
    server.advance(60)
    server.settle()
    assert dynamo.scan(TableName=table)["Count"] == 1


def test_time_to_live_is_switched_on_and_off_once(dynamo: Any) -> None:
    table = make_table(dynamo)
    with refused("ValidationException", "TimeToLive is already disabled"):
        set_ttl(dynamo, table, enabled=False)
    set_ttl(dynamo, table)
    with refused("ValidationException", "TimeToLive is already enabled"):
        set_ttl(dynamo, table)
    with refused("ValidationException", "TimeToLive is active on a different AttributeName"):
        set_ttl(dynamo, table, enabled=False, attribute="other")
    set_ttl(dynamo, table, enabled=False)
    described = dynamo.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "DISABLED"}
