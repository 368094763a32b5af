"""What an account has in IAM, told in one go: details, numbers, the credential report."""

import csv
from typing import Any

import pytest
from tests.kit.policies import ACCOUNT, document
from tests.kit.sessions import refused

from penstock.testing import LocalServer

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ANY = document({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
TRUST = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})


@pytest.fixture(scope="module")
def iam(server: LocalServer) -> Any:
    iam = server.client("iam")
    own = iam.create_policy(PolicyName="own", PolicyDocument=ANY)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=own, PolicyDocument=ANY)
    iam.create_group(GroupName="team")
    for name in ("Ada", "bob", "eve"):
        iam.create_user(UserName=name, PermissionsBoundary=own, Tags=[{"Key": "a", "Value": "b"}])
        iam.add_user_to_group(GroupName="team", UserName=name)
    iam.put_user_policy(UserName="Ada", PolicyName="p", PolicyDocument=ANY)
    iam.attach_group_policy(GroupName="team", PolicyArn=READ_ONLY)
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="worker", PolicyArn=own)
    iam.create_instance_profile(InstanceProfileName="box")
    iam.add_role_to_instance_profile(InstanceProfileName="box", RoleName="worker")
    iam.create_access_key(UserName="Ada")
    iam.create_login_profile(UserName="bob", Password="Correct horse 1")
    return iam


def test_the_details_of_an_account_are_whole_in_pages_of_any_size(iam: Any) -> None:
    whole = iam.get_account_authorization_details()
    ada, bob, eve = whole["UserDetailList"]
    assert (ada["UserName"], bob["UserName"], eve["GroupList"]) == ("Ada", "bob", ["team"])
    assert ada["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    assert ada["Tags"] == [{"Key": "a", "Value": "b"}]
    assert ada["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith("policy/own")
    (group,) = whole["GroupDetailList"]
    assert group["AttachedManagedPolicies"] == [
        {"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": READ_ONLY}
    ]
    (role,) = whole["RoleDetailList"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "box"
    own, aws = whole["Policies"]
    assert [version["VersionId"] for version in own["PolicyVersionList"]] == ["v2", "v1"]
    assert (aws["Arn"], aws["AttachmentCount"]) == (READ_ONLY, 1)
    pages = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1})
    found = [
        entry
        for page in pages
        for member in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
        for entry in page[member]
    ]
    assert [entry["Arn"] for entry in found] == [one["Arn"] for one in (ada, bob, eve, group, role, own, aws)]
    only = iam.get_account_authorization_details(Filter=["Role", "AWSManagedPolicy"])
    assert (len(only["UserDetailList"]), len(only["RoleDetailList"]), len(only["Policies"])) == (0, 1, 1)


def test_the_summary_counts(iam: Any) -> None:
    found = iam.get_account_summary()["SummaryMap"]
    assert (found["Users"], found["Groups"], found["Roles"], found["Policies"]) == (3, 1, 1, 1)
    assert (found["PolicyVersionsInUse"], found["InstanceProfiles"], found["UsersQuota"]) == (2, 1, 5000)


def test_the_credential_report_is_made_and_grows_old(server: LocalServer, iam: Any) -> None:
    assert refused(iam.get_credential_report)[::2] == ("ReportNotPresent", 410)
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    found = iam.get_credential_report()
    assert found["ReportFormat"] == "text/csv"
    lines = {line["user"]: line for line in csv.DictReader(found["Content"].decode().splitlines())}
    assert list(lines) == ["<root_account>", "Ada", "bob", "eve"]
    assert lines["Ada"]["access_key_1_active"] == "true" and lines["Ada"]["password_enabled"] == "false"
    assert lines["bob"]["password_enabled"] == "true" and lines["bob"]["access_key_1_active"] == "false"
    server.advance(4 * 3600)
    assert refused(iam.get_credential_report)[0] == "ReportExpired"
