"""PutItem, GetItem, UpdateItem and DeleteItem."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from tests.kit.tables import index, make_table, refused, row

from penstock.testing import LocalServer

EVERY_TYPE = {
    "s": {"S": "é\x00\x01"},
    "n": {"N": "-1.5"},
    "b": {"B": b"\x00\xff"},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]},
    "bs": {"BS": [b"\x00", b"\xff"]},
    "m": {"M": {"x": {"L": [{"NULL": True}, {"BOOL": False}]}}},
    "empty": {"S": ""},
}


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


@pytest.fixture
def table(dynamo: Any) -> str:
    return make_table(dynamo)


def test_an_item_comes_back_as_it_was_put(dynamo: Any, table: str) -> None:
    item = row("a", **EVERY_TYPE)
    dynamo.put_item(TableName=table, Item=item)
    assert dynamo.get_item(TableName=table, Key=row("a"), ConsistentRead=True)["Item"] == item


def test_what_is_not_there_is_answered_without_an_item(dynamo: Any, table: str) -> None:
    assert "Item" not in dynamo.get_item(TableName=table, Key=row("none"))


def test_the_resource_interface_works_with_python_values(server: LocalServer, table: str) -> None:
    items = server.resource("dynamodb").Table(table)
    items.put_item(Item={"pk": "a", "price": Decimal("12.50"), "tags": {"x", "y"}, "raw": b"\x01"})
    found = items.get_item(Key={"pk": "a"})["Item"]
    assert (found["price"], found["tags"], found["raw"].value) == (Decimal("12.5"), {"x", "y"}, b"\x01")
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        items.put_item(Item={"pk": "a"}, ConditionExpression=Attr("price").lt(5))


def test_a_projection_shows_what_is_wanted(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("a", **EVERY_TYPE))
    found = dynamo.get_item(
        TableName=table,
        Key=row("a"),
        ProjectionExpression="#n, m.x[1]",
        ExpressionAttributeNames={"#n": "n"},
    )
    assert found["Item"] == {"n": {"N": "-1.5"}, "m": {"M": {"x": {"L": [{"BOOL": False}]}}}}


def test_the_item_that_is_replaced_or_deleted_is_returned_when_wanted(dynamo: Any, table: str) -> None:
    first, second = row("a", v={"N": "1"}), row("a", v={"N": "2"})
    assert "Attributes" not in dynamo.put_item(TableName=table, Item=first, ReturnValues="ALL_OLD")
    assert dynamo.put_item(TableName=table, Item=second, ReturnValues="ALL_OLD")["Attributes"] == first
    deleted = dynamo.delete_item(TableName=table, Key=row("a"), ReturnValues="ALL_OLD")
    assert deleted["Attributes"] == second
    assert "Attributes" not in dynamo.delete_item(TableName=table, Key=row("a"), ReturnValues="ALL_OLD")
    with refused("ValidationException", "Return values set to invalid value"):
        dynamo.put_item(TableName=table, Item=first, ReturnValues="ALL_NEW")


def test_a_failed_condition_changes_nothing_and_shows_the_item_when_wanted(dynamo: Any, table: str) -> None:
    item = row("a", v={"N": "1"})
    dynamo.put_item(TableName=table, Item=item)
    with refused("ConditionalCheckFailedException", "The conditional request failed") as error:
        dynamo.put_item(
            TableName=table,
            Item=row("a"),
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert error.value.response["Item"] == item
    assert dynamo.get_item(TableName=table, Key=row("a"))["Item"] == item
    with refused("ConditionalCheckFailedException"):
        dynamo.delete_item(
            TableName=table,
            Key=row("a"),
            ConditionExpression="v > :v",
            ExpressionAttributeValues={":v": {"N": "1"}},
        )


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("ALL_OLD", {"pk": {"S": "a"}, "v": {"N": "1"}, "w": {"S": "x"}}),
        ("ALL_NEW", {"pk": {"S": "a"}, "v": {"N": "3"}, "w": {"S": "x"}}),
        ("UPDATED_OLD", {"v": {"N": "1"}}),
        ("UPDATED_NEW", {"v": {"N": "3"}}),
    ],
)
def test_an_update_returns_what_is_wanted(dynamo: Any, table: str, which: str, expected: Any) -> None:
    dynamo.put_item(TableName=table, Item=row("a", v={"N": "1"}, w={"S": "x"}))
    updated = dynamo.update_item(
        TableName=table,
        Key=row("a"),
        UpdateExpression="SET v = v + :d",
        ExpressionAttributeValues={":d": {"N": "2"}},
        ReturnValues=which,
    )
    assert updated["Attributes"] == expected


def test_an_update_of_what_was_not_there_returns_nothing_old(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("a"))
    updated = dynamo.update_item(
        TableName=table,
        Key=row("a"),
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"N": "1"}},
        ReturnValues="UPDATED_OLD",
    )
    assert "Attributes" not in updated


def test_an_update_of_nothing_makes_an_item_of_its_key(dynamo: Any, table: str) -> None:
    dynamo.update_item(TableName=table, Key=row("a"))
    assert dynamo.get_item(TableName=table, Key=row("a"))["Item"] == row("a")


def test_the_key_cannot_be_updated(dynamo: Any, table: str) -> None:
    with refused("ValidationException", "This attribute is part of the key"):
        dynamo.update_item(
            TableName=table,
            Key=row("a"),
            UpdateExpression="SET pk = :v",
            ExpressionAttributeValues={":v": {"S": "b"}},
        )


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"x": {"S": "a"}}, "Missing the key pk in the item"),
        ({"pk": {"N": "1"}}, "Type mismatch for key pk expected: S actual: N"),
        ({"pk": {"S": ""}}, "cannot contain an empty string value. Key: pk"),
        ({"pk": {"S": "k" * 2049}}, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        (row("a", x={"S": "x" * 409_600}), "Item size has exceeded the maximum allowed size"),
        (row("a", x={"N": "1" * 39}), "more than 38 significant digits"),
        (row("a", x={"N": "1e126"}), "out of the supported range|overflow"),
        (row("a", x={"SS": []}), "may not be empty"),
        (row("a", x={"SS": ["a", "a"]}), "duplicates"),
        (row("a", x={"NS": ["1", "1.0"]}), "duplicates"),
        (row("a", x={}), "must contain exactly one of the supported datatypes"),
        (row("a", x={"NULL": False}), "Null attribute value types must have the value of true"),
    ],
)
def test_an_item_that_cannot_be_is_refused(dynamo: Any, table: str, item: Any, text: str) -> None:
    with refused("ValidationException", text):
        dynamo.put_item(TableName=table, Item=item)


def test_values_may_be_nested_32_deep_and_no_deeper(dynamo: Any, table: str) -> None:
    def nested(depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {"S": "x"}
        for _ in range(depth):
            value = {"L": [value]}
        return value

    deepest = row("deep", x=nested(32))
    dynamo.put_item(TableName=table, Item=deepest)
    assert dynamo.get_item(TableName=table, Key=row("deep"))["Item"] == deepest
    with refused("ValidationException", "Nesting Levels have exceeded supported limits"):
        dynamo.put_item(TableName=table, Item=row("deep", x=nested(33)))


def test_a_key_is_named_whole(dynamo: Any) -> None:
    table = make_table(dynamo, "pk", "sk")
    for key in (row("a"), row("a", 1, x={"S": "b"}), {"pk": {"S": "a"}, "sk": {"S": "1"}}):
        with refused("ValidationException", "The provided key element does not match the schema"):
            dynamo.get_item(TableName=table, Key=key)


def test_numbers_that_are_equal_are_one_key(dynamo: Any) -> None:
    table = make_table(dynamo, "pk", "sk")
    dynamo.put_item(TableName=table, Item={"pk": {"S": "a"}, "sk": {"N": "1.0"}})
    found = dynamo.get_item(TableName=table, Key={"pk": {"S": "a"}, "sk": {"N": "10e-1"}})
    assert found["Item"]["sk"] == {"N": "1"}


def test_an_item_with_another_type_in_an_index_key_is_refused(dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    with refused(
        "ValidationException", "Type mismatch for Index Key by Expected: S Actual: N IndexName: by-by"
    ):
        dynamo.put_item(TableName=table, Item=row("a", by={"N": "1"}))
    with refused("ValidationException", "empty string value. IndexName: by-by, IndexKey: by"):
        dynamo.put_item(TableName=table, Item=row("a", by={"S": ""}))


def test_what_is_consumed_is_counted_as_aws_does(dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by", projection="KEYS_ONLY")])
    item = row("a", by={"S": "x"}, blob={"S": "x" * 5000})
    put = dynamo.put_item(TableName=table, Item=item, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert (put["Table"]["CapacityUnits"], put["CapacityUnits"]) == (5.0, 6.0)
    assert put["GlobalSecondaryIndexes"] == {"by-by": {"CapacityUnits": 1.0}}
    for consistent, units in ((False, 1.0), (True, 2.0)):
        got = dynamo.get_item(
            TableName=table, Key=row("a"), ConsistentRead=consistent, ReturnConsumedCapacity="TOTAL"
        )
        assert got["ConsumedCapacity"] == {"TableName": table, "CapacityUnits": units}


def test_collections_are_measured_where_there_are_local_indexes(dynamo: Any) -> None:
    table = make_table(dynamo, "pk", "sk", LocalSecondaryIndexes=[index("by-at", "pk", "at")])
    put = dynamo.put_item(TableName=table, Item=row("a", 1), ReturnItemCollectionMetrics="SIZE")
    assert put["ItemCollectionMetrics"]["ItemCollectionKey"] == row("a")


def test_a_table_counts_its_items_and_their_size(dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    for pk in "abc":
        dynamo.put_item(TableName=table, Item=row(pk, by={"S": "x"}))
    dynamo.put_item(TableName=table, Item=row("a", by={"S": "longer"}))
    dynamo.put_item(TableName=table, Item=row("b"))
    dynamo.delete_item(TableName=table, Key=row("c"))
    shown = dynamo.describe_table(TableName=table)["Table"]
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (2, 3 + 8 + 3)
    [of_index] = shown["GlobalSecondaryIndexes"]
    assert (of_index["ItemCount"], of_index["IndexSizeBytes"]) == (1, 11)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"ConditionExpression": ""}, "Invalid ConditionExpression: The expression can not be empty;"),
        ({"ConditionExpression": "size(x"}, "Invalid ConditionExpression: Syntax error"),
        (
            {
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": {":unused": {"S": "x"}},
            },
            "unused in expressions",
        ),
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ConditionExpression": "attribute_exists(pk)", "Expected": {"x": {"Exists": False}}},
            "Can not use both expression and non-expression parameters in the same request",
        ),
    ],
)
def test_expressions_that_cannot_be_are_refused(
    dynamo: Any, table: str, params: dict[str, Any], text: str
) -> None:
    with refused("ValidationException", text):
        dynamo.put_item(TableName=table, Item=row("a"), **params)
