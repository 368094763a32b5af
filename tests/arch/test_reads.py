"""How many reads of the store the hot operations cost; condition keys cost one only when a policy names them."""

import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import boto3
import pytest
from tests.kit.functions import make_queue

from penstock.server import Request
from penstock.server.gateway import Gateway
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config
from penstock.wire import WireResponse

# The credential, and what is known of the bucket or the queue; GetObject reads the object besides.
READS = {"put": 2, "get": 3, "send": 2}
ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


class Caller:
    """A role whose policy changes, and the operations that it asks for."""

    def __init__(self, server: LocalServer) -> None:
        self._server = server
        self.queue, _ = make_queue(server, "reads")
        server.client("s3").create_bucket(Bucket="reads")
        trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made = server.client("iam").create_role(RoleName="reads", AssumeRolePolicyDocument=document)
        found = server.client("sts").assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="me")[
            "Credentials"
        ]
        self._keys = {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }
        self._s3, self._sqs = self._client("s3"), self._client("sqs")

    def may(self, *statements: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW, *statements]})
        self._server.client("iam").put_role_policy(RoleName="reads", PolicyName="p", PolicyDocument=document)

    def do(self, name: str) -> None:
        match name:
            case "put":
                self._s3.put_object(Bucket="reads", Key="k", Body=b"x")
            case "get":
                self._s3.get_object(Bucket="reads", Key="k")
            case "send":
                self._sqs.send_message(QueueUrl=self.queue, MessageBody="x")

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._server.endpoint,
            region_name=REGION,
            config=client_config(),
            **self._keys,
        )


@pytest.fixture(scope="module")
def caller(server: LocalServer) -> Caller:
    return Caller(server)


@pytest.fixture
def reads(
    server: LocalServer, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], int]]:
    """Returns a function that does an operation and returns how many reads it took."""
    count = 0
    serving = ContextVar("serving", default=False)
    read, handle = server.app.store.read, Gateway.handle

    async def marked(gateway: Gateway, request: Request) -> WireResponse:
        serving.set(True)
        return await handle(gateway, request)

    async def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += serving.get()  # the server reads for itself too
        return await read(*args, **kwargs)

    def taken(name: str) -> int:
        nonlocal count
        caller.do(name)  # what is remembered has been loaded
        count = 0
        caller.do(name)
        return count

    monkeypatch.setattr(server.app.store, "read", counted)
    monkeypatch.setattr(Gateway, "handle", marked)
    yield taken


def deny(**condition: Any) -> dict[str, Any]:
    return ALLOW | {"Effect": "Deny", "Condition": {"StringEquals": condition}}


def test_conditions_that_nobody_has_cost_no_read(caller: Caller, reads: Callable[[str], int]) -> None:
    caller.may()
    assert {name: reads(name) for name in READS} == READS


def test_tags_of_queues_and_buckets_are_remembered_with_them(
    caller: Caller, reads: Callable[[str], int]
) -> None:
    caller.may(deny(**{"aws:ResourceTag/team": "red"}), deny(**{"aws:RequestTag/team": "red"}))
    assert {name: reads(name) for name in READS} == READS


def test_an_object_s_tags_are_read_when_a_policy_names_them(
    caller: Caller, reads: Callable[[str], int]
) -> None:
    caller.may(deny(**{"s3:ExistingObjectTag/team": "red"}))
    assert {name: reads(name) for name in READS} == {**READS, "get": READS["get"] + 1}
