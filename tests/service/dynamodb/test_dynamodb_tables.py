"""Tables: made, described, changed, listed, tagged, deleted."""

from typing import Any

import pytest
from tests.kit.tables import definitions, index, key_schema, make_table, refused, row

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Any:
    return server.client("dynamodb")


def create(dynamo: Any, **params: Any) -> Any:
    given = {
        "TableName": "refused",
        "KeySchema": key_schema("pk"),
        "AttributeDefinitions": definitions("pk"),
        "BillingMode": "PAY_PER_REQUEST",
        **params,
    }
    return dynamo.create_table(**{name: value for name, value in given.items() if value is not None})


def test_a_table_is_being_created_when_it_is_answered_and_there_for_the_waiter(dynamo: Any) -> None:
    made = create(dynamo, TableName="fresh")["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    dynamo.get_waiter("table_exists").wait(TableName="fresh", WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    shown = dynamo.describe_table(TableName="fresh")["Table"]
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["TableArn"] == f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/fresh"
    assert shown["KeySchema"] == key_schema("pk")
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (0, 0)


def test_a_table_can_be_named_by_its_arn(dynamo: Any) -> None:
    name = make_table(dynamo)
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    dynamo.put_item(TableName=arn, Item=row("a"))
    assert dynamo.get_item(TableName=name, Key=row("a"))["Item"] == row("a")


def test_a_name_is_taken_once(dynamo: Any) -> None:
    name = make_table(dynamo)
    with refused("ResourceInUseException", f"Table already exists: {name}"):
        create(dynamo, TableName=name)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"TableName": "ab"}, "TableName must be at least 3 characters long"),
        ({"TableName": "a" * 256}, "at most 255 characters long"),
        ({"TableName": "a;b;c"}, "regular expression pattern: "),
        ({"KeySchema": key_schema("sk", "pk")}, "Some index key attributes are not defined"),
        (
            {"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]},
            "The first KeySchemaElement is not a HASH key type",
        ),
        ({"KeySchema": key_schema("pk", "pk")}, "have the same name"),
        ({"AttributeDefinitions": definitions("pk", "sk")}, "does not exactly match number of attributes"),
        ({"BillingMode": None}, "ReadCapacityUnits and WriteCapacityUnits must both be specified"),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified",
        ),
        ({"LocalSecondaryIndexes": []}, "List of LocalSecondaryIndexes is empty"),
        (
            {
                "LocalSecondaryIndexes": [index("local", "pk", "sk")],
                "AttributeDefinitions": definitions("pk", "sk"),
            },
            "does not have a range key, which is required",
        ),
        (
            {
                "GlobalSecondaryIndexes": [index("one", "by"), index("one", "by")],
                "AttributeDefinitions": definitions("pk", "by"),
            },
            "Duplicate index name: one",
        ),
        (
            {
                "GlobalSecondaryIndexes": [index("one", "by", include=("x",))],
                "AttributeDefinitions": definitions("pk", "by"),
            },
            "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            {
                "GlobalSecondaryIndexes": [index("one", "by")],
                "AttributeDefinitions": definitions("pk", "by", "at"),
            },
            "Some AttributeDefinitions are not used",
        ),
        ({"StreamSpecification": {"StreamEnabled": True}}, "StreamViewType is required"),
    ],
)
def test_a_table_that_cannot_be_is_refused_in_aws_words(
    dynamo: Any, params: dict[str, Any], text: str
) -> None:
    with refused("ValidationException", text):
        create(dynamo, **params)


def test_tables_are_listed_by_name_in_pages(server: LocalServer) -> None:
    dynamo = server.client("dynamodb", region_name="eu-west-1")
    for name in ("bbb", "aaa", "ccc"):
        create(dynamo, TableName=name)
    first = dynamo.list_tables(Limit=2)
    assert (first["TableNames"], first["LastEvaluatedTableName"]) == (["aaa", "bbb"], "bbb")
    rest = dynamo.list_tables(Limit=2, ExclusiveStartTableName="bbb")
    assert rest["TableNames"] == ["ccc"]
    assert "LastEvaluatedTableName" not in rest


def test_what_a_deleted_table_held_is_not_in_the_next_one_of_its_name(
    server: LocalServer, dynamo: Any
) -> None:
    name = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    dynamo.put_item(TableName=name, Item=row("a", by={"S": "x"}))
    assert dynamo.delete_table(TableName=name)["TableDescription"]["TableStatus"] == "DELETING"
    dynamo.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    with refused("ResourceNotFoundException", "Requested resource not found"):
        dynamo.get_item(TableName=name, Key=row("a"))
    create(dynamo, TableName=name)
    assert dynamo.scan(TableName=name)["Items"] == []


def test_a_protected_table_is_not_deleted(dynamo: Any) -> None:
    name = make_table(dynamo, DeletionProtectionEnabled=True)
    with refused("ValidationException", "protected against deletion"):
        dynamo.delete_table(TableName=name)
    dynamo.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamo.delete_table(TableName=name)


def test_an_operation_on_a_table_that_is_not_there_names_it(dynamo: Any) -> None:
    with refused("ResourceNotFoundException", "Table: missing not found"):
        dynamo.describe_table(TableName="missing")
    with refused("ResourceNotFoundException", "Requested resource not found$"):
        dynamo.put_item(TableName="missing", Item=row("a"))


def test_throughput_changes_when_it_is_another(dynamo: Any) -> None:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    create(dynamo, TableName="units", BillingMode="PROVISIONED", ProvisionedThroughput=units)
    with refused("ValidationException", "The requested value equals the current value"):
        dynamo.update_table(TableName="units", ProvisionedThroughput=units)
    changed = dynamo.update_table(TableName="units", ProvisionedThroughput={**units, "ReadCapacityUnits": 7})
    assert changed["TableDescription"]["TableStatus"] == "UPDATING"
    assert changed["TableDescription"]["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    changed = dynamo.update_table(TableName="units", BillingMode="PAY_PER_REQUEST")["TableDescription"]
    assert changed["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_an_update_of_nothing_is_refused(dynamo: Any) -> None:
    with refused("ValidationException", "At least one of ProvisionedThroughput"):
        dynamo.update_table(TableName=make_table(dynamo))


def test_tags_are_kept_with_the_table(dynamo: Any) -> None:
    name = make_table(dynamo, Tags=[{"Key": "a", "Value": "1"}])
    arn = dynamo.describe_table(TableName=name)["Table"]["TableArn"]
    dynamo.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    dynamo.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert dynamo.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_tags_come_in_pages_of_ten(dynamo: Any) -> None:
    tags = [{"Key": f"k{n}", "Value": ""} for n in range(12)]
    arn = dynamo.describe_table(TableName=make_table(dynamo, Tags=tags))["Table"]["TableArn"]
    pages = list(dynamo.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn))
    assert [len(page["Tags"]) for page in pages] == [10, 2]
    with refused("ValidationException", "NextToken"):
        dynamo.list_tags_of_resource(ResourceArn=arn, NextToken="nonsense")


def test_a_resource_policy_has_revisions(dynamo: Any) -> None:
    arn = dynamo.describe_table(TableName=make_table(dynamo))["Table"]["TableArn"]
    with refused("PolicyNotFoundException"):
        dynamo.get_resource_policy(ResourceArn=arn)
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},'
        f'"Action":"dynamodb:GetItem","Resource":"{arn}"}}]}}'
    )
    first = dynamo.put_resource_policy(ResourceArn=arn, Policy=policy)["RevisionId"]
    shown = dynamo.get_resource_policy(ResourceArn=arn)
    assert (shown["Policy"], shown["RevisionId"]) == (policy, first)
    with refused("PolicyNotFoundException"):
        dynamo.put_resource_policy(ResourceArn=arn, Policy=policy, ExpectedRevisionId="1")
    assert dynamo.delete_resource_policy(ResourceArn=arn)["RevisionId"] == first


def test_limits_and_endpoints_are_described(dynamo: Any, server: LocalServer) -> None:
    assert dynamo.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    [endpoint] = dynamo.describe_endpoints()["Endpoints"]
    assert server.endpoint.endswith(endpoint["Address"])


def test_point_in_time_recovery_is_off(dynamo: Any) -> None:
    described = dynamo.describe_continuous_backups(TableName=make_table(dynamo))
    recovery = described["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "DISABLED"


def test_a_stream_is_switched_on_and_off(dynamo: Any) -> None:
    name = make_table(dynamo)
    on = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    shown = dynamo.update_table(TableName=name, StreamSpecification=on)["TableDescription"]
    assert shown["StreamSpecification"] == on
    assert shown["LatestStreamArn"].endswith(f"/stream/{shown['LatestStreamLabel']}")
    with refused("ValidationException", "already has an enabled stream"):
        dynamo.update_table(TableName=name, StreamSpecification=on)
    off = dynamo.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})[
        "TableDescription"
    ]
    assert "StreamSpecification" not in off
    assert off["LatestStreamArn"] == shown["LatestStreamArn"]


def test_an_answer_carries_the_checksum_of_its_body(dynamo: Any) -> None:
    headers = dynamo.describe_limits()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-crc32"].isdecimal()
