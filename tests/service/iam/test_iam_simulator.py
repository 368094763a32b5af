"""The policy simulator says what the server would do."""

import json
from typing import Any

import pytest
from tests.kit.policies import ACCOUNT, document
from tests.kit.sessions import client, refused

from penstock.testing import LocalServer

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
BUCKET = "arn:aws:s3:::data"


@pytest.fixture(scope="module")
def iam(server: LocalServer) -> Any:
    return server.client("iam")


def allow(action: Any, resource: Any = "*", **more: Any) -> str:
    return document({"Effect": "Allow", "Action": action, "Resource": resource} | more)


def deny(action: Any, resource: Any = "*") -> str:
    return document({"Effect": "Deny", "Action": action, "Resource": resource})


def verdicts(answer: Any) -> list[str]:
    return [result["EvalDecision"] for result in answer["EvaluationResults"]]


def test_custom_policies_allow_deny_and_say_which_statement_did(iam: Any) -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "s3:Get*", "Resource": f"{BUCKET}/*"},
                {"Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/secret"},
            ],
        },
        indent=2,
    )
    found = iam.simulate_custom_policy(
        PolicyInputList=[text],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=[f"{BUCKET}/a", f"{BUCKET}/secret"],
    )
    assert verdicts(found) == ["allowed", "explicitDeny", "implicitDeny", "explicitDeny"]
    first, second, third, _ = found["EvaluationResults"]
    (matched,) = first["MatchedStatements"]
    assert matched["SourcePolicyId"] == "PolicyInputList.1"
    assert (matched["StartPosition"], matched["EndPosition"]) == (
        {"Line": 4, "Column": 5},
        {"Line": 8, "Column": 6},
    )
    assert second["MatchedStatements"][0]["StartPosition"]["Line"] == 9
    assert third["MatchedStatements"] == []
    assert first["ResourceSpecificResults"][0]["EvalResourceDecision"] == "allowed"


def test_keys_that_a_condition_needs_are_missing_until_they_are_given(iam: Any) -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}}
    policy = allow("s3:GetObject", f"{BUCKET}/${{aws:username}}/*", Condition=condition)
    names = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"]
    assert sorted(names) == ["aws:SecureTransport", "aws:SourceIp", "aws:username"]
    asked = {
        "PolicyInputList": [policy],
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [f"{BUCKET}/ada/x"],
        "CallerArn": f"arn:aws:iam::{ACCOUNT}:user/ada",
    }
    (result,) = iam.simulate_custom_policy(**asked)["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    assert sorted(result["MissingContextValues"]) == ["aws:SecureTransport", "aws:SourceIp"]
    given = [
        {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["10.1.2.3"], "ContextKeyType": "ip"},
        {"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
    ]
    (result,) = iam.simulate_custom_policy(**asked, ContextEntries=given)["EvaluationResults"]
    assert result["EvalDecision"] == "allowed" and result["MissingContextValues"] == []


def test_a_boundary_and_a_resource_policy_are_weighed_too(iam: Any) -> None:
    asked = {"PolicyInputList": [allow("*")], "ActionNames": ["s3:GetObject", "sqs:SendMessage"]}
    found = iam.simulate_custom_policy(**asked, PermissionsBoundaryPolicyInputList=[allow("s3:*")])
    assert verdicts(found) == ["allowed", "implicitDeny"]
    details = [one["PermissionsBoundaryDecisionDetail"] for one in found["EvaluationResults"]]
    assert [one["AllowedByPermissionsBoundary"] for one in details] == [True, False]
    ada = f"arn:aws:iam::{ACCOUNT}:user/ada"
    for effect, verdict in (("Allow", "allowed"), ("Deny", "explicitDeny")):
        policy = document(
            {"Effect": effect, "Principal": {"AWS": ada}, "Action": "s3:*", "Resource": f"{BUCKET}/*"}
        )
        asked = {
            "PolicyInputList": [allow("sqs:*")],
            "ActionNames": ["s3:GetObject"],
            "ResourceArns": [f"{BUCKET}/a"],
            "ResourcePolicy": policy,
        }
        assert verdicts(iam.simulate_custom_policy(**asked, CallerArn=ada)) == [verdict]
        assert refused(iam.simulate_custom_policy, **asked)[0] == "InvalidInput"


def test_a_users_own_policies_and_its_groups_answer_as_the_server_does(server: LocalServer, iam: Any) -> None:
    iam.create_user(UserName="ada")
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="ada")
    iam.attach_group_policy(GroupName="readers", PolicyArn=READ_ONLY)
    iam.put_user_policy(UserName="ada", PolicyName="none", PolicyDocument=deny("s3:GetObject"))
    arn = f"arn:aws:iam::{ACCOUNT}:user/ada"
    asked = {"PolicySourceArn": arn, "ActionNames": ["s3:ListAllMyBuckets", "s3:GetObject", "s3:PutObject"]}
    found = iam.simulate_principal_policy(**asked)
    assert verdicts(found) == ["allowed", "explicitDeny", "implicitDeny"]
    names = [one["SourcePolicyId"] for r in found["EvaluationResults"] for one in r["MatchedStatements"]]
    assert names == ["AmazonS3ReadOnlyAccess", "user_ada_none"]
    own = client(server, "s3", iam.create_access_key(UserName="ada")["AccessKey"])
    own.list_buckets()
    assert refused(own.get_object, Bucket="data", Key="k")[0] == "AccessDenied"
    without = [
        {
            "InlinePolicyIdentifier": {
                "PolicyName": "none",
                "AttachmentType": "user",
                "AttachmentName": "ada",
            },
        },
        {"PolicyArn": READ_ONLY},
    ]
    assert (
        verdicts(iam.simulate_principal_policy(**asked, PolicyExclusionList=without)) == ["implicitDeny"] * 3
    )
    kinds = [{"PolicyType": "inline"}, {"PolicyType": "aws-managed"}]
    assert verdicts(iam.simulate_principal_policy(**asked, PolicyExclusionList=kinds)) == ["implicitDeny"] * 3
    pages = [
        result["EvalActionName"]
        for page in iam.get_paginator("simulate_principal_policy").paginate(
            **asked, PaginationConfig={"PageSize": 1}
        )
        for result in page["EvaluationResults"]
    ]
    assert pages == asked["ActionNames"]
    group = f"arn:aws:iam::{ACCOUNT}:group/readers"
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=group)["ContextKeyNames"] == []
    assert refused(iam.get_context_keys_for_principal_policy, PolicySourceArn=arn + "x")[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    "wrong",
    [
        {"PolicyInputList": ["{}"]},
        {"PolicyInputList": ["[" * 5000]},
        {"ActionNames": ["nothing"]},
        {"CallerArn": "not an arn"},
        {"CallerArn": f"arn:aws:iam::{ACCOUNT}:role/r"},
        {"ResourceOwner": "nobody"},
        {"ContextEntries": [{"ContextKeyValues": ["x"]}]},
        {"ContextEntries": [{"ContextKeyName": "a:b:c", "ContextKeyValues": ["x", "y"]}]},
        {"PermissionsBoundaryPolicyInputList": [allow("*"), allow("*")]},
    ],
)
def test_what_cannot_be_simulated_is_refused(iam: Any, wrong: dict[str, Any]) -> None:
    asked = {"PolicyInputList": [allow("*")], "ActionNames": ["s3:GetObject"]}
    assert refused(iam.simulate_custom_policy, **(asked | wrong))[0] == "InvalidInput"


def test_another_accounts_users_are_not_simulated(iam: Any) -> None:
    other = "arn:aws:iam::111122223333:user/ada"
    asked = {"PolicySourceArn": other, "ActionNames": ["s3:GetObject"]}
    assert refused(iam.simulate_principal_policy, **asked)[0] in ("NoSuchEntity", "AccessDenied")
