"""Who may do what with a table: actions, condition keys, resource policies, other accounts."""

import json
from typing import Any

import boto3
import pytest
from tests.kit.functions import make_role
from tests.kit.policies import document
from tests.kit.tables import index, make_table, refused, row

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config

OTHER = "111111111111"
OTHER_KEY = "AKIAPENSTOCKOTHERAC1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
    ],
}
Client = Any


@pytest.fixture(scope="module")
def server() -> Any:
    mine = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:penstock-testing-secret"
    with LocalServer(accounts=f"{mine},{OTHER}:{OTHER_KEY}:other-secret") as running:
        yield running


@pytest.fixture(scope="module")
def dynamo(server: LocalServer) -> Client:
    return server.client("dynamodb")


def client(server: LocalServer, key: str, secret: str, token: str | None = None) -> Client:
    return boto3.client(
        "dynamodb",
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=client_config(),
    )


def as_role(server: LocalServer, name: str, *statements: dict[str, Any]) -> Client:
    """Returns a client of a new role that may do what the statements say."""
    role = make_role(server, name, trust=TRUST)
    server.client("iam").put_role_policy(
        RoleName=name, PolicyName="may", PolicyDocument=document(*statements)
    )
    given = server.client("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    return client(server, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def allow(
    table: str, *actions: str, condition: dict[str, Any] | None = None, rest: str = ""
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Action": [f"dynamodb:{action}" for action in actions],
        "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}{rest}",
    }
    return {**statement, "Condition": condition} if condition else statement


def test_a_role_that_may_put_may_do_nothing_else(server: LocalServer, dynamo: Client) -> None:
    table = make_table(dynamo)
    role = as_role(server, "putter", allow(table, "PutItem"))
    role.put_item(TableName=table, Item=row("a"))
    with refused(
        "AccessDeniedException",
        rf"User: arn:aws:sts::{ACCOUNT}:assumed-role/putter/me is not authorized to perform: dynamodb:GetItem on "
        rf"resource: arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table} because no identity-based policy allows the "
        "dynamodb:GetItem action",
    ):
        role.get_item(TableName=table, Key=row("a"))
    with refused("AccessDeniedException", "dynamodb:BatchWriteItem"):
        role.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": row("a")}}]})


def test_a_role_keeps_to_its_own_partitions(server: LocalServer, dynamo: Client) -> None:
    table = make_table(dynamo, "pk", "sk")
    own = {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    actions = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem")
    role = as_role(server, "owner", allow(table, *actions, condition=own))

    def query(pk: str) -> Any:
        return role.query(
            TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": pk}}
        )

    role.put_item(TableName=table, Item=row("mine", 1))
    assert query("mine")["Count"] == 1
    assert role.batch_get_item(RequestItems={table: {"Keys": [row("mine", 1)]}})["Responses"][table]
    role.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": row("mine", 2)}}])
    with refused("AccessDeniedException"):
        role.put_item(TableName=table, Item=row("theirs", 1))
    with refused("AccessDeniedException"):
        query("theirs")
    with refused("AccessDeniedException"):
        role.batch_get_item(RequestItems={table: {"Keys": [row("mine", 1), row("theirs", 1)]}})
    with refused("AccessDeniedException"):
        role.batch_write_item(
            RequestItems={
                table: [
                    {"PutRequest": {"Item": row("mine", 3)}},
                    {"DeleteRequest": {"Key": row("theirs", 1)}},
                ]
            }
        )
    with refused("AccessDeniedException"):
        role.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": table, "Item": row("mine", 4)}},
                {"Delete": {"TableName": table, "Key": row("theirs", 1)}},
            ]
        )
    assert dynamo.scan(TableName=table)["Count"] == 2


def test_a_role_sees_only_the_attributes_that_it_may(server: LocalServer, dynamo: Client) -> None:
    table = make_table(dynamo)
    dynamo.put_item(TableName=table, Item=row("a", open={"S": "1"}, secret={"S": "2"}))
    only = {
        "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "open"]},
        "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
    }
    role = as_role(server, "reader", allow(table, "GetItem", "Scan", condition=only))
    names = {"#o": "open"}
    found = role.get_item(
        TableName=table, Key=row("a"), ProjectionExpression="#o", ExpressionAttributeNames=names
    )
    assert found["Item"] == {"open": {"S": "1"}}
    with refused("AccessDeniedException"):
        role.get_item(TableName=table, Key=row("a"))
    with refused("AccessDeniedException"):
        role.get_item(TableName=table, Key=row("a"), ProjectionExpression="secret")
    with refused("AccessDeniedException"):
        role.scan(
            TableName=table,
            ProjectionExpression="#o",
            FilterExpression="secret = :s",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":s": {"S": "2"}},
        )


def test_a_role_writes_in_transactions_alone(server: LocalServer, dynamo: Client) -> None:
    table = make_table(dynamo)
    only = {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}}
    role = as_role(server, "transactor", allow(table, "PutItem", condition=only))
    role.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": row("a")}}])
    with refused("AccessDeniedException"):
        role.put_item(TableName=table, Item=row("a"))


def test_an_index_is_a_resource_of_its_own(server: LocalServer, dynamo: Client) -> None:
    table = make_table(dynamo, GlobalSecondaryIndexes=[index("by-by", "by")])
    role = as_role(server, "indexed", allow(table, "Scan", rest="/index/*"))
    role.scan(TableName=table, IndexName="by-by")
    with refused("AccessDeniedException", "/index/by-by") as denied:
        role.query(
            TableName=table,
            IndexName="by-by",
            KeyConditionExpression="#by = :v",
            ExpressionAttributeNames={"#by": "by"},
            ExpressionAttributeValues={":v": {"S": "x"}},
        )
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with refused("AccessDeniedException"):
        role.scan(TableName=table)


def test_another_account_uses_a_table_whose_policy_lets_it(server: LocalServer, dynamo: Client) -> None:
    table = make_table(dynamo)
    dynamo.put_item(TableName=table, Item=row("a"))
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}"
    other = client(server, OTHER_KEY, "other-secret")
    with refused(
        "AccessDeniedException", "because no resource-based policy allows the dynamodb:GetItem action"
    ):
        other.get_item(TableName=arn, Key=row("a"))
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": "dynamodb:GetItem",
        "Resource": arn,
    }
    dynamo.put_resource_policy(ResourceArn=arn, Policy=document(statement))
    assert other.get_item(TableName=arn, Key=row("a"))["Item"] == row("a")
    with refused("AccessDeniedException"):
        other.put_item(TableName=arn, Item=row("b"))
    with refused("ResourceNotFoundException"):
        other.get_item(TableName=table, Key=row("a"))  # by name it is one of their own


def test_a_policy_that_is_none_is_refused(dynamo: Client) -> None:
    arn = dynamo.describe_table(TableName=make_table(dynamo))["Table"]["TableArn"]
    for policy in ("{", "[]", json.dumps({"Version": "2012-10-17", "Statement": []})):
        with refused("ValidationException", "Invalid policy document"):
            dynamo.put_resource_policy(ResourceArn=arn, Policy=policy)


def test_a_tag_of_the_table_counts_in_policies(server: LocalServer, dynamo: Client) -> None:
    red, blue = (make_table(dynamo, Tags=[{"Key": "team", "Value": team}]) for team in ("red", "blue"))
    condition = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    role = as_role(server, "tagged", allow("*", "DescribeTable", condition=condition))
    role.describe_table(TableName=red)
    with refused("AccessDeniedException"):
        role.describe_table(TableName=blue)
