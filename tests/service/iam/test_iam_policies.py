"""Managed policies and attachments, over boto3."""

import json
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import client_config

ACCOUNT = "000000000000"
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"},
}


@pytest.fixture
def iam(server: LocalServer) -> Any:
    return server.client("iam")


def allow(action: str) -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}}
    )


def refused(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_policy_is_created_versioned_and_deleted(iam: Any) -> None:
    policy = iam.create_policy(
        PolicyName="p", Path="/x/", PolicyDocument=allow("s3:GetObject"), Description="d"
    )["Policy"]
    arn = policy["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT}:policy/x/p"
    assert policy["PolicyId"].startswith("ANPA")
    assert iam.get_policy(PolicyArn=arn)["Policy"] == policy
    first = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert first["Document"] == json.loads(allow("s3:GetObject"))
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"), SetAsDefault=True)[
        "PolicyVersion"
    ]
    assert (made["VersionId"], made["IsDefaultVersion"]) == ("v2", True)
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2", "v1"]
    assert refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v2")[0] == "DeleteConflict"
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert refused(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", f"Policy {arn} was not found.", 404)


def test_a_policy_has_five_versions_at_most(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="many", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))
    code, _, status = refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=allow("s3:*"))
    assert (code, status) == ("LimitExceeded", 409)
    iam.delete_policy_version(PolicyArn=arn, VersionId="v3")
    assert (
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))["PolicyVersion"]["VersionId"]
        == "v6"
    )


def test_malformed_and_duplicate_policies_are_refused(iam: Any) -> None:
    assert refused(iam.create_policy, PolicyName="bad", PolicyDocument="{}") == (
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
        400,
    )
    iam.create_policy(PolicyName="twice", PolicyDocument=allow("s3:*"))
    assert refused(iam.create_policy, PolicyName="Twice", PolicyDocument=allow("s3:*")) == (
        "EntityAlreadyExists",
        "A policy called Twice already exists. Duplicate names are not allowed.",
        409,
    )
    large = allow("s3:" + "x" * 6200)
    assert refused(iam.create_policy, PolicyName="large", PolicyDocument=large)[0] == "LimitExceeded"


def test_aws_policies_are_known_and_cannot_be_changed(iam: Any) -> None:
    policy = iam.get_policy(PolicyArn=BASIC)["Policy"]
    assert (policy["Path"], policy["DefaultVersionId"]) == ("/service-role/", "v1")
    version = iam.get_policy_version(PolicyArn=BASIC, VersionId="v1")["PolicyVersion"]
    assert "logs:PutLogEvents" in version["Document"]["Statement"][0]["Action"]
    assert iam.list_policy_versions(PolicyArn=BASIC)["Versions"][0]["IsDefaultVersion"]
    assert refused(iam.delete_policy, PolicyArn=BASIC)[0] == "AccessDenied"
    assert refused(iam.get_policy_version, PolicyArn=BASIC, VersionId="v9")[0] == "NoSuchEntity"


def test_attachments_are_counted_listed_and_hold_the_policy(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="held", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_role(RoleName="holder", AssumeRolePolicyDocument=json.dumps(TRUST))
    for attached in (arn, arn, BASIC):
        iam.attach_role_policy(RoleName="holder", PolicyArn=attached)
    listed = iam.list_attached_role_policies(RoleName="holder")["AttachedPolicies"]
    assert listed == [
        {"PolicyName": "held", "PolicyArn": arn},
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC},
    ]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert refused(iam.delete_policy, PolicyArn=arn)[:2] == (
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    )
    found = iam.list_policies(OnlyAttached=True)["Policies"]
    assert [policy["Arn"] for policy in found] == [arn, BASIC]
    iam.detach_role_policy(RoleName="holder", PolicyArn=arn)
    assert refused(iam.detach_role_policy, RoleName="holder", PolicyArn=arn)[::2] == ("NoSuchEntity", 404)
    nobody = "arn:aws:iam::aws:policy/Nobody"
    assert refused(iam.attach_role_policy, RoleName="holder", PolicyArn=nobody) == (
        "NoSuchEntity",
        f"Policy {nobody} does not exist or is not attachable.",
        404,
    )


def test_ten_policies_may_be_attached(iam: Any) -> None:
    iam.create_role(RoleName="ten", AssumeRolePolicyDocument=json.dumps(TRUST))
    arns = [
        iam.create_policy(PolicyName=f"ten{n}", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
        for n in range(11)
    ]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="ten", PolicyArn=arn)
    assert refused(iam.attach_role_policy, RoleName="ten", PolicyArn=arns[10]) == (
        "LimitExceeded",
        "Cannot exceed quota for PoliciesPerRole: 10",
        409,
    )
    assert len(iam.list_attached_role_policies(RoleName="ten")["AttachedPolicies"]) == 10


def test_policies_are_listed_in_pages_of_either_scope(iam: Any) -> None:
    for number in range(3):
        iam.create_policy(PolicyName=f"page{number}", Path="/pages/", PolicyDocument=allow("s3:*"))

    def names(**filters: str) -> list[str]:
        pages = iam.get_paginator("list_policies").paginate(**filters, PaginationConfig={"PageSize": 2})
        return [policy["PolicyName"] for page in pages for policy in page["Policies"]]

    assert names(PathPrefix="/pages/") == ["page0", "page1", "page2"]
    aws = names(Scope="AWS")
    assert "AdministratorAccess" in aws and len(aws) == len(set(aws)) > 40
    assert sorted(names()) == sorted(names(Scope="Local") + aws)


def test_a_policy_knows_the_roles_it_is_attached_to(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="shared", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    for name, path in (("Beta", "/"), ("alpha", "/a/"), ("gamma", "/")):
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    pages = iam.get_paginator("list_entities_for_policy").paginate(
        PolicyArn=arn, PaginationConfig={"PageSize": 1}
    )
    found = [role["RoleName"] for page in pages for role in page["PolicyRoles"]]
    assert found == ["alpha", "Beta", "gamma"]
    listed = iam.list_entities_for_policy(PolicyArn=arn, PathPrefix="/a/")
    assert [role["RoleName"] for role in listed["PolicyRoles"]] == ["alpha"]
    assert (listed["PolicyUsers"], listed["PolicyGroups"]) == ([], [])
    assert iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="User")["PolicyRoles"] == []
    boundaries = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert boundaries["PolicyRoles"] == []
    assert iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"] == []
    assert refused(iam.list_entities_for_policy, PolicyArn=f"{arn}x")[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:iam:aws:policy/AdministratorAccess",
        "not an arn, but long enough",
        "arn:aws:s3:::bucket-named-so",
    ],
)
def test_what_is_no_policys_arn_is_invalid_input(iam: Any, arn: str) -> None:
    role = f"role-{len(arn)}"
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    calls = (
        (iam.get_policy, {}),
        (iam.list_policy_tags, {}),
        (iam.list_policy_versions, {}),
        (iam.attach_role_policy, {"RoleName": role}),
        (iam.detach_role_policy, {"RoleName": role}),
    )
    for call, more in calls:
        assert refused(call, PolicyArn=arn, **more) == ("InvalidInput", f"ARN {arn} is not valid.", 400)


@pytest.mark.parametrize("given", [{}, {"PolicyArn": ""}])
@pytest.mark.parametrize("operation", ["attach_role_policy", "detach_role_policy"])
def test_a_policy_that_is_not_named_cannot_be_attached_or_detached(
    server: LocalServer, operation: str, given: dict[str, str]
) -> None:
    iam = server.client("iam", config=client_config().merge(Config(parameter_validation=False)))

    found = refused(getattr(iam, operation), RoleName="any", **given)

    assert found == ("ValidationError", "Invalid ARN:  Could not be parsed!", 400)


def test_tags_come_in_pages(iam: Any) -> None:
    tags = [{"Key": key, "Value": "v"} for key in ("a", "B", "c")]
    iam.create_role(RoleName="any", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags)
    arn = iam.create_policy(PolicyName="any", PolicyDocument=allow("s3:*"), Tags=tags)["Policy"]["Arn"]
    for call, params in (
        (iam.list_role_tags, {"RoleName": "any"}),
        (iam.list_policy_tags, {"PolicyArn": arn}),
    ):
        first = call(MaxItems=2, **params)
        assert (first["Tags"], first["IsTruncated"]) == (tags[:2], True)
        second = call(Marker=first["Marker"], **params)
        assert (second["Tags"], second["IsTruncated"]) == (tags[2:], False)
