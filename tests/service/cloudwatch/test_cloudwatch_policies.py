"""What a policy may ask of CloudWatch's operations: names of alarms, namespaces, actions, tags."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.functions import client
from tests.kit.metrics import alarm_arn, put_alarm, refusal, still_server
from tests.kit.policies import ACCOUNT

from penstock.testing import LocalServer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    ],
}
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:allowed"
ALARM = {
    "Namespace": "App", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with still_server() as running:
        yield running


def allowed(server: LocalServer, name: str, *statements: dict[str, Any]) -> Any:
    """Returns a client in a role that may do this and nothing else."""
    iam = client(server, "iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    full = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    document = json.dumps({"Version": "2012-10-17", "Statement": full})
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=document)
    keys = client(server, "sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    return server.client(
        "cloudwatch",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_data_may_be_put_into_the_namespaces_that_a_policy_names(server: LocalServer) -> None:
    condition = {"StringEquals": {"cloudwatch:namespace": "Mine"}}
    role = allowed(server, "putter", {"Action": "cloudwatch:PutMetricData", "Condition": condition})
    data = [{"MetricName": "m", "Value": 1}]
    role.put_metric_data(Namespace="Mine", MetricData=data)
    assert refusal(role.put_metric_data, Namespace="Yours", MetricData=data)[0] == "AccessDenied"
    assert refusal(role.list_metrics)[0] == "AccessDenied"


def test_alarms_are_allowed_by_their_names(server: LocalServer) -> None:
    for name in ("mine-1", "yours-1"):
        put_alarm(server, name)
    role = allowed(server, "namer", {"Action": "cloudwatch:*", "Resource": alarm_arn("mine-*")})
    role.put_metric_alarm(AlarmName="mine-2", **ALARM)
    role.set_alarm_state(AlarmName="mine-1", StateValue="OK", StateReason="r")
    role.describe_alarm_history(AlarmName="mine-1")
    assert refusal(role.put_metric_alarm, AlarmName="yours-2", **ALARM)[0] == "AccessDenied"
    assert refusal(role.describe_alarm_history, AlarmName="yours-1")[0] == "AccessDenied"
    assert refusal(role.delete_alarms, AlarmNames=["mine-1", "yours-1"])[0] == "AccessDenied"
    assert refusal(role.disable_alarm_actions, AlarmNames=["yours-1"])[0] == "AccessDenied"
    role.delete_alarms(AlarmNames=["mine-1", "mine-2"])


def test_alarms_are_allowed_by_what_they_would_do_and_by_tags(server: LocalServer) -> None:
    put_alarm(server, "tagged", Tags=[{"Key": "team", "Value": "a"}])
    put_alarm(server, "untagged")
    role = allowed(
        server, "doer",
        {
            "Action": "cloudwatch:PutMetricAlarm",
            "Condition": {"ForAllValues:StringEquals": {"cloudwatch:AlarmActions": [TOPIC]}},
        },
        {"Action": "cloudwatch:DeleteAlarms", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}},
    )  # fmt: skip
    role.put_metric_alarm(AlarmName="does", **ALARM, AlarmActions=[TOPIC])
    other = TOPIC.replace("allowed", "other")
    assert refusal(role.put_metric_alarm, AlarmName="does", **ALARM, OKActions=[other])[0] == "AccessDenied"
    assert refusal(role.delete_alarms, AlarmNames=["untagged"])[0] == "AccessDenied"
    role.delete_alarms(AlarmNames=["tagged"])
