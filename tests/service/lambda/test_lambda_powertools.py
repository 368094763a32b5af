"""AWS Lambda Powertools, unchanged and in the function's zip: idempotency, parameters, batches."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.kit.functions import LOGS, SQS, arrive, client, make_queue, make_role, receive, run
from tests.kit.tables import make_table, row

from penstock.testing import LocalServer

sys.path.insert(0, str(Path(__file__).parents[3] / "examples"))
from aws import package  # type: ignore[import-not-found]

LIBRARIES = ("aws-lambda-powertools", "jmespath", "typing_extensions")


@pytest.fixture
def make(server: LocalServer, tmp_path: Path) -> Any:
    """Returns what makes a function of some source with Powertools in its zip, and what it may do."""

    def made(name: str, source: str, *may: str) -> str:
        path = tmp_path / "app.py"
        path.write_text(source)
        client(server, "lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="app.handler",
            Role=make_role(server, f"{name}-role", *LOGS, *may),
            Code={"ZipFile": package(path, *LIBRARIES)},
            Timeout=60,
            Environment={"Variables": {"POWERTOOLS_METRICS_NAMESPACE": "tests"}},
        )
        arrive(server)
        return name

    return made


ONCE = """
import os, uuid, aws_lambda_powertools
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent

config = IdempotencyConfig(
    event_key_jmespath="order", payload_validation_jmespath="amount", raise_on_no_idempotency_key=True
)

@idempotent(persistence_store=DynamoDBPersistenceLayer(table_name="once"), config=config)
def handler(event, context):
    if event.get("fails"):
        raise RuntimeError("not yet")
    if event.get("again"):
        return handler({"order": event["order"], "amount": event["amount"]}, context)
    ours = aws_lambda_powertools.__file__.startswith(os.environ["LAMBDA_TASK_ROOT"])
    return {"number": str(uuid.uuid4()), "ours": ours}
"""
USES = ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


@pytest.fixture(scope="module")
def once(server: LocalServer) -> Any:
    """The table that the pages of Powertools describe."""
    dynamo = client(server, "dynamodb")
    dynamo.create_table(
        TableName="once",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    expiry = {"Enabled": True, "AttributeName": "expiration"}
    dynamo.update_time_to_live(TableName="once", TimeToLiveSpecification=expiry)
    return dynamo


def test_idempotency_does_each_order_once(server: LocalServer, make: Any, once: Any) -> None:
    name = make("once", ONCE, *USES)
    first, again, other = (
        run(server, name, {"order": order, "amount": 5})["Payload"] for order in ("a", "a", "b")
    )
    assert first == again
    assert first["ours"]
    assert first["number"] != other["number"]
    changed = run(server, name, {"order": "a", "amount": 6})["Payload"]
    assert changed["errorType"] == "IdempotencyValidationError"
    assert run(server, name, {"amount": 5})["Payload"]["errorType"] == "IdempotencyKeyError"
    failed = run(server, name, {"order": "c", "amount": 5, "fails": True})["Payload"]
    assert failed["errorMessage"] == "not yet"
    assert run(server, name, {"order": "c", "amount": 5})["Payload"]["number"]
    assert {item["status"]["S"] for item in once.scan(TableName="once")["Items"]} == {"COMPLETED"}


def test_idempotency_refuses_what_is_under_way(server: LocalServer, make: Any, once: Any) -> None:
    name = make("within", ONCE, *USES)
    answer = run(server, name, {"order": "d", "amount": 5, "again": True})["Payload"]
    assert answer["errorType"] == "IdempotencyAlreadyInProgressError"


PARAMETERS = """
from aws_lambda_powertools.utilities import parameters

table = parameters.DynamoDBProvider(table_name="settings")
tree = parameters.DynamoDBProvider(table_name="settings-tree")

def handler(event, context):
    parameters.set_parameter(name="/ward/written", value="by the function", overwrite=True)
    parameters.set_secret(name="ward-written", value="by the function")
    return {
        "parameter": parameters.get_parameter("/ward/beds"),
        "json": parameters.get_parameter("/ward/rules", transform="json"),
        "secure": parameters.get_parameter("/ward/key", decrypt=True),
        "tree": parameters.get_parameters("/ward", recursive=True, decrypt=True),
        "named": parameters.get_parameters_by_name({"/ward/beds": {}, "/ward/none": {}}, raise_on_error=False),
        "secret": parameters.get_secret("ward", transform="json"),
        "written": parameters.get_secret("ward-written"),
        "item": table.get("beds"),
        "items": tree.get_multiple("ward"),
    }
"""


def test_parameters_come_from_ssm_secrets_and_tables(server: LocalServer, make: Any) -> None:
    ssm, dynamo = client(server, "ssm"), client(server, "dynamodb")
    for name, kind, value in [
        ("beds", "String", "12"),
        ("rules", "String", '{"visits": false}'),
        ("key", "SecureString", "hidden"),
        ("deep/er", "StringList", "a,b"),
    ]:
        ssm.put_parameter(Name=f"/ward/{name}", Type=kind, Value=value)
    client(server, "secretsmanager").create_secret(Name="ward", SecretString='{"user": "ada"}')
    for table, keys in [("settings", ["id"]), ("settings-tree", ["id", "sk"])]:
        dynamo.create_table(
            TableName=table,
            KeySchema=[
                {"AttributeName": key, "KeyType": kind}
                for key, kind in zip(keys, ["HASH", "RANGE"], strict=False)
            ],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    dynamo.put_item(TableName="settings", Item={"id": {"S": "beds"}, "value": {"S": "13"}})
    for key in "ab":
        item = {"id": {"S": "ward"}, "sk": {"S": key}, "value": {"S": key.upper()}}
        dynamo.put_item(TableName="settings-tree", Item=item)

    name = make("reads", PARAMETERS, "ssm:*", "secretsmanager:*", "dynamodb:GetItem", "dynamodb:Query")
    assert run(server, name)["Payload"] == {
        "parameter": "12",
        "json": {"visits": False},
        "secure": "hidden",
        "tree": {
            "beds": "12",
            "rules": '{"visits": false}',
            "key": "hidden",
            "deep/er": "a,b",
            "written": "by the function",
        },
        "named": {"/ward/beds": "12", "_errors": ["/ward/none"]},
        "secret": {"user": "ada"},
        "written": "by the function",
        "item": "13",
        "items": {"a": "A", "b": "B"},
    }
    assert ssm.get_parameter(Name="/ward/written")["Parameter"]["Value"] == "by the function"


BATCHES = """
import json, boto3
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor, EventType, SqsFifoPartialProcessor, process_partial_response
)

sqs = boto3.client("sqs")
KINDS = {{
    "queue": BatchProcessor(event_type=EventType.SQS),
    "fifo": SqsFifoPartialProcessor(),
    "stream": BatchProcessor(event_type=EventType.DynamoDBStreams),
}}

def name_of(record):
    if {kind!r} == "stream":
        return record.dynamodb.new_image["pk"]
    return record.body

def work(record):
    name = name_of(record)
    if name.startswith("bad"):
        raise ValueError(name)
    sqs.send_message(QueueUrl={told!r}, MessageBody=name)

def handler(event, context):
    return process_partial_response(
        event=event, record_handler=work, processor=KINDS[{kind!r}], context=context
    )
"""


def feed(server: LocalServer, function: str, source: str, **settings: Any) -> None:
    """Feeds the function from a queue or stream, whose failures it reports."""
    client(server, "lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=source,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        **settings,
    )
    arrive(server)


def told_of(server: LocalServer, url: str) -> list[str]:
    server.settle()
    return [message["Body"] for message in receive(server, url)]


def test_of_a_queues_batch_only_what_fails_comes_again(server: LocalServer, make: Any) -> None:
    told, _ = make_queue(server, "plain-told")
    dead, dead_arn = make_queue(server, "plain-dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    url, arn = make_queue(server, "plain", VisibilityTimeout="60", RedrivePolicy=redrive)
    names = ["a", "bad", "b"]
    entries = [{"Id": name, "MessageBody": name} for name in names]
    client(server, "sqs").send_message_batch(QueueUrl=url, Entries=entries)
    feed(server, make("plain", BATCHES.format(kind="queue", told=told), *SQS), arn)
    assert sorted(told_of(server, told)) == ["a", "b"]
    server.advance(61)
    assert told_of(server, told) == []
    assert told_of(server, dead) == ["bad"]


def test_of_a_fifo_queues_batch_nothing_goes_on_behind_what_fails(server: LocalServer, make: Any) -> None:
    told, _ = make_queue(server, "ordered-told")
    dead, dead_arn = make_queue(server, "ordered-dead.fifo", FifoQueue="true")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = make_queue(
        server,
        "ordered.fifo",
        FifoQueue="true",
        ContentBasedDeduplication="true",
        VisibilityTimeout="60",
        RedrivePolicy=redrive,
    )
    entries = [{"Id": name, "MessageBody": name, "MessageGroupId": "g"} for name in ("a", "bad", "b")]
    client(server, "sqs").send_message_batch(QueueUrl=url, Entries=entries)
    feed(server, make("ordered", BATCHES.format(kind="fifo", told=told), *SQS), arn)
    assert told_of(server, told) == ["a"]
    later = []
    for _ in range(2):
        server.advance(61)
        later += told_of(server, told)
    assert later == []
    assert told_of(server, dead) == ["bad", "b"]  # what waits behind it has been received as often


def test_of_a_streams_batch_what_fails_is_given_up_and_nothing_comes_twice(
    server: LocalServer, make: Any
) -> None:
    told, _ = make_queue(server, "changes-told")
    dynamo = client(server, "dynamodb")
    streamed = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    table = make_table(dynamo, StreamSpecification=streamed)
    for name in ("a", "bad", "b"):
        dynamo.put_item(TableName=table, Item=row(name))
    stream = dynamo.describe_table(TableName=table)["Table"]["LatestStreamArn"]
    reads = [
        f"dynamodb:{name}" for name in ("GetRecords", "GetShardIterator", "DescribeStream", "ListStreams")
    ]
    function = make("changes", BATCHES.format(kind="stream", told=told), *SQS, *reads)
    feed(server, function, stream, StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=0)
    assert told_of(server, told) == ["a", "b"]
    assert told_of(server, told) == []
