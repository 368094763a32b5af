"""Loops: functions that cause themselves to run again."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import SQS, client, make_function, make_queue, receive

from penstock.app.commands import trace
from penstock.testing import LocalServer

# Each writes what triggers it, and names the run it is.
WRITES_ITS_TRIGGER = """
import boto3
def handler(event, context):
    s3 = event["Records"][0]["s3"]
    number = int(s3["object"]["key"]) + 1
    if number < 40:
        boto3.client("s3").put_object(Bucket=s3["bucket"]["name"], Key=str(number), Body=b"again")
"""
SENDS_TO_ITS_SOURCE = """
import boto3
def handler(event, context):
    for record in event["Records"]:
        number = int(record["body"]) + 1
        if 0 < number < 40:
            boto3.client("sqs").send_message(QueueUrl=%r, MessageBody=str(number))
"""
INVOKES_ITSELF = """
import boto3, json
def handler(event, context):
    kind = "RequestResponse" if event["run"] == 16 else "Event"
    try:
        boto3.client("lambda").invoke(
            FunctionName=context.function_name,
            InvocationType=kind,
            Payload=json.dumps({**event, "run": event["run"] + 1}),
        )
    except Exception as error:
        boto3.client("sqs").send_message(QueueUrl=event["tell"], MessageBody=type(error).__name__)
"""


def make_s3_loop(server: LocalServer, name: str, **settings: Any) -> Any:
    """Returns a client for a bucket whose new objects run a function that writes new objects."""
    s3, lambda_ = client(server, "s3"), client(server, "lambda")
    s3.create_bucket(Bucket=name)
    arn = make_function(server, name, WRITES_ITS_TRIGGER, may=("s3:PutObject", *SQS), **settings)[
        "FunctionArn"
    ]
    lambda_.add_permission(
        FunctionName=name, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    rule = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=name, NotificationConfiguration={"LambdaFunctionConfigurations": [rule]}
    )
    return s3


def keys(s3: Any, bucket: str) -> list[int]:
    return sorted(int(found["Key"]) for found in s3.list_objects_v2(Bucket=bucket)["Contents"])


def test_a_function_that_writes_what_triggers_it_is_stopped_after_16_runs(server: LocalServer) -> None:
    url, queue = make_queue(server, "loop-letters")
    s3 = make_s3_loop(server, "loop", DeadLetterConfig={"TargetArn": queue})

    s3.put_object(Bucket="loop", Key="0", Body=b"once")
    server.settle()

    assert keys(s3, "loop") == list(range(17))
    (letter,) = receive(server, url)
    assert json.loads(letter["Body"])["Records"][0]["s3"]["object"]["key"] == "16"
    assert "recursive loop" in letter["MessageAttributes"]["ErrorMessage"]["StringValue"]
    (story,) = server.wait(trace(server.app, {"bucket": "loop", "key": "16"}))["events"]
    (delivery,) = story["deliveries"]
    assert (delivery["state"], delivery["dead_letter"]) == ("dead", queue)
    assert "RecursiveInvocationException" in delivery["error"]


def test_another_change_begins_another_chain(server: LocalServer) -> None:
    s3 = make_s3_loop(server, "loop-twice")

    for _ in range(2):
        s3.put_object(Bucket="loop-twice", Key="0", Body=b"once")
        server.settle()
        s3.delete_object(Bucket="loop-twice", Key="16")

    assert keys(s3, "loop-twice") == list(range(16))
    s3.put_object(Bucket="loop-twice", Key="30", Body=b"once")
    server.settle()
    assert keys(s3, "loop-twice")[-10:] == list(range(30, 40))


def test_a_loop_that_is_allowed_goes_on(server: LocalServer) -> None:
    s3, lambda_ = make_s3_loop(server, "loop-allowed"), client(server, "lambda")
    assert lambda_.get_function_recursion_config(FunctionName="loop-allowed")["RecursiveLoop"] == "Terminate"

    answer = lambda_.put_function_recursion_config(FunctionName="loop-allowed", RecursiveLoop="Allow")

    assert answer["RecursiveLoop"] == "Allow"
    assert lambda_.get_function_recursion_config(FunctionName="loop-allowed")["RecursiveLoop"] == "Allow"
    s3.put_object(Bucket="loop-allowed", Key="0", Body=b"once")
    server.settle()
    assert keys(s3, "loop-allowed") == list(range(40))


def test_a_message_that_goes_round_ends_in_the_dead_letter_queue_and_the_others_of_its_batch_run(
    server: LocalServer,
) -> None:
    letters_url, letters = make_queue(server, "loop-queue-letters")
    policy = json.dumps({"deadLetterTargetArn": letters, "maxReceiveCount": 2})
    url, source = make_queue(server, "loop-queue", RedrivePolicy=policy, VisibilityTimeout="30")
    make_function(server, "loop-queue", SENDS_TO_ITS_SOURCE % url, may=SQS)
    client(server, "lambda").create_event_source_mapping(
        FunctionName="loop-queue", EventSourceArn=source, MaximumBatchingWindowInSeconds=0
    )

    client(server, "sqs").send_message(QueueUrl=url, MessageBody="0")
    server.settle()
    client(server, "sqs").send_message(QueueUrl=url, MessageBody="-5")  # sends nothing on
    for _ in range(3):
        server.advance(31)
        server.settle()

    assert [message["Body"] for message in receive(server, letters_url)] == ["16"]
    assert receive(server, url) == []


def test_a_function_that_invokes_itself_is_told_so(server: LocalServer) -> None:
    make_function(server, "loop-direct", INVOKES_ITSELF, may=("lambda:InvokeFunction", *SQS), Timeout=60)
    url, _ = make_queue(server, "loop-told")

    event = json.dumps({"run": 1, "tell": url})
    client(server, "lambda").invoke(FunctionName="loop-direct", InvocationType="Event", Payload=event)
    server.settle()

    assert [message["Body"] for message in receive(server, url)] == ["RecursiveInvocationException"]


def test_a_loop_is_set_for_functions_that_exist_and_to_what_aws_knows(server: LocalServer) -> None:
    lambda_ = client(server, "lambda")
    with pytest.raises(ClientError) as missing:
        lambda_.put_function_recursion_config(FunctionName="no-such", RecursiveLoop="Allow")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(ClientError) as wrong:
        lambda_.put_function_recursion_config(FunctionName="no-such", RecursiveLoop="Perhaps")
    assert wrong.value.response["Error"]["Code"] == "ValidationException"
