"""CloudWatch is told of each function how often it ran, failed, was throttled, and what became of its events."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import SQS, client, make_function
from tests.kit.measured import by_name, still_server, sums, taken

from penstock.testing import LocalServer

LAMBDA = "AWS/Lambda"
FAILS = "def handler(event, context):\n    raise ValueError('no')\n"
WORKS = "def handler(event, context):\n    return 1\n"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with still_server() as server:
        yield server


def test_runs_are_counted_by_function_and_for_the_account(server: LocalServer) -> None:
    for name, source in (("works", WORKS), ("fails", FAILS)):
        make_function(server, name, source)
        client(server, "lambda").invoke(FunctionName=name)
    measured = taken(server)
    works = by_name(measured, LAMBDA, FunctionName="works")
    assert (works["Invocations"].sum, works["Errors"].sum, works["Errors"].count) == (1, 0, 1)
    assert works["Duration"].count == 1
    assert works["Duration"].sum > 0
    assert works["ConcurrentExecutions"].maximum == 1
    assert sums(measured, LAMBDA, FunctionName="fails") | {"Duration": 0} == {
        "ConcurrentExecutions": 1,
        "Duration": 0,
        "Errors": 1,
        "Invocations": 1,
    }
    everything = by_name(measured, LAMBDA)
    assert (everything["Invocations"].sum, everything["Errors"].sum) == (2, 1)


def test_an_invocation_that_finds_no_execution_is_throttled_and_no_invocation(server: LocalServer) -> None:
    make_function(server, "off", WORKS)
    client(server, "lambda").put_function_concurrency(FunctionName="off", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError):
        client(server, "lambda").invoke(FunctionName="off")
    assert sums(taken(server), LAMBDA, FunctionName="off") == {"Throttles": 1}


def test_an_event_is_told_of_from_its_arrival_to_its_dead_letter(server: LocalServer) -> None:
    queue = client(server, "sqs").create_queue(QueueName="dead")["QueueUrl"]
    arn = client(server, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    make_function(
        server, "fails", FAILS, may=SQS, DeadLetterConfig={"TargetArn": arn["Attributes"]["QueueArn"]}
    )
    client(server, "lambda").invoke(FunctionName="fails", InvocationType="Event")
    for seconds in (0, 60, 120):
        server.advance(seconds)
        server.settle()
    found = by_name(taken(server), LAMBDA, FunctionName="fails")
    assert {name: values.sum for name, values in found.items() if name != "Duration"} == {
        "AsyncEventAge": 0 + 60_000 + 180_000,
        "AsyncEventsDropped": 1,
        "AsyncEventsReceived": 1,
        "ConcurrentExecutions": 3,
        "Errors": 3,
        "Invocations": 3,
        "Throttles": 0,
    }


def test_a_dead_letter_queue_that_is_gone_is_an_error(server: LocalServer) -> None:
    queue = client(server, "sqs").create_queue(QueueName="dead")["QueueUrl"]
    arn = client(server, "sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    queue_arn = arn["Attributes"]["QueueArn"]
    make_function(server, "fails", FAILS, may=SQS, DeadLetterConfig={"TargetArn": queue_arn})
    client(server, "lambda").put_function_event_invoke_config(
        FunctionName="fails",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue_arn}},
    )
    client(server, "sqs").delete_queue(QueueUrl=queue)
    client(server, "lambda").invoke(FunctionName="fails", InvocationType="Event")
    server.settle()
    found = sums(taken(server), LAMBDA, FunctionName="fails")
    assert (found["DeadLetterErrors"], found["DestinationDeliveryFailures"]) == (1, 1)
    assert found["AsyncEventsDropped"] == 1


def test_an_outcome_is_told_for_the_minute_in_which_the_run_began(server: LocalServer) -> None:
    make_function(server, "works", WORKS)
    client(server, "lambda").invoke(FunctionName="works")
    minutes = {one.minute_s for one in taken(server) if one.series.name == "Invocations"}
    assert minutes == {1_800_000_000}
