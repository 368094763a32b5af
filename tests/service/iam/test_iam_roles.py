"""Roles and their policies, over boto3."""

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
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
READ = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}


@pytest.fixture
def iam(server: LocalServer) -> Any:
    return server.client("iam")


def refused(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def make(iam: Any, name: str, **more: Any) -> Any:
    return iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)["Role"]


def test_a_role_is_created_and_read_back(iam: Any) -> None:
    role = make(
        iam, "made", Path="/app/", Description="d", MaxSessionDuration=7200, Tags=[{"Key": "a", "Value": "b"}]
    )
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/app/made"
    assert role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21
    found = iam.get_role(RoleName="made")["Role"]
    assert found == role | {"MaxSessionDuration": 7200, "RoleLastUsed": {}}
    assert found["AssumeRolePolicyDocument"] == TRUST
    assert (found["Path"], found["Description"]) == ("/app/", "d")
    assert iam.list_role_tags(RoleName="made")["Tags"] == [{"Key": "a", "Value": "b"}]
    assert iam.list_instance_profiles_for_role(RoleName="made")["InstanceProfiles"] == []


def test_a_role_that_is_not_there_is_no_such_entity(iam: Any) -> None:
    text = "The role with name nobody cannot be found."
    for call in (iam.get_role, iam.delete_role, iam.list_role_policies, iam.list_attached_role_policies):
        assert refused(call, RoleName="nobody") == ("NoSuchEntity", text, 404)


def test_role_names_are_unique_in_any_case(iam: Any) -> None:
    make(iam, "Once")
    code, message, status = refused(
        iam.create_role, RoleName="once", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    assert (code, message, status) == ("EntityAlreadyExists", "Role with name once already exists.", 409)
    assert iam.get_role(RoleName="ONCE")["Role"]["RoleName"] == "Once"


@pytest.mark.parametrize(
    "document",
    ["{", "[]", json.dumps(READ), json.dumps({"Statement": TRUST["Statement"][0] | {"Resource": "*"}})],
)  # type: ignore[operator]
def test_a_malformed_trust_policy_is_refused(iam: Any, document: str) -> None:
    code, _, status = refused(iam.create_role, RoleName="bad", AssumeRolePolicyDocument=document)
    assert (code, status) == ("MalformedPolicyDocument", 400)


def test_parameters_are_checked_in_aws_words(server: LocalServer) -> None:
    iam = server.client("iam", config=client_config().merge(Config(parameter_validation=False)))
    code, message, status = refused(
        iam.create_role, RoleName="a b", AssumeRolePolicyDocument=json.dumps(TRUST), MaxSessionDuration=60
    )
    assert (code, status) == ("ValidationError", 400)
    assert message.startswith("2 validation errors detected: ")


def test_inline_policies_are_put_read_listed_and_deleted(iam: Any) -> None:
    make(iam, "inline")
    for name in ("b", "a", "b"):
        iam.put_role_policy(RoleName="inline", PolicyName=name, PolicyDocument=json.dumps(READ))
    assert iam.list_role_policies(RoleName="inline")["PolicyNames"] == ["a", "b"]
    assert iam.get_role_policy(RoleName="inline", PolicyName="a")["PolicyDocument"] == READ
    iam.delete_role_policy(RoleName="inline", PolicyName="a")
    missing = ("NoSuchEntity", "The role policy with name a cannot be found.", 404)
    assert refused(iam.get_role_policy, RoleName="inline", PolicyName="a") == missing
    assert refused(iam.delete_role_policy, RoleName="inline", PolicyName="a") == missing


def test_inline_policies_have_a_quota(iam: Any) -> None:
    make(iam, "full")
    big = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "s3:" + "x" * 6000, "Resource": "*"},
    }
    iam.put_role_policy(RoleName="full", PolicyName="a", PolicyDocument=json.dumps(big))
    code, message, status = refused(
        iam.put_role_policy, RoleName="full", PolicyName="b", PolicyDocument=json.dumps(big)
    )
    assert (code, status) == ("LimitExceeded", 409)
    assert message == "Maximum policy size of 10240 bytes exceeded for role full"
    assert iam.list_role_policies(RoleName="full")["PolicyNames"] == ["a"]


def test_a_role_is_deleted_only_when_nothing_hangs_on_it(iam: Any) -> None:
    make(iam, "held")
    iam.attach_role_policy(RoleName="held", PolicyArn=BASIC)
    iam.put_role_policy(RoleName="held", PolicyName="p", PolicyDocument=json.dumps(READ))
    detach = ("DeleteConflict", "Cannot delete entity, must detach all policies first.", 409)
    assert refused(iam.delete_role, RoleName="held") == detach
    iam.detach_role_policy(RoleName="held", PolicyArn=BASIC)
    delete = ("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    assert refused(iam.delete_role, RoleName="held") == delete
    iam.delete_role_policy(RoleName="held", PolicyName="p")
    iam.delete_role(RoleName="held")
    assert refused(iam.get_role, RoleName="held")[0] == "NoSuchEntity"


def test_roles_are_listed_in_pages(iam: Any) -> None:
    for number in range(7):
        make(iam, f"page{number}", Path="/pages/")
    pages = iam.get_paginator("list_roles").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 3})
    names = [[role["RoleName"] for role in page["Roles"]] for page in pages]
    assert names == [["page0", "page1", "page2"], ["page3", "page4", "page5"], ["page6"]]


def test_roles_are_changed(iam: Any) -> None:
    make(iam, "changed", Description="old")
    iam.update_role(RoleName="changed", MaxSessionDuration=43200)
    role = iam.get_role(RoleName="changed")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("old", 43200)
    other = json.loads(json.dumps(TRUST).replace("lambda.", "events."))
    iam.update_assume_role_policy(RoleName="changed", PolicyDocument=json.dumps(other))
    assert iam.get_role(RoleName="changed")["Role"]["AssumeRolePolicyDocument"] == other
    iam.tag_role(RoleName="changed", Tags=[{"Key": "k", "Value": "1"}])
    iam.tag_role(RoleName="changed", Tags=[{"Key": "K", "Value": "2"}])
    assert iam.list_role_tags(RoleName="changed")["Tags"] == [{"Key": "K", "Value": "2"}]
    iam.untag_role(RoleName="changed", TagKeys=["k"])
    assert iam.list_role_tags(RoleName="changed")["Tags"] == []


def test_what_is_not_there_says_so(iam: Any) -> None:
    assert refused(iam.create_virtual_mfa_device, VirtualMFADeviceName="u")[::2] == ("NotImplemented", 501)
