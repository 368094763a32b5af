"""Rotation: a function is called for each step, in order, now and when the rules say; what fails is tried again."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import arrive, make_function, make_role

from penstock.testing import LocalServer

DAY_S = 86_400
LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
ROTATES = """
import boto3

secrets = boto3.client("secretsmanager")

def handler(event, context):
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    print("step", step)
    stages = secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert "AWSPENDING" in stages[token] or step == "finishSecret", stages
    if step == "createSecret":
        password = secrets.get_random_password(ExcludePunctuation=True)["RandomPassword"]
        secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=password, VersionStages=["AWSPENDING"]
        )
    if step == "testSecret":
        secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    if step == "finishSecret":
        current = next(version for version, held in stages.items() if "AWSCURRENT" in held)
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )
"""


@pytest.fixture(scope="module")
def secrets(server: LocalServer) -> Any:
    return server.client("secretsmanager")


def rotating(server: LocalServer, name: str, source: str = ROTATES) -> str:
    """Returns the ARN of a function that Secrets Manager may call."""
    role = make_role(server, f"{name}-role", *LOGS, "secretsmanager:*")
    arn: str = make_function(server, name, source, Role=role)["FunctionArn"]
    arrive(server)
    server.client("lambda").add_permission(
        FunctionName=name,
        StatementId="rotate",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )
    return arn


def steps(server: LocalServer, name: str) -> list[str]:
    """Returns the steps that the function was called for, as its log has them."""
    found = server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="step")
    return [event["message"].split()[1] for event in found["events"] if event["message"].startswith("step")]


def test_a_rotation_takes_four_steps_and_the_new_value_is_current(server: LocalServer, secrets: Any) -> None:
    secrets.create_secret(Name="rotated", SecretString="old")
    arn = rotating(server, "rotates")
    started = secrets.rotate_secret(
        SecretId="rotated", RotationLambdaARN=arn, RotationRules={"AutomaticallyAfterDays": 30}
    )
    server.settle()
    found = secrets.get_secret_value(SecretId="rotated")
    assert found["VersionId"] == started["VersionId"] and found["SecretString"] != "old"
    assert secrets.get_secret_value(SecretId="rotated", VersionStage="AWSPREVIOUS")["SecretString"] == "old"
    assert steps(server, "rotates") == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    described = secrets.describe_secret(SecretId="rotated")
    assert described["RotationEnabled"] and described["RotationLambdaARN"] == arn
    assert (described["NextRotationDate"] - described["LastRotatedDate"]).days == 30


def test_a_secret_is_rotated_again_when_the_rules_say(server: LocalServer, secrets: Any) -> None:
    secrets.create_secret(Name="weekly", SecretString="old")
    arn = rotating(server, "weekly")
    secrets.rotate_secret(
        SecretId="weekly",
        RotationLambdaARN=arn,
        RotationRules={"ScheduleExpression": "rate(7 days)"},
        RotateImmediately=False,
    )
    server.settle()
    assert secrets.get_secret_value(SecretId="weekly")["SecretString"] == "old"
    server.advance(7 * DAY_S)
    server.settle()
    assert secrets.get_secret_value(SecretId="weekly")["SecretString"] != "old"
    secrets.cancel_rotate_secret(SecretId="weekly")
    kept = secrets.get_secret_value(SecretId="weekly")["SecretString"]
    server.advance(8 * DAY_S)
    server.settle()
    assert secrets.get_secret_value(SecretId="weekly")["SecretString"] == kept
    assert not secrets.describe_secret(SecretId="weekly")["RotationEnabled"]


def test_a_step_that_fails_is_tried_again_and_then_given_up(server: LocalServer, secrets: Any) -> None:
    secrets.create_secret(Name="unlucky", SecretString="old")
    arn = rotating(
        server, "fails", "def handler(event, context):\n    print('step', event['Step'])\n    1 / 0\n"
    )
    secrets.rotate_secret(SecretId="unlucky", RotationLambdaARN=arn)
    for _ in range(6):
        server.settle()
        server.advance(300)
    server.settle()
    assert steps(server, "fails") == ["createSecret"] * 5
    assert secrets.get_secret_value(SecretId="unlucky")["SecretString"] == "old"


def test_a_function_that_does_not_let_secrets_manager_in_is_refused(
    server: LocalServer, secrets: Any
) -> None:
    secrets.create_secret(Name="refused", SecretString="old")
    arn = make_function(server, "closed", "def handler(event, context): pass")["FunctionArn"]
    arrive(server)
    for function in (arn, arn + "-not-there"):
        with pytest.raises(ClientError, match=r"AccessDenied.*cannot invoke the specified Lambda function"):
            secrets.rotate_secret(SecretId="refused", RotationLambdaARN=function)
    with pytest.raises(ClientError, match=r"InvalidRequest.*No Lambda rotation function"):
        secrets.rotate_secret(SecretId="refused")
