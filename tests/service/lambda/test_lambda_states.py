"""Functions that become active and mappings that become enabled, shortly after they were asked for.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html and
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html; texts as recorded from AWS.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import (
    LOGS,
    SQS,
    arrive,
    client,
    make_function,
    make_queue,
    make_role,
    receive,
    zip_of,
)

from penstock.testing import LocalServer

ONE = "def handler(event, context):\n    return 1\n"
AT_ONCE = {"Delay": 0, "MaxAttempts": 100_000}
NOT_NOW = "The operation cannot be performed at this time."


@pytest.fixture
def frozen(server: LocalServer) -> Iterator[LocalServer]:
    """The server with its time standing still, so that nothing moves by itself."""
    server.clock.freeze()
    try:
        yield server
    finally:
        server.clock.resume()
        arrive(server)


def create(server: LocalServer, name: str, source: str = ONE, *may: str) -> dict[str, Any]:
    """Returns CreateFunction's answer, while the function is being made."""
    role = make_role(server, f"{name}-role", *LOGS, *may)
    code = {"ZipFile": zip_of(source)}
    made: dict[str, Any] = client(server, "lambda").create_function(
        FunctionName=name, Role=role, Runtime="python3.11", Handler="app.handler", Code=code
    )
    return made


def wait(server: LocalServer, waiter: str, name: str) -> dict[str, Any]:
    aws = client(server, "lambda")
    aws.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=AT_ONCE)
    found: dict[str, Any] = aws.get_function_configuration(FunctionName=name)
    return found


def refusal(operation: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as raised:
        operation(**params)
    response = raised.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def states(configuration: dict[str, Any]) -> dict[str, Any]:
    names = ("State", "LastUpdateStatus")
    return {name: value for name, value in configuration.items() if name.startswith(names)}


def test_a_new_function_is_pending_until_time_has_passed(frozen: LocalServer) -> None:
    made = create(frozen, "pending")

    assert states(made) == {
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }
    aws = client(frozen, "lambda")
    assert states(aws.get_function(FunctionName="pending")["Configuration"]) == states(made)

    frozen.advance(1)

    found = wait(frozen, "function_active_v2", "pending")
    assert states(found) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert found["RevisionId"] != made["RevisionId"]


def test_a_new_function_becomes_active_by_itself(server: LocalServer) -> None:
    create(server, "by-itself")

    assert wait(server, "function_active_v2", "by-itself")["State"] == "Active"


def test_a_pending_function_is_not_invoked_and_not_changed(frozen: LocalServer) -> None:
    create(frozen, "early")
    aws = client(frozen, "lambda")
    pending = (
        "ResourceConflictException",
        f"{NOT_NOW} The function is currently in the following state: Pending",
        409,
    )

    assert refusal(aws.invoke, FunctionName="early") == pending
    assert refusal(aws.update_function_configuration, FunctionName="early", Timeout=4) == pending
    assert refusal(aws.update_function_code, FunctionName="early", ZipFile=zip_of(ONE)) == pending


def test_an_event_for_a_pending_function_waits_until_it_is_active(frozen: LocalServer) -> None:
    url, _ = make_queue(frozen, "events-told")
    tells = f"import boto3\ndef handler(e, c):\n    boto3.client('sqs').send_message(QueueUrl={url!r}, MessageBody=e)\n"
    create(frozen, "events", tells, *SQS)

    answer = client(frozen, "lambda").invoke(FunctionName="events", InvocationType="Event", Payload=b'"hi"')

    assert answer["StatusCode"] == 202
    frozen.settle()
    assert [message["Body"] for message in receive(frozen, url)] == ["hi"]
    assert states(wait(frozen, "function_active_v2", "events"))["State"] == "Active"


def test_settling_lets_everything_arrive(frozen: LocalServer) -> None:
    create(frozen, "settled")
    _, arn = make_queue(frozen, "settled-source")
    make_function(frozen, "settled-fed", ONE, may=SQS)
    aws = client(frozen, "lambda")
    mapping = aws.create_event_source_mapping(FunctionName="settled-fed", EventSourceArn=arn)["UUID"]

    frozen.settle()

    assert aws.get_function_configuration(FunctionName="settled")["State"] == "Active"
    assert aws.get_event_source_mapping(UUID=mapping)["State"] == "Enabled"


@pytest.mark.parametrize("what", ["code", "configuration"])
def test_an_update_is_in_progress_until_time_has_passed(frozen: LocalServer, what: str) -> None:
    name = f"updated-{what}"
    arn = make_function(frozen, name, ONE)["FunctionArn"]
    aws = client(frozen, "lambda")

    if what == "code":
        changed = aws.update_function_code(FunctionName=name, ZipFile=zip_of("x = 1"))
    else:
        changed = aws.update_function_configuration(FunctionName=name, Timeout=9)

    assert states(changed) == {
        "State": "Active",
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": "The function is being created.",
        "LastUpdateStatusReasonCode": "Creating",
    }
    busy = ("ResourceConflictException", f"{NOT_NOW} An update is in progress for resource: {arn}", 409)
    assert refusal(aws.update_function_configuration, FunctionName=name, Timeout=4) == busy
    assert refusal(aws.update_function_code, FunctionName=name, ZipFile=zip_of(ONE)) == busy

    frozen.advance(1)

    found = wait(frozen, "function_updated_v2", name)
    assert states(found) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert found["RevisionId"] != changed["RevisionId"]


def test_a_function_that_is_being_updated_can_be_invoked_and_deleted(frozen: LocalServer) -> None:
    make_function(frozen, "used", ONE)
    aws = client(frozen, "lambda")
    aws.update_function_configuration(FunctionName="used", Timeout=9)

    assert aws.invoke(FunctionName="used")["Payload"].read() == b"1"
    aws.delete_function(FunctionName="used")
    frozen.advance(1)
    frozen.settle()

    assert refusal(aws.get_function, FunctionName="used")[0] == "ResourceNotFoundException"


def test_lists_of_functions_do_not_say_where_they_stand(server: LocalServer) -> None:
    make_function(server, "listed", ONE)
    aws = client(server, "lambda")

    (version,) = aws.list_versions_by_function(FunctionName="listed")["Versions"]
    functions = [f for page in aws.get_paginator("list_functions").paginate() for f in page["Functions"]]

    assert states(version) == {}
    assert [states(function) for function in functions] == [{}] * len(functions)


def make_mapping(server: LocalServer, name: str, **settings: Any) -> dict[str, Any]:
    """Returns CreateEventSourceMapping's answer, while the mapping is being made."""
    _, arn = make_queue(server, f"{name}-source")
    make_function(server, name, ONE, may=SQS)
    made: dict[str, Any] = client(server, "lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=arn, **settings
    )
    return made


def next_state(server: LocalServer, uuid: str) -> str:
    """Returns the first state that the mapping has after another one, when time passes."""
    aws = client(server, "lambda")
    before = aws.get_event_source_mapping(UUID=uuid)["State"]
    server.advance(1)
    while (state := str(aws.get_event_source_mapping(UUID=uuid)["State"])) == before:
        pass
    return state


def test_a_new_mapping_is_created_then_enabled(frozen: LocalServer) -> None:
    made = make_mapping(frozen, "mapped")

    assert made["State"] == "Creating"
    assert made["FunctionResponseTypes"] == []
    assert "LastProcessingResult" not in made
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert next_state(frozen, made["UUID"]) == "Enabling"
    assert next_state(frozen, made["UUID"]) == "Enabled"


def test_a_mapping_that_is_made_disabled_is_never_enabled(frozen: LocalServer) -> None:
    made = make_mapping(frozen, "unmapped", Enabled=False)

    assert made["State"] == "Creating"
    assert next_state(frozen, made["UUID"]) == "Disabled"


@pytest.mark.parametrize(
    ("change", "passing", "final"),
    [
        ({"BatchSize": 3}, "Updating", "Enabled"),
        ({"Enabled": False}, "Disabling", "Disabled"),
        ({"Enabled": True}, "Updating", "Enabled"),
    ],
)
def test_a_change_of_a_mapping_takes_a_moment(
    frozen: LocalServer, change: dict[str, Any], passing: str, final: str
) -> None:
    uuid = make_mapping(frozen, f"changes-{passing}-{len(str(change))}")["UUID"]
    arrive(frozen)
    aws = client(frozen, "lambda")

    assert aws.update_event_source_mapping(UUID=uuid, **change)["State"] == passing
    assert next_state(frozen, uuid) == final


def test_a_mapping_that_is_on_its_way_is_in_use(frozen: LocalServer) -> None:
    uuid = make_mapping(frozen, "in-use")["UUID"]
    aws = client(frozen, "lambda")
    text = "Cannot {} the event source mapping because it is in use."

    assert refusal(aws.update_event_source_mapping, UUID=uuid, BatchSize=3) == (
        "ResourceInUseException",
        text.format("update"),
        400,
    )
    assert refusal(aws.delete_event_source_mapping, UUID=uuid)[:2] == (
        "ResourceInUseException",
        text.format("delete"),
    )


def test_a_deleted_mapping_is_deleting_then_gone(frozen: LocalServer) -> None:
    uuid = make_mapping(frozen, "deletes")["UUID"]
    arrive(frozen)
    aws = client(frozen, "lambda")

    assert aws.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    assert aws.get_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    frozen.settle()

    assert refusal(aws.get_event_source_mapping, UUID=uuid)[0] == "ResourceNotFoundException"


@pytest.mark.embedded
def test_what_was_under_way_when_a_server_ended_goes_on_with_the_next(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        server.clock.freeze()
        create(server, "cut-off")
        uuid = make_mapping(server, "cut-off-fed")["UUID"]
        client(server, "lambda").update_function_configuration(FunctionName="cut-off-fed", Timeout=4)

    with LocalServer(data=tmp_path) as server:
        server.advance(1)
        assert wait(server, "function_active_v2", "cut-off")["State"] == "Active"
        assert wait(server, "function_updated_v2", "cut-off-fed")["LastUpdateStatus"] == "Successful"
        server.settle()
        aws = client(server, "lambda")
        assert aws.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
