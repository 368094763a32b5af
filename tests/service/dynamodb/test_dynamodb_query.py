"""Query and Scan: ranges, order, pages, filters, projections, segments, indexes."""

import random
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key
from tests.kit.tables import every_page, index, make_table, refused, row

from penstock.testing import LocalServer

INDEXES: dict[str, Any] = {
    "GlobalSecondaryIndexes": [
        index("by-by", "by", "at"),
        index("only-keys", "by", projection="KEYS_ONLY"),
        index("some", "by", projection="INCLUDE", include=("note",)),
    ],
    "LocalSecondaryIndexes": [index("by-at", "pk", "at", projection="KEYS_ONLY")],
}


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


@pytest.fixture(scope="module")
def table(dynamo: Any) -> str:
    """A table with partitions p and q, of ten items each; those with an even number are in the global indexes."""
    name = make_table(dynamo, "pk", "sk", **INDEXES)
    for pk in "pq":
        for sk in range(-3, 7):
            more: dict[str, Any] = {"at": {"N": str(-sk)}, "note": {"S": f"n{sk}"}, "other": {"S": "x"}}
            if sk % 2 == 0:
                more["by"] = {"S": "even"}
            dynamo.put_item(TableName=name, Item=row(pk, sk, **more))
    return name


def numbers(items: list[Any]) -> list[int]:
    return [int(item["sk"]["N"]) for item in items]


def query(dynamo: Any, table: str, condition: str, **params: Any) -> Any:
    values = {":p": {"S": "p"}, ":a": {"N": "-1"}, ":b": {"N": "4"}, ":e": {"S": "even"}}
    used = {
        name: value
        for name, value in values.items()
        if any(name in str(text) for text in (condition, *params.values()))
    }
    return dynamo.query(
        TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=used, **params
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("pk = :p", list(range(-3, 7))),
        ("pk = :p AND sk = :a", [-1]),
        ("pk = :p AND sk < :a", [-3, -2]),
        ("pk = :p AND sk <= :a", [-3, -2, -1]),
        ("pk = :p AND sk > :b", [5, 6]),
        ("pk = :p AND sk >= :b", [4, 5, 6]),
        ("pk = :p AND sk BETWEEN :a AND :b", [-1, 0, 1, 2, 3, 4]),
    ],
)
def test_a_query_reads_a_range_in_order_and_backward(
    dynamo: Any, table: str, condition: str, expected: list[int]
) -> None:
    assert numbers(query(dynamo, table, condition)["Items"]) == expected
    backward = query(dynamo, table, condition, ScanIndexForward=False)
    assert numbers(backward["Items"]) == expected[::-1]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_of_a_query_make_up_the_whole(dynamo: Any, table: str, forward: bool, limit: int) -> None:
    found = every_page(
        dynamo.query,
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "q"}},
        Limit=limit,
        ScanIndexForward=forward,
    )
    assert numbers(found) == (list(range(-3, 7)) if forward else list(range(6, -4, -1)))


def test_a_page_that_its_limit_ended_names_its_last_key(dynamo: Any, table: str) -> None:
    page = query(dynamo, table, "pk = :p", Limit=10)
    assert page["LastEvaluatedKey"] == row("p", 6)
    assert "LastEvaluatedKey" not in query(dynamo, table, "pk = :p", Limit=11)


def test_a_filter_takes_away_after_the_limit_has_counted(dynamo: Any, table: str) -> None:
    page = query(
        dynamo, table, "pk = :p", Limit=4, FilterExpression="#by = :e", ExpressionAttributeNames={"#by": "by"}
    )
    assert (page["Count"], page["ScannedCount"], numbers(page["Items"])) == (2, 4, [-2, 0])


def test_a_filter_on_a_key_is_refused_in_a_query(dynamo: Any, table: str) -> None:
    with refused("ValidationException", "Filter Expression can only contain non-primary key attributes"):
        query(dynamo, table, "pk = :p", FilterExpression="sk > :a")


def test_a_count_has_no_items(dynamo: Any, table: str) -> None:
    page = query(dynamo, table, "pk = :p", Select="COUNT")
    assert (page["Count"], "Items" in page) == (10, False)


def test_a_projection_is_of_what_was_found(dynamo: Any, table: str) -> None:
    page = query(dynamo, table, "pk = :p", Limit=1, ProjectionExpression="note")
    assert page["Items"] == [{"note": {"S": "n-3"}}]


def test_an_index_has_the_items_that_have_its_key_in_its_order(dynamo: Any, table: str) -> None:
    names = {"#by": "by"}
    found = query(dynamo, table, "#by = :e", IndexName="by-by", ExpressionAttributeNames=names)["Items"]
    assert numbers(found) == [6, 6, 4, 4, 2, 2, 0, 0, -2, -2]
    assert all("other" in item for item in found)


@pytest.mark.parametrize("forward", [True, False])
def test_pages_of_an_index_make_up_the_whole_where_keys_are_equal(
    dynamo: Any, table: str, forward: bool
) -> None:
    found = every_page(
        dynamo.query,
        TableName=table,
        IndexName="only-keys",
        KeyConditionExpression="#by = :e",
        ExpressionAttributeNames={"#by": "by"},
        ExpressionAttributeValues={":e": {"S": "even"}},
        Limit=1,
        ScanIndexForward=forward,
    )
    assert len(found) == 10
    assert len({(item["pk"]["S"], item["sk"]["N"]) for item in found}) == 10


def test_an_index_shows_what_it_projects(dynamo: Any, table: str) -> None:
    names = {"#by": "by"}
    [keys, *_] = query(dynamo, table, "#by = :e", IndexName="only-keys", ExpressionAttributeNames=names)[
        "Items"
    ]
    [some, *_] = query(dynamo, table, "#by = :e", IndexName="some", ExpressionAttributeNames=names)["Items"]
    assert keys.keys() == {"pk", "sk", "by"}
    assert some.keys() == {"pk", "sk", "by", "note"}
    with refused(
        "ValidationException", "Select type ALL_ATTRIBUTES is not supported for global secondary index"
    ):
        query(
            dynamo,
            table,
            "#by = :e",
            IndexName="some",
            ExpressionAttributeNames=names,
            Select="ALL_ATTRIBUTES",
        )


def test_a_local_index_fetches_what_it_does_not_project(dynamo: Any, table: str) -> None:
    page = query(dynamo, table, "pk = :p", IndexName="by-at", Select="ALL_ATTRIBUTES", ConsistentRead=True)
    assert numbers(page["Items"]) == list(range(6, -4, -1))
    assert page["Items"][0]["other"] == {"S": "x"}
    page = query(dynamo, table, "pk = :p", IndexName="by-at")
    assert page["Items"][0].keys() == {"pk", "sk", "at"}


def test_a_global_index_is_not_read_consistently(dynamo: Any, table: str) -> None:
    with refused("ValidationException", "Consistent reads are not supported on global secondary indexes"):
        dynamo.scan(TableName=table, IndexName="by-by", ConsistentRead=True)


def test_an_index_that_is_not_there_is_named(dynamo: Any, table: str) -> None:
    with refused("ValidationException", "The table does not have the specified index: missing"):
        query(dynamo, table, "pk = :p", IndexName="missing")


@pytest.mark.parametrize(
    "params", [{}, {"IndexName": "by-at"}, {"Limit": 3}, {"IndexName": "by-at", "Limit": 7}]
)
def test_a_scan_finds_each_item_once(dynamo: Any, table: str, params: dict[str, Any]) -> None:
    found = every_page(dynamo.scan, TableName=table, **params)
    assert sorted((item["pk"]["S"], int(item["sk"]["N"])) for item in found) == [
        (pk, sk) for pk in "pq" for sk in range(-3, 7)
    ]


def test_segments_of_a_scan_make_up_the_whole(dynamo: Any) -> None:
    table = make_table(dynamo)
    for number in range(40):
        dynamo.put_item(TableName=table, Item=row(f"k{number}"))
    parts = [
        every_page(dynamo.scan, TableName=table, Segment=part, TotalSegments=4, Limit=5) for part in range(4)
    ]
    assert sorted(item["pk"]["S"] for part in parts for item in part) == sorted(f"k{n}" for n in range(40))
    assert all(len(part) < 40 for part in parts)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"Segment": 1}, "TotalSegments parameter is required"),
        ({"TotalSegments": 1}, "Segment parameter is required"),
        ({"Segment": 2, "TotalSegments": 2}, "Segment: 2 is not less than TotalSegments: 2"),
        ({"Select": "SPECIFIC_ATTRIBUTES"}, "Must specify the AttributesToGet or ProjectionExpression"),
        ({"Select": "COUNT", "ProjectionExpression": "a"}, "when choosing to get only the Count"),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, "can be used only when Querying using an IndexName"),
        ({"ExclusiveStartKey": {"pk": {"S": "a"}}}, "The provided starting key is invalid"),
    ],
)
def test_a_scan_that_cannot_be_is_refused(dynamo: Any, table: str, params: dict[str, Any], text: str) -> None:
    with refused("ValidationException", text):
        dynamo.scan(TableName=table, **params)


def test_a_query_does_not_begin_in_another_partition(dynamo: Any, table: str) -> None:
    with refused("ValidationException", "The provided starting key is outside query boundaries"):
        query(dynamo, table, "pk = :p", ExclusiveStartKey=row("q", 1))


def test_a_page_ends_at_a_megabyte(dynamo: Any) -> None:
    table = make_table(dynamo, "pk", "sk")
    for sk in range(6):
        dynamo.put_item(TableName=table, Item=row("p", sk, x={"S": "x" * 250_000}))
    first = query(dynamo, table, "pk = :p", ReturnConsumedCapacity="TOTAL")
    assert numbers(first["Items"]) == [0, 1, 2, 3]
    assert first["ConsumedCapacity"]["CapacityUnits"] == 122.5
    rest = query(dynamo, table, "pk = :p", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert numbers(rest["Items"]) == [4, 5]


def test_texts_are_in_the_order_of_their_bytes_and_found_by_prefix(server: LocalServer, dynamo: Any) -> None:
    dynamo.create_table(
        TableName="texts",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "name", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "name", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    table = server.resource("dynamodb").Table("texts")
    names = ["B", "a", "a\x00", "a\x01b", "aa", "ab", "b", "é", "日", "😀", "x" * 1024]
    with table.batch_writer() as batch:
        for name in names:
            batch.put_item(Item={"pk": "p", "name": name})
    found = table.query(KeyConditionExpression=Key("pk").eq("p"))["Items"]
    assert [item["name"] for item in found] == sorted(names, key=str.encode)
    found = table.query(KeyConditionExpression=Key("pk").eq("p") & Key("name").begins_with("a"))["Items"]
    assert [item["name"] for item in found] == ["a", "a\x00", "a\x01b", "aa", "ab"]


def test_the_largest_keys_stand_in_the_table_and_in_its_indexes(dynamo: Any) -> None:
    def attribute(name: str) -> dict[str, str]:
        return {"AttributeName": name, "AttributeType": "B"}

    def keys(hash: str, range: str) -> list[dict[str, str]]:
        return [{"AttributeName": hash, "KeyType": "HASH"}, {"AttributeName": range, "KeyType": "RANGE"}]

    dynamo.create_table(
        TableName="largest",
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=[attribute("pk"), attribute("sk")],
        BillingMode="PAY_PER_REQUEST",
        LocalSecondaryIndexes=[{**index("turned", "pk", "sk"), "KeySchema": keys("pk", "sk")}],
        GlobalSecondaryIndexes=[{**index("swapped", "pk", "sk"), "KeySchema": keys("sk", "pk")}],
    )
    noise = random.Random(1).randbytes(2048)
    items = [
        {"pk": {"B": noise[:1024]}, "sk": {"B": noise[1024:2047] + bytes([last])}} for last in (0, 254, 255)
    ]
    for item in items:
        dynamo.put_item(TableName="largest", Item=item)
    for name in ("turned", None):
        found = every_page(
            dynamo.query,
            TableName="largest",
            KeyConditionExpression="pk = :p AND begins_with(sk, :s)",
            ExpressionAttributeValues={":p": items[0]["pk"], ":s": {"B": noise[1024:2047]}},
            Limit=1,
            **({"IndexName": name} if name else {}),
        )
        assert found == items
    assert len(every_page(dynamo.scan, TableName="largest", IndexName="swapped", Limit=1)) == 3


def test_the_former_parameters_find_the_same(dynamo: Any, table: str) -> None:
    page = dynamo.query(
        TableName=table,
        KeyConditions={
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "p"}]},
            "sk": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "4"}]},
        },
        QueryFilter={"by": {"ComparisonOperator": "NOT_NULL"}},
        AttributesToGet=["sk"],
    )
    assert page["Items"] == [{"sk": {"N": "4"}}, {"sk": {"N": "6"}}]
    with refused("ValidationException", "ConditionalOperator cannot be used without Filter or Expected"):
        dynamo.scan(TableName=table, ConditionalOperator="OR")
