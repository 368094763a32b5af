"""The AWS managed policies are readable, whole, and say what their names promise."""

from typing import Any

import orjson
import pytest

from penstock.access import Policy, Principal, decide, parse_policy
from penstock.services.iam.entities.managed_policies import AwsPolicy, aws_policies

POLICIES = sorted(aws_policies().values())
ACCOUNT = "111122223333"


def parsed(policy: AwsPolicy) -> Policy:
    return parse_policy(
        orjson.dumps({"Version": "2012-10-17", "Statement": policy.statements}), kind="identity"
    )


def actions(statement: dict[str, Any]) -> list[str]:
    found = statement["Action"]
    return [found] if isinstance(found, str) else found


def allows(name: str, action: str, resource: str = "*") -> bool:
    (policy,) = (one for one in POLICIES if one.name == name)
    user = Principal("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ada", "AIDA", identity=(parsed(policy),))
    return decide(user, action, resource, {}, None, ACCOUNT).allowed


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_each_policy_is_one_that_may_be_attached(policy: AwsPolicy) -> None:
    assert parsed(policy).statements and policy.version > 0 and policy.version_ms > 0
    assert policy.path in ("/", "/service-role/")
    if "ReadOnly" in policy.name:
        verbs = {action.partition(":")[2] for statement in policy.statements for action in actions(statement)}
        assert not any(
            verb == "*" or verb.startswith(("Put", "Delete", "Create", "Update")) for verb in verbs
        )


def test_they_allow_what_their_users_attach_them_for() -> None:
    assert allows("AWSLambdaDynamoDBExecutionRole", "dynamodb:GetRecords")
    assert allows("PowerUserAccess", "s3:PutObject") and not allows("PowerUserAccess", "iam:CreateUser")
    assert allows("IAMUserChangePassword", "iam:ChangePassword", f"arn:aws:iam::{ACCOUNT}:user/ada")
    assert not allows("IAMUserChangePassword", "iam:ChangePassword", f"arn:aws:iam::{ACCOUNT}:user/eve")
    assert allows("AWSLambda_FullAccess", "lambda:CreateFunction")
    assert not allows("AWSLambda_FullAccess", "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin")
