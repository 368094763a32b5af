"""DynamoDB tables for tests."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from penstock.services.dynamodb.background import copier as copier_module
from penstock.testing import LocalServer
from tests.kit.functions import make_role

TYPES = {"pk": "S", "sk": "N", "by": "S", "at": "N"}
_numbers = itertools.count(1)

Item = dict[str, dict[str, Any]]


def key_schema(*names: str) -> list[dict[str, str]]:
    """Returns AWS's ``KeySchema`` of a partition key and, perhaps, a sort key."""
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]


def definitions(*names: str) -> list[dict[str, str]]:
    """Returns AWS's ``AttributeDefinitions``, the types as ``TYPES`` says."""
    return [{"AttributeName": name, "AttributeType": TYPES[name]} for name in dict.fromkeys(names)]


def index(name: str, *keys: str, projection: str = "ALL", include: tuple[str, ...] = ()) -> dict[str, Any]:
    """Returns AWS's description of an index."""
    shown: dict[str, Any] = {"ProjectionType": projection}
    if include:
        shown["NonKeyAttributes"] = list(include)
    return {"IndexName": name, "KeySchema": key_schema(*keys), "Projection": shown}


def make_table(client: Any, *keys: str, **options: Any) -> str:
    """Returns the name of a new table with these keys (pk when none are named) and indexes."""
    name = f"table-{next(_numbers)}"
    keys = keys or ("pk",)
    indexes = [*options.get("GlobalSecondaryIndexes", ()), *options.get("LocalSecondaryIndexes", ())]
    used = [element["AttributeName"] for found in indexes for element in found["KeySchema"]]
    client.create_table(
        TableName=name,
        KeySchema=key_schema(*keys),
        AttributeDefinitions=definitions(*keys, *used),
        BillingMode="PAY_PER_REQUEST",
        **options,
    )
    return name


def row(pk: str, sk: int | None = None, **more: dict[str, Any]) -> Item:
    """Returns an item, or a key."""
    item: Item = {"pk": {"S": pk}}
    if sk is not None:
        item["sk"] = {"N": str(sk)}
    return {**item, **more}


def refused(code: str, text: str = "") -> Any:
    """Returns what expects AWS's error with this code and a text that matches."""
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def client_of_role(server: LocalServer, name: str, service: str, *statements: dict[str, Any]) -> Any:
    """Returns a client of a new role that may do what the statements say."""
    anyone = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = make_role(server, name, trust={"Version": "2012-10-17", "Statement": [anyone]})
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    server.client("iam").put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document)
    keys = server.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return server.client(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def every_page(call: Any, **params: Any) -> list[Item]:
    """Returns the items of all pages of a Query or Scan."""
    found: list[Item] = []
    while True:
        answer = call(**params)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return found
        params["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


@contextmanager
def by_hand(server: LocalServer) -> Iterator[Callable[[], None]]:
    """Lets nothing copy tables meanwhile but what is yielded, one step of every copy at a time."""
    copier = server.app.service("dynamodb")._copier
    copier.wake = lambda: None

    def step() -> None:
        async def copy() -> None:
            for copy_id in await server.app.store.read(copier_module._running):
                await server.app.store.write(copier_module._step, copy_id, lambda: None)

        server.wait(copy())

    try:
        yield step
    finally:
        del copier.wake
