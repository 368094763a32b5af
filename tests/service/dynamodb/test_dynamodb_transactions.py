"""TransactWriteItems and TransactGetItems."""

from typing import Any

import pytest
from tests.kit.tables import make_table, refused, row

from penstock.testing import LocalServer

EXISTS = {"ConditionExpression": "attribute_exists(pk)"}


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


@pytest.fixture
def table(dynamo: Any) -> str:
    return make_table(dynamo)


def put(table: str, pk: str, **more: Any) -> Any:
    return {"Put": {"TableName": table, "Item": row(pk), **more}}


def test_a_transaction_does_all_four_kinds(dynamo: Any, table: str) -> None:
    for pk in ("changed", "checked", "deleted"):
        dynamo.put_item(TableName=table, Item=row(pk))
    answer = dynamo.transact_write_items(
        TransactItems=[
            put(table, "new"),
            {
                "Update": {
                    "TableName": table,
                    "Key": row("changed"),
                    "UpdateExpression": "SET v = :v",
                    "ExpressionAttributeValues": {":v": {"N": "1"}},
                }
            },
            {"Delete": {"TableName": table, "Key": row("deleted")}},
            {"ConditionCheck": {"TableName": table, "Key": row("checked"), **EXISTS}},
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"][0]["WriteCapacityUnits"] == 8.0
    found = {item["pk"]["S"]: item for item in dynamo.scan(TableName=table)["Items"]}
    assert found.keys() == {"new", "changed", "checked"}
    assert found["changed"]["v"] == {"N": "1"}


def test_a_transaction_that_fails_does_nothing_and_says_why_for_each(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("there", v={"N": "1"}))
    check = {"ConditionExpression": "v > :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}
    with refused("TransactionCanceledException", r"\[None, ConditionalCheckFailed, None\]") as error:
        dynamo.transact_write_items(
            TransactItems=[
                put(table, "a"),
                {
                    "Delete": {
                        "TableName": table,
                        "Key": row("there"),
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                        **check,
                    }
                },
                put(table, "b"),
            ]
        )
    reasons = error.value.response["CancellationReasons"]
    assert reasons[0] == {"Code": "None"}
    assert reasons[1] == {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
        "Item": row("there", v={"N": "1"}),
    }
    assert dynamo.scan(TableName=table)["Count"] == 1


def test_an_update_that_cannot_be_cancels_the_transaction(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("text", v={"S": "x"}))
    with refused("TransactionCanceledException", r"\[None, ValidationError\]"):
        dynamo.transact_write_items(
            TransactItems=[
                put(table, "a"),
                {
                    "Update": {
                        "TableName": table,
                        "Key": row("text"),
                        "UpdateExpression": "SET v = v + :v",
                        "ExpressionAttributeValues": {":v": {"N": "1"}},
                    }
                },
            ]
        )
    assert dynamo.scan(TableName=table)["Count"] == 1


def test_an_item_that_cannot_be_in_its_table_cancels_the_transaction(dynamo: Any, table: str) -> None:
    with refused("TransactionCanceledException", r"\[None, ValidationError\]") as error:
        dynamo.transact_write_items(
            TransactItems=[put(table, "a"), {"Put": {"TableName": table, "Item": {"pk": {"N": "1"}}}}]
        )
    assert error.value.response["CancellationReasons"][1] == {
        "Code": "ValidationError",
        "Message": "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N",
    }


def test_a_transaction_names_no_item_twice(dynamo: Any, table: str) -> None:
    with refused("ValidationException", "cannot include multiple operations on one item"):
        dynamo.transact_write_items(TransactItems=[put(table, "a"), put(table, "a")])


def test_a_transaction_with_a_token_is_done_once_in_ten_minutes(
    server: LocalServer, dynamo: Any, table: str
) -> None:
    request = {"TransactItems": [put(table, "a", ConditionExpression="attribute_not_exists(pk)")]}
    dynamo.transact_write_items(**request, ClientRequestToken="once")
    again = dynamo.transact_write_items(**request, ClientRequestToken="once", ReturnConsumedCapacity="TOTAL")
    assert again["ConsumedCapacity"][0]["CapacityUnits"] == 2.0
    with refused("IdempotentParameterMismatchException"):
        dynamo.transact_write_items(TransactItems=[put(table, "b")], ClientRequestToken="once")
    server.advance(601)
    with refused("TransactionCanceledException"):
        dynamo.transact_write_items(**request, ClientRequestToken="once")


def test_items_are_read_as_they_are_at_one_moment(dynamo: Any, table: str) -> None:
    dynamo.put_item(TableName=table, Item=row("a", v={"N": "1"}))
    found = dynamo.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": table, "Key": row("a"), "ProjectionExpression": "v"}},
            {"Get": {"TableName": table, "Key": row("none")}},
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert found["Responses"] == [{"Item": {"v": {"N": "1"}}}, {}]
    assert found["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 4.0, "ReadCapacityUnits": 4.0}]


def test_an_entry_of_a_transaction_is_one_thing(dynamo: Any, table: str) -> None:
    both = {**put(table, "a"), "Delete": {"TableName": table, "Key": row("b")}}
    for item in ({}, both):
        with refused("ValidationException", "TransactItems can only contain one of"):
            dynamo.transact_write_items(TransactItems=[item])
