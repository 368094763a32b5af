"""Functions' dead letters and destinations as publishers."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import make_function, receive
from tests.kit.topics import make_topic, subscribe, subscribed_queue

from penstock.testing import LocalServer

FAILS = "def handler(event, context):\n    raise ValueError(event)\n"


def told(server: LocalServer, url: str) -> dict[str, Any]:
    """Returns the envelope of the one message in the queue."""
    server.settle()
    (message,) = receive(server, url)
    found: dict[str, Any] = json.loads(message["Body"])
    return found


def test_an_event_that_a_function_cannot_process_is_published_as_a_dead_letter(server: LocalServer) -> None:
    topic = make_topic(server, "letters")
    url, _ = subscribed_queue(server, topic, "letters")
    make_function(server, "fails", FAILS, may=["sns:Publish"], DeadLetterConfig={"TargetArn": topic})
    client = server.client("lambda")
    client.put_function_event_invoke_config(FunctionName="fails", MaximumRetryAttempts=0)
    client.invoke(FunctionName="fails", InvocationType="Event", Payload=b'"bad"')
    found = told(server, url)
    assert found["Message"] == '"bad"'
    assert found["MessageAttributes"]["ErrorMessage"] == {"Type": "String", "Value": "bad"}


def test_what_a_function_has_done_is_published_to_its_destination(server: LocalServer) -> None:
    topic = make_topic(server, "done")
    url, _ = subscribed_queue(server, topic, "done")
    make_function(server, "works", "def handler(event, context):\n    return event\n", may=["sns:Publish"])
    client = server.client("lambda")
    client.put_function_event_invoke_config(
        FunctionName="works", DestinationConfig={"OnSuccess": {"Destination": topic}}
    )
    client.invoke(FunctionName="works", InvocationType="Event", Payload=b'"good"')
    record = json.loads(told(server, url)["Message"])
    assert (record["requestContext"]["condition"], record["responsePayload"]) == ("Success", "good")


LOOPS = """
import boto3
def handler(event, context):
    boto3.client("sns").publish(TopicArn=%r, Message="again")
"""


def test_a_function_that_publishes_to_its_own_topic_is_stopped(server: LocalServer) -> None:
    topic = make_topic(server, "loop")
    function = make_function(server, "loops", LOOPS % topic, may=["sns:Publish"])["FunctionArn"]
    server.client("lambda").add_permission(
        FunctionName="loops", StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com"
    )
    subscribe(server, topic, "lambda", function)
    server.client("sns").publish(TopicArn=topic, Message="go")
    server.settle()
    events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/loops")["events"]
    assert sum(event["message"].startswith("START") for event in events) == 16


def test_a_role_that_may_not_publish_is_refused(server: LocalServer) -> None:
    topic = make_topic(server, "forbidden")
    with pytest.raises(ClientError, match="does not have permissions to call Publish on SNS"):
        make_function(server, "mute", FAILS, DeadLetterConfig={"TargetArn": topic})
