"""BatchGetItem and BatchWriteItem."""

from typing import Any

import pytest
from tests.kit.tables import index, make_table, refused, row

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


def test_a_batch_writes_and_reads_several_tables(dynamo: Any) -> None:
    first, second = make_table(dynamo), make_table(dynamo, "pk", "sk")
    dynamo.put_item(TableName=first, Item=row("gone"))
    written = dynamo.batch_write_item(
        RequestItems={
            first: [{"PutRequest": {"Item": row("a")}}, {"DeleteRequest": {"Key": row("gone")}}],
            second: [{"PutRequest": {"Item": row("b", 1, x={"B": b"\x00"})}}],
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert written["UnprocessedItems"] == {}
    assert {part["TableName"]: part["CapacityUnits"] for part in written["ConsumedCapacity"]} == {
        first: 2.0,
        second: 1.0,
    }
    found = dynamo.batch_get_item(
        RequestItems={
            first: {"Keys": [row("a"), row("gone")]},
            second: {"Keys": [row("b", 1)], "ProjectionExpression": "x"},
        }
    )
    assert found["Responses"] == {first: [row("a")], second: [{"x": {"B": b"\x00"}}]}
    assert found["UnprocessedKeys"] == {}


@pytest.mark.parametrize(
    ("count", "text"), [(26, "Too many items requested for the BatchWriteItem call|less than or equal to 25")]
)
def test_a_batch_of_writes_has_25_at_most(dynamo: Any, count: int, text: str) -> None:
    table = make_table(dynamo)
    requests = [{"PutRequest": {"Item": row(str(n))}} for n in range(count)]
    with refused("ValidationException", text):
        dynamo.batch_write_item(RequestItems={table: requests})


def test_a_batch_has_its_items_in_all_tables_together(dynamo: Any) -> None:
    first, second = make_table(dynamo), make_table(dynamo)
    requests = [{"PutRequest": {"Item": row(str(n))}} for n in range(13)]
    with refused("ValidationException", "Too many items requested for the BatchWriteItem call"):
        dynamo.batch_write_item(RequestItems={first: requests, second: requests})
    keys = {"Keys": [row(str(n)) for n in range(51)]}
    with refused("ValidationException", "Too many items requested for the BatchGetItem call"):
        dynamo.batch_get_item(RequestItems={first: keys, second: keys})


def test_a_batch_names_no_item_twice(dynamo: Any) -> None:
    table = make_table(dynamo, "pk", "sk")
    twice = [row("a", 1), {"pk": {"S": "a"}, "sk": {"N": "1.0"}}]
    with refused("ValidationException", "Provided list of item keys contains duplicates"):
        dynamo.batch_get_item(RequestItems={table: {"Keys": twice}})
    requests = [{"PutRequest": {"Item": twice[0]}}, {"DeleteRequest": {"Key": twice[1]}}]
    with refused("ValidationException", "Provided list of item keys contains duplicates"):
        dynamo.batch_write_item(RequestItems={table: requests})


def test_a_batch_with_an_item_that_cannot_be_writes_nothing(dynamo: Any) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    requests = [{"PutRequest": {"Item": row("a")}}, {"PutRequest": {"Item": row("b", by={"N": "1"})}}]
    with refused("ValidationException", "Type mismatch for Index Key"):
        dynamo.batch_write_item(RequestItems={table: requests})
    assert dynamo.scan(TableName=table)["Count"] == 0


def test_a_batch_of_large_items_is_written_whole(dynamo: Any) -> None:
    table = make_table(dynamo)
    items = [row(str(number), x={"S": "x" * 350_000}) for number in range(25)]
    answer = dynamo.batch_write_item(
        RequestItems={table: [{"PutRequest": {"Item": item}} for item in items]},
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 25 * 342.0}]
    assert dynamo.describe_table(TableName=table)["Table"]["ItemCount"] == 25


def test_what_is_too_much_for_one_answer_is_left_to_the_next(dynamo: Any) -> None:
    table = make_table(dynamo)
    for number in range(45):
        dynamo.put_item(TableName=table, Item=row(str(number), x={"S": "x" * 400_000}))
    wanted = {table: {"Keys": [row(str(number)) for number in range(45)]}}
    first = dynamo.batch_get_item(RequestItems=wanted)
    assert len(first["Responses"][table]) == 41
    rest = dynamo.batch_get_item(RequestItems=first["UnprocessedKeys"])
    assert len(rest["Responses"][table]) == 4
    assert rest["UnprocessedKeys"] == {}


def test_a_table_that_is_not_there_fails_the_batch(dynamo: Any) -> None:
    with refused("ResourceNotFoundException", "Requested resource not found"):
        dynamo.batch_get_item(RequestItems={"missing": {"Keys": [row("a")]}})
