"""What tests of schedules need: a role that lets the scheduler in, and schedules in one line."""

from typing import Any

from penstock.testing import LocalServer
from tests.kit.buses import REGION
from tests.kit.functions import client, make_role
from tests.kit.policies import ACCOUNT

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def scheduler_role(server: LocalServer, name: str, *actions: str, **condition: Any) -> str:
    """Returns the ARN of a role that the scheduler may assume, under ``condition`` when it is given."""
    (statement,) = TRUST["Statement"]
    trust = {**TRUST, "Statement": [{**statement, **({"Condition": condition} if condition else {})}]}
    return make_role(server, name, *actions, trust=trust)


def schedule_arn(name: str, group: str = "default") -> str:
    """Returns the ARN of a schedule of the default account."""
    return f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/{group}/{name}"


def put_schedule(
    server: LocalServer, name: str, expression: str, target: dict[str, Any], **settings: Any
) -> str:
    """Returns the ARN of a new schedule."""
    arn: str = client(server, "scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        Target=target,
        **{"FlexibleTimeWindow": {"Mode": "OFF"}, **settings},
    )["ScheduleArn"]
    return arn
