"""Whole answers of Lambda, IAM and CloudWatch Logs, compared with what AWS's pages and recordings say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.functions import SQS, arrive, make_queue, make_role, zip_of
from tests.kit.golden import compared, golden

from penstock.testing import LocalServer


@pytest.fixture
def functions() -> Iterator[LocalServer]:
    """A server with one function, and its time standing still."""
    with LocalServer() as server:
        server.clock.freeze()
        role = make_role(server, "golden-role", *SQS)
        made = server.client("lambda").create_function(
            FunctionName="golden",
            Role=role,
            Runtime="python3.11",
            Handler="app.handler",
            Code={"ZipFile": zip_of("x = 1")},
        )
        same(made, "lambda/create_function")
        arrive(server)
        yield server


def same(answer: Any, name: str) -> None:
    expected = golden(name)
    assert compared(answer, expected) == expected


def test_a_function_is_described(functions: LocalServer) -> None:
    aws = functions.client("lambda")

    same(aws.get_function(FunctionName="golden"), "lambda/get_function")
    same(aws.list_functions(), "lambda/list_functions")


def test_an_event_invoke_config_is_described(functions: LocalServer) -> None:
    found = functions.client("lambda").put_function_event_invoke_config(
        FunctionName="golden", MaximumRetryAttempts=0, MaximumEventAgeInSeconds=3600
    )

    same(found, "lambda/put_function_event_invoke_config")


def test_a_new_mapping_is_described(functions: LocalServer) -> None:
    _, arn = make_queue(functions, "golden-source")

    made = functions.client("lambda").create_event_source_mapping(FunctionName="golden", EventSourceArn=arn)

    same(made, "lambda/create_event_source_mapping")


def test_an_update_of_a_function_is_described(functions: LocalServer) -> None:
    aws = functions.client("lambda")

    changed = aws.update_function_configuration(
        FunctionName="golden", Timeout=5, Environment={"Variables": {}}
    )
    same(changed, "lambda/update_function_configuration")


def test_a_role_is_described(server: LocalServer) -> None:
    iam = server.client("iam")
    trust = golden("iam/create_role")["Role"]["AssumeRolePolicyDocument"]

    same(iam.create_role(RoleName="golden", AssumeRolePolicyDocument=json.dumps(trust)), "iam/create_role")
    same(iam.get_role(RoleName="golden"), "iam/get_role")
    same(iam.list_roles(), "iam/list_roles")


def test_log_groups_are_described(server: LocalServer) -> None:
    logs = server.client("logs")
    logs.create_log_group(logGroupName="golden/group")

    same(logs.describe_log_groups(logGroupNamePrefix="gold"), "logs/describe_log_groups_by_prefix")
    same(logs.describe_log_groups(logGroupNamePattern="group"), "logs/describe_log_groups_by_pattern")
