"""Provisioned concurrency: workers that are there before anybody asks for them, and again when they have ended."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.kit.functions import SQS, TRUST, client, make_function, make_queue, run, zip_of
from tests.kit.measured import by_name, still_server, taken
from tests.kit.metrics import refusal

from penstock.services.lambda_.runtime.worker import Worker
from penstock.testing import LocalServer

TELLS = """
import os
def handler(event, context):
    if event == "end":
        os._exit(1)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
WAITS = """
import boto3, os
def handler(event, context):
    if event:
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=event["begun"], MessageBody="begun")
        sqs.receive_message(QueueUrl=event["go"], WaitTimeSeconds=20)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
PROVISIONED, ON_DEMAND = "provisioned-concurrency", "on-demand"
UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."


def publish(server: LocalServer, name: str, source: str = TELLS, **settings: Any) -> None:
    """Makes the function with a version 1, to which the alias ``live`` leads."""
    make_function(server, name, source, **settings)
    client(server, "lambda").publish_version(FunctionName=name)
    client(server, "lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="1")


def provision(server: LocalServer, name: str, count: int, qualifier: str = "live") -> dict[str, Any]:
    """Returns the answer of the request."""
    answer: dict[str, Any] = client(server, "lambda").put_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=count
    )
    return answer


def found(server: LocalServer, name: str, qualifier: str = "live") -> tuple[str, int, int]:
    """Returns the status, and how many executions are allocated of how many."""
    server.settle()
    shown = client(server, "lambda").get_provisioned_concurrency_config(
        FunctionName=name, Qualifier=qualifier
    )
    allocated = shown["AllocatedProvisionedConcurrentExecutions"]
    assert shown["AvailableProvisionedConcurrentExecutions"] == allocated
    return shown["Status"], allocated, shown["RequestedProvisionedConcurrentExecutions"]


def workers(server: LocalServer) -> list[Worker]:
    """Returns the provisioned workers."""
    pool = server.app.service("lambda").state.pool
    return [worker for worker in pool.workers if worker.plan.slot is None]


async def ended(worker: Worker) -> None:
    """Returns when the worker's process has gone."""
    await worker._gone


def release(server: LocalServer, name: str, qualifier: str = "live") -> None:
    client(server, "lambda").delete_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    server.settle()


def test_workers_are_started_ahead_and_run_what_asks_for_their_qualifier(server: LocalServer) -> None:
    publish(server, "ahead")
    answer = provision(server, "ahead", 2)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (answer["Status"], answer["RequestedProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 2)
    assert answer["LastModified"].endswith("+0000")

    assert found(server, "ahead") == ("READY", 2, 2)

    assert run(server, "ahead", Qualifier="live")["Payload"] == PROVISIONED
    assert run(server, "ahead", Qualifier="1")["Payload"] == ON_DEMAND
    assert run(server, "ahead")["Payload"] == ON_DEMAND
    (listed,) = client(server, "lambda").list_provisioned_concurrency_configs(FunctionName="ahead")[
        "ProvisionedConcurrencyConfigs"
    ]
    assert (listed["FunctionArn"].rpartition(":")[2], listed["Status"]) == ("live", "READY")

    provision(server, "ahead", 1)
    assert found(server, "ahead") == ("READY", 1, 1)
    assert len(workers(server)) == 1
    release(server, "ahead")
    release(server, "ahead")
    assert workers(server) == []
    assert run(server, "ahead", Qualifier="live")["Payload"] == ON_DEMAND


def test_a_worker_that_has_ended_is_followed_by_another(server: LocalServer) -> None:
    publish(server, "ends")
    provision(server, "ends", 1)
    assert found(server, "ends") == ("READY", 1, 1)

    assert "errorType" in run(server, "ends", "end", Qualifier="live")["Payload"]
    assert found(server, "ends") == ("READY", 1, 1)
    (idle,) = workers(server)
    os.kill(idle._process.function_pid(), signal.SIGKILL)
    server.wait(ended(idle))

    assert found(server, "ends") == ("READY", 1, 1)
    assert workers(server) != [idle]
    assert run(server, "ends", Qualifier="live")["Payload"] == PROVISIONED
    release(server, "ends")


def test_an_alias_that_leads_elsewhere_gets_workers_of_the_other_version(server: LocalServer) -> None:
    publish(server, "moves")
    provision(server, "moves", 1)
    assert found(server, "moves") == ("READY", 1, 1)
    aws = client(server, "lambda")
    aws.update_function_code(FunctionName="moves", ZipFile=zip_of(TELLS + "# new\n"))
    server.settle()
    aws.publish_version(FunctionName="moves")

    aws.update_alias(FunctionName="moves", Name="live", FunctionVersion="2")

    assert found(server, "moves") == ("READY", 1, 1)
    assert [worker.function.version for worker in workers(server)] == ["2"]
    assert run(server, "moves", Qualifier="live")["Payload"] == PROVISIONED
    assert refusal(aws.update_alias, FunctionName="moves", Name="live", FunctionVersion="$LATEST") == (
        "InvalidParameterValueException",
        UNPUBLISHED,
    )
    aws.create_alias(
        FunctionName="moves",
        Name="both",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    assert refusal(
        aws.put_provisioned_concurrency_config,
        FunctionName="moves",
        Qualifier="both",
        ProvisionedConcurrentExecutions=1,
    ) == (
        "InvalidParameterValueException",
        "Alias with weights can not be used with Provisioned Concurrency",
    )
    release(server, "moves")


@pytest.mark.parametrize("gone", ["alias", "version", "function"])
def test_what_is_deleted_takes_its_workers_with_it(server: LocalServer, gone: str) -> None:
    name, aws = f"gone-{gone}", client(server, "lambda")
    publish(server, name)
    if gone == "version":
        aws.delete_alias(FunctionName=name, Name="live")
    qualifier = "1" if gone == "version" else "live"
    provision(server, name, 1, qualifier)
    assert found(server, name, qualifier) == ("READY", 1, 1)

    if gone == "alias":
        aws.delete_alias(FunctionName=name, Name="live")
    else:
        aws.delete_function(FunctionName=name, **({"Qualifier": "1"} if gone == "version" else {}))
    server.settle()

    assert [worker for worker in workers(server) if worker.function.name == name] == []
    if gone != "function":
        assert (
            aws.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []
        )


def test_code_that_does_not_start_fails_and_says_why(server: LocalServer) -> None:
    publish(server, "broken", "raise ValueError('no')\n")
    provision(server, "broken", 2)
    assert found(server, "broken") == ("FAILED", 0, 2)
    shown = client(server, "lambda").get_provisioned_concurrency_config(
        FunctionName="broken", Qualifier="live"
    )
    assert shown["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE"
    assert run(server, "broken", Qualifier="live")["FunctionError"] == "Unhandled"
    assert all(worker.function.name != "broken" for worker in workers(server))
    release(server, "broken")


def test_what_cannot_be_provisioned_is_refused(server: LocalServer) -> None:
    publish(server, "refused")
    aws = client(server, "lambda")
    aws.create_alias(FunctionName="refused", Name="newest", FunctionVersion="$LATEST")
    invalid = "InvalidParameterValueException"

    def put(qualifier: str, count: int = 1, name: str = "refused") -> tuple[str, str]:
        return refusal(
            aws.put_provisioned_concurrency_config,
            FunctionName=name,
            Qualifier=qualifier,
            ProvisionedConcurrentExecutions=count,
        )

    assert put("$LATEST") == (invalid, UNPUBLISHED)
    assert put("newest") == (invalid, UNPUBLISHED)
    assert put("7")[0] == put("nobody")[0] == put("1", name="nobody")[0] == "ResourceNotFoundException"
    assert put("9" * 100)[0] == "ResourceNotFoundException"
    assert (
        put("live", 901)
        == put("live", 2**31 - 1)
        == (
            invalid,
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
            "its minimum value of [100].",
        )
    )
    aws.put_function_concurrency(FunctionName="refused", ReservedConcurrentExecutions=2)
    assert put("live", 3)[0] == invalid
    provision(server, "refused", 2)
    assert put("1")[1] == "Version is pointed by a Provisioned Concurrency alias"
    assert (
        refusal(aws.put_function_concurrency, FunctionName="refused", ReservedConcurrentExecutions=1)[0]
        == invalid
    )
    release(server, "refused")
    provision(server, "refused", 1, "1")
    assert "already Provisioned version" in put("live")[1]
    release(server, "refused", "1")
    found = refusal(aws.get_provisioned_concurrency_config, FunctionName="refused", Qualifier="live")
    assert found == (
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
    )


def test_what_is_provisioned_is_claimed_of_the_account(server: LocalServer) -> None:
    publish(server, "claims")
    before = client(server, "lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    provision(server, "claims", 1)
    after = client(server, "lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    assert after == before - 1
    client(server, "lambda").delete_function(FunctionName="claims")


def test_lists_are_paged(server: LocalServer) -> None:
    publish(server, "pages")
    aws = client(server, "lambda")
    for qualifier in ("a", "b", "c"):
        aws.create_alias(FunctionName="pages", Name=qualifier, FunctionVersion="1")
        provision(server, "pages", 1, qualifier)
    pages = aws.get_paginator("list_provisioned_concurrency_configs").paginate(
        FunctionName="pages", PaginationConfig={"PageSize": 2}
    )
    arns = [[each["FunctionArn"][-1] for each in page["ProvisionedConcurrencyConfigs"]] for page in pages]
    assert arns == [["a", "b"], ["c"]]
    aws.delete_function(FunctionName="pages")
    server.settle()


@pytest.fixture
def still() -> Iterator[LocalServer]:
    """A server whose time stands, with places for two workers, and two provisioned ones besides."""
    with still_server(function_workers=2) as server:
        yield server


def test_what_finds_no_provisioned_worker_spills_over_and_metrics_say_so(still: LocalServer) -> None:
    begun, _ = make_queue(still, "begun")
    go, _ = make_queue(still, "go")
    publish(still, "full", WAITS, may=SQS, Timeout=60)
    provision(still, "full", 1)
    assert found(still, "full") == ("READY", 1, 1)
    sqs = client(still, "sqs")

    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(run, still, "full", {"begun": begun, "go": go}, Qualifier="live")
        assert sqs.receive_message(QueueUrl=begun, WaitTimeSeconds=20)["Messages"]
        assert run(still, "full", Qualifier="live")["Payload"] == ON_DEMAND
        sqs.send_message(QueueUrl=go, MessageBody="go")
        assert held.result()["Payload"] == PROVISIONED
    assert run(still, "full", Qualifier="live")["Payload"] == PROVISIONED
    run(still, "full", Qualifier="1")

    measured = taken(still)
    by_alias = by_name(measured, "AWS/Lambda", FunctionName="full", Resource="full:live")
    assert {name: values.sum for name, values in by_alias.items() if name.startswith("Provisioned")} == {
        "ProvisionedConcurrencyInvocations": 2,
        "ProvisionedConcurrencySpilloverInvocations": 1,
        "ProvisionedConcurrentExecutions": 3,
        "ProvisionedConcurrencyUtilization": 3,
    }
    assert by_alias["ConcurrentExecutions"].maximum == 2
    assert (by_alias["Invocations"].sum, by_alias["Duration"].count, by_alias["Errors"].count) == (3, 3, 3)
    executed = by_name(measured, "AWS/Lambda", FunctionName="full", Resource="full:live", ExecutedVersion="1")
    assert executed["Invocations"].sum == 3
    by_version = by_name(measured, "AWS/Lambda", FunctionName="full", Resource="full:1")
    assert by_version["Invocations"].sum == 1
    assert by_name(measured, "AWS/Lambda", FunctionName="full")["Invocations"].sum == 4


def test_what_is_reserved_and_provisioned_is_for_nobody_else(still: LocalServer) -> None:
    publish(still, "whole")
    client(still, "lambda").put_function_concurrency(FunctionName="whole", ReservedConcurrentExecutions=1)
    provision(still, "whole", 1)
    assert found(still, "whole") == ("READY", 1, 1)

    assert run(still, "whole", Qualifier="live")["Payload"] == PROVISIONED
    assert refusal(client(still, "lambda").invoke, FunctionName="whole")[0] == "TooManyRequestsException"


def test_workers_with_old_credentials_are_replaced(still: LocalServer) -> None:
    publish(still, "renewed")
    provision(still, "renewed", 1)
    assert found(still, "renewed") == ("READY", 1, 1)
    (old,) = workers(still)

    still.advance((old.plan.renew_ms - still.clock.now_ms()) / 1000)

    assert found(still, "renewed") == ("READY", 1, 1)
    (new,) = workers(still)
    assert new.plan.renew_ms > old.plan.renew_ms
    assert run(still, "renewed", Qualifier="live")["Payload"] == PROVISIONED


def test_what_has_failed_is_tried_again_in_a_minute(still: LocalServer) -> None:
    publish(still, "later")
    iam = client(still, "iam")
    stranger = json.dumps(TRUST).replace("lambda", "ec2")
    iam.update_assume_role_policy(RoleName="later-role", PolicyDocument=stranger)
    provision(still, "later", 1)
    assert found(still, "later") == ("FAILED", 0, 1)
    shown = client(still, "lambda").get_provisioned_concurrency_config(FunctionName="later", Qualifier="live")
    assert shown["StatusReason"] == "The role defined for the function cannot be assumed by Lambda."

    iam.update_assume_role_policy(RoleName="later-role", PolicyDocument=json.dumps(TRUST))
    still.advance(60)

    assert found(still, "later") == ("READY", 1, 1)


def test_more_than_the_server_has_room_for_fails_and_says_so(still: LocalServer) -> None:
    publish(still, "many")
    provision(still, "many", 5)
    assert found(still, "many") == ("FAILED", 2, 5)
    shown = client(still, "lambda").get_provisioned_concurrency_config(FunctionName="many", Qualifier="live")
    assert shown["StatusReason"] == "This server keeps at most 2 provisioned workers."
    provision(still, "many", 2)
    assert found(still, "many") == ("READY", 2, 2)


def test_a_server_that_starts_again_keeps_them_ready(tmp_path: Path) -> None:
    with LocalServer(data=tmp_path) as server:
        publish(server, "again")
        provision(server, "again", 1)
    with LocalServer(data=tmp_path) as server:
        assert found(server, "again") == ("READY", 1, 1)
        assert run(server, "again", Qualifier="live")["Payload"] == PROVISIONED
