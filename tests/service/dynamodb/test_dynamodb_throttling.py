"""Tables that are held to their throughput: one large request leaves a debt, so no test depends on how fast it is."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.kit.tables import definitions, index, key_schema, refused, row

from penstock.testing import LocalServer

LARGE = {"B": b"\x00" * 399_000}  # 390 units to write, more than a bucket of one unit a second has
UNIT = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
MANY = {"ReadCapacityUnits": 10_000, "WriteCapacityUnits": 10_000}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(table_throttling="on") as running:
        yield running


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb", config=Config(retries={"max_attempts": 0}))


def make_table(dynamo: Any, name: str, units: dict[str, int] | None, **more: Any) -> str:
    used = [e["AttributeName"] for one in more.get("GlobalSecondaryIndexes", ()) for e in one["KeySchema"]]
    mode = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    dynamo.create_table(
        TableName=name,
        KeySchema=key_schema("pk"),
        AttributeDefinitions=definitions("pk", *used),
        **(mode if units else {"BillingMode": "PAY_PER_REQUEST"}),
        **more,
    )
    return name


def reasons(error: Any) -> list[str]:
    response = error.value.response
    found = response.get("ThrottlingReasons") or response.get("throttlingReasons")
    return [reason["reason"] for reason in found]


def test_writes_are_refused_until_the_debt_is_paid(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, "writes", UNIT)
    answer = dynamo.put_item(TableName=table, Item=row("a", data=LARGE), ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["CapacityUnits"] == 390
    with refused("ProvisionedThroughputExceededException", "configured provisioned throughput") as error:
        dynamo.put_item(TableName=table, Item=row("b"))
    assert reasons(error) == ["TableWriteProvisionedThroughputExceeded"]
    for write in (
        lambda: dynamo.delete_item(TableName=table, Key=row("a")),
        lambda: dynamo.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": row("a")}}]}),
        lambda: dynamo.execute_statement(Statement=f"DELETE FROM \"{table}\" WHERE pk = 'a'"),
    ):
        with refused("ProvisionedThroughputExceededException"):
            write()
    puts = [{"Put": {"TableName": table, "Item": row(name)}} for name in "bc"]
    with refused("TransactionCanceledException", r"\[ProvisionedThroughputExceeded, Provisioned"):
        dynamo.transact_write_items(TransactItems=puts)
    statements = [{"Statement": f"DELETE FROM \"{table}\" WHERE pk = 'a'"}]
    [shown] = dynamo.batch_execute_statement(Statements=statements)["Responses"]
    assert shown["Error"]["Code"] == "ProvisionedThroughputExceeded"
    assert dynamo.get_item(TableName=table, Key=row("a"))["Item"]["data"] == LARGE  # reads are counted apart
    server.advance(100)
    dynamo.put_item(TableName=table, Item=row("b"))


def test_reads_are_refused_until_the_debt_is_paid(server: LocalServer, dynamo: Any) -> None:
    table = make_table(dynamo, "reads", {**MANY, "ReadCapacityUnits": 1})
    for number in range(3):
        dynamo.put_item(TableName=table, Item=row(str(number), data=LARGE))
    key = {"TableName": table, "Key": row("0")}
    gets = [{"Get": key}, {"Get": {"TableName": table, "Key": row("1")}}]
    answer = dynamo.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 392
    statement = f'SELECT * FROM "{table}"'
    for read in (
        lambda: dynamo.get_item(**key),
        lambda: dynamo.scan(TableName=table),
        lambda: dynamo.query(
            TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "0"}}
        ),
        lambda: dynamo.batch_get_item(RequestItems={table: {"Keys": [row("0")]}}),
        lambda: dynamo.execute_statement(Statement=statement),
    ):
        with refused("ProvisionedThroughputExceededException") as error:
            read()
        assert reasons(error) == ["TableReadProvisionedThroughputExceeded"]
    with refused("TransactionCanceledException", "ProvisionedThroughputExceeded"):
        dynamo.transact_get_items(TransactItems=gets)
    dynamo.put_item(TableName=table, Item=row("4"))
    server.advance(100)
    dynamo.get_item(**key)


def test_a_batch_leaves_what_is_beyond_its_throughput(server: LocalServer, dynamo: Any) -> None:
    first, other = make_table(dynamo, "first", UNIT), make_table(dynamo, "other", MANY)
    dynamo.put_item(TableName=first, Item=row("a", data=LARGE))
    request = {"PutRequest": {"Item": row("b", n={"N": "1"})}}
    answer = dynamo.batch_write_item(RequestItems={first: [request], other: [request]})
    assert answer["UnprocessedItems"] == {first: [request]}
    dynamo.scan(TableName=first, ConsistentRead=True)
    gets = [{"Get": {"TableName": first, "Key": row("a")}} for _ in range(1)]
    for _ in range(2):
        dynamo.transact_get_items(TransactItems=gets)
    keys = {"Keys": [row("b")]}
    answer = dynamo.batch_get_item(RequestItems={other: keys, first: keys})
    assert answer["UnprocessedKeys"] == {first: keys}


def test_a_global_index_that_is_full_stops_the_writes_of_its_table(server: LocalServer, dynamo: Any) -> None:
    narrow = {**index("by-by", "by"), "ProvisionedThroughput": UNIT}
    table = make_table(dynamo, "indexed", MANY, GlobalSecondaryIndexes=[narrow])
    dynamo.put_item(TableName=table, Item=row("a", by={"S": "x"}, data=LARGE))
    with refused("ProvisionedThroughputExceededException") as error:
        dynamo.put_item(TableName=table, Item=row("b"))
    assert reasons(error) == ["IndexWriteProvisionedThroughputExceeded"]
    dynamo.get_item(TableName=table, Key=row("a"))


def test_on_demand_tables_have_the_most_that_is_set(server: LocalServer, dynamo: Any) -> None:
    most = {"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": 1}
    table = make_table(dynamo, "bounded", None, OnDemandThroughput=most)
    dynamo.put_item(TableName=table, Item=row("a", data=LARGE))
    with refused("ThrottlingException") as error:
        dynamo.put_item(TableName=table, Item=row("b"))
    assert reasons(error) == ["TableWriteMaxOnDemandThroughputExceeded"]
    free = make_table(dynamo, "free", None)
    for _ in range(3):
        dynamo.put_item(TableName=free, Item=row("a", data=LARGE))
    dynamo.update_table(TableName=table, OnDemandThroughput={"MaxWriteRequestUnits": -1})
    dynamo.put_item(TableName=table, Item=row("b"))
    with pytest.raises(ClientError):
        dynamo.put_item(TableName="nothing", Item=row("b"))
