"""Requests that no client library would send: each is answered in DynamoDB's shape, none is a crash."""

import json
from typing import Any

import pytest
from tests.kit.tables import make_table, row

from penstock.access import sign
from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

TARGET = "DynamoDB_20120810"


@pytest.fixture(scope="module")
def table(server: LocalServer) -> str:
    return make_table(server.client("dynamodb"))


def post(server: LocalServer, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Returns status and answer of a request that nothing has checked before it was sent."""
    import urllib.error
    import urllib.request

    now_ms = server.clock.__class__().now_ms()
    given = {"X-Amz-Target": f"{TARGET}.{operation}", "Content-Type": "application/x-amz-json-1.0"}
    headers = sign(
        "POST", f"{server.endpoint}/", given, body, access_key_id=ACCESS_KEY_ID, secret=SECRET,
        service="dynamodb", region=REGION, now_ms=now_ms,
    )  # fmt: skip
    request = urllib.request.Request(f"{server.endpoint}/", body, headers | given, method="POST")
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


ITEMS: list[Any] = [
    {"pk": {"S": 1}},
    {"pk": {"N": 1}},
    {"pk": {"B": "not base64!"}},
    {"pk": {"S": None}},
    {"pk": "text"},
    {"pk": []},
    {"pk": {"X": "y"}},
    {"pk": {"S": "a", "N": "1"}},
    {"pk": {"L": {}}},
    {"pk": {"S": "a"}, "x": {"SS": "a"}},
    {"pk": {"S": "a"}, "x": {"BS": ["!"]}},
    {"pk": {"S": "a"}, "x": {"NULL": "yes"}},
    {"pk": {"S": "a"}, "x": {"N": "NaN"}},
    {"pk": {"S": "a"}, "x": {"N": "Infinity"}},
    {"pk": {"S": "a"}, "x": {"N": "1_000"}},
    {"pk": {"S": "a"}, "x": {"N": "٣"}},
    {"pk": {"S": "a"}, "x": {"N": " 1"}},
    {"pk": {"S": "a"}, "x": {"N": "1e99999999999"}},
    {"pk": {"S": "a"}, "x": {"N": ""}},
    {"pk": {"S": "a"}, "x": {"M": {"": {}}}},
]


@pytest.mark.parametrize("item", ITEMS, ids=map(str, range(len(ITEMS))))
@pytest.mark.parametrize("operation", ["PutItem", "GetItem", "DeleteItem"])
def test_a_value_of_another_shape_is_refused(
    server: LocalServer, table: str, operation: str, item: Any
) -> None:
    member = "Item" if operation == "PutItem" else "Key"
    status, answer = post(server, operation, json.dumps({"TableName": table, member: item}).encode())
    assert status == 400
    assert answer["__type"].endswith(("#ValidationException", "#SerializationException"))


BODIES: list[tuple[str, Any]] = [
    ("PutItem", []),
    ("PutItem", {}),
    ("PutItem", {"TableName": "x" * 2000, "Item": {}}),
    ("PutItem", {"TableName": "a\x00b", "Item": {}}),
    ("GetItem", {"TableName": "arn:aws:dynamodb:us-east-1::table/x", "Key": {}}),
    ("GetItem", {"TableName": "arn:aws:dynamodb:us-east-1:1:table/x/index/y", "Key": {}}),
    ("GetItem", {"TableName": "arn:aws:sqs:us-east-1:1:x", "Key": {}}),
    ("GetItem", {"TableName": ["TABLE"], "Key": {}}),
    ("Query", {"TableName": "TABLE"}),
    ("Query", {"TableName": "TABLE", "KeyConditionExpression": "("}),
    ("Query", {"TableName": "TABLE", "KeyConditionExpression": "pk = :p", "Limit": 0}),
    ("Query", {"TableName": "TABLE", "KeyConditionExpression": "pk = :p", "Limit": 10**30}),
    ("Scan", {"TableName": "TABLE", "Segment": -1, "TotalSegments": 2}),
    ("Scan", {"TableName": "TABLE", "Segment": 0, "TotalSegments": 1_000_001}),
    ("Scan", {"TableName": "TABLE", "FilterExpression": "(" * 10_000}),
    ("Scan", {"TableName": "TABLE", "FilterExpression": "NOT " * 10_000 + "a"}),
    ("Scan", {"TableName": "TABLE", "ExclusiveStartKey": {"pk": {"N": "1"}}}),
    ("Scan", {"TableName": "TABLE", "ExclusiveStartKey": {"pk": {"S": ""}}}),
    ("BatchGetItem", {"RequestItems": {}}),
    ("BatchGetItem", {"RequestItems": {"TABLE": {"Keys": []}}}),
    ("BatchWriteItem", {"RequestItems": {"TABLE": [{}]}}),
    ("BatchWriteItem", {"RequestItems": {"TABLE": [{"PutRequest": {}}]}}),
    ("TransactWriteItems", {"TransactItems": []}),
    ("TransactWriteItems", {"TransactItems": [{"Put": {}}]}),
    ("TransactGetItems", {"TransactItems": [{}]}),
    ("UpdateTimeToLive", {"TableName": "TABLE", "TimeToLiveSpecification": {"Enabled": True}}),
    ("TagResource", {"ResourceArn": "x", "Tags": []}),
    ("CreateTable", {"TableName": "TABLE"}),
    ("CreateTable", {"TableName": "other", "AttributeDefinitions": [], "KeySchema": []}),
    ("UpdateTable", {"TableName": "TABLE", "GlobalSecondaryIndexUpdates": [{}]}),
    ("PutResourcePolicy", {"ResourceArn": "x", "Policy": "{}"}),
]


@pytest.mark.parametrize(("operation", "body"), BODIES, ids=map(str, range(len(BODIES))))
def test_a_request_of_another_shape_is_refused(
    server: LocalServer, table: str, operation: str, body: Any
) -> None:
    status, answer = post(server, operation, json.dumps(body).replace("TABLE", table).encode())
    assert (status, "__type" in answer) == (400, True), answer


@pytest.mark.parametrize("kind", ["L", "M"])
def test_a_value_that_is_nested_without_end_is_refused(server: LocalServer, table: str, kind: str) -> None:
    opening, closing = {"L": ('{"L":[', "]}"), "M": ('{"M":{"a":', "}}")}[kind]
    for depth in (40, 120, 3000):
        value = opening * depth + '{"S":"x"}' + closing * depth
        body = f'{{"TableName":"{table}","Item":{{"pk":{{"S":"deep"}},"x":{value}}}}}'
        status, answer = post(server, "PutItem", body.encode())
        assert (status, "__type" in answer) == (400, True)
    assert "Item" not in server.client("dynamodb").get_item(TableName=table, Key=row("deep"))


def test_a_name_that_is_any_text_is_kept(server: LocalServer, table: str) -> None:
    dynamo = server.client("dynamodb")
    names = ["", "a b", "é", "\x00", "#:.[0]", "SELECT", "😀", "x" * 60_000]
    item = row("names", **{name: {"S": name} for name in names})
    dynamo.put_item(TableName=table, Item=item)
    assert dynamo.get_item(TableName=table, Key=row("names"))["Item"] == item
