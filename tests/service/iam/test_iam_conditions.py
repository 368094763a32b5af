"""Condition keys of IAM's own operations, and of roles with tags."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
TRUST = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def create_role(server: LocalServer, name: str, **tags: str) -> str:
    made = server.client("iam").create_role(
        RoleName=name,
        AssumeRolePolicyDocument=document(TRUST),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    return str(made["Role"]["Arn"])


def session(
    server: LocalServer, name: str, *statements: dict[str, Any], service: str = "iam", **tags: str
) -> Any:
    """Returns a client of a new role that has this policy and these tags."""
    arn = create_role(server, name, **tags)
    server.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    found = server.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
        config=client_config(),
    )


def denied(call: Any, **params: Any) -> bool:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return bool(caught.value.response["Error"]["Code"] == "AccessDenied")


def allow(action: Any, resource: str = "*", effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, "Condition": condition}


def test_a_deny_on_attaching_one_policy_is_felt(server: LocalServer) -> None:
    create_role(server, "target")
    forbidden = allow("iam:AttachRolePolicy", effect="Deny", ArnEquals={"iam:PolicyARN": ADMIN})
    iam = session(server, "delegate", allow("iam:*"), forbidden)
    assert denied(iam.attach_role_policy, RoleName="target", PolicyArn=ADMIN)
    iam.attach_role_policy(RoleName="target", PolicyArn=READ_ONLY)


def test_roles_are_told_apart_by_their_tags(server: LocalServer) -> None:
    create_role(server, "of-red", team="red")
    create_role(server, "of-blue", team="blue")
    mine = allow("iam:GetRole", StringEquals={"aws:ResourceTag/team": "${aws:PrincipalTag/team}"})
    iam = session(server, "red-lead", mine, Team="red")
    assert iam.get_role(RoleName="of-red")["Role"]["Tags"] == [{"Key": "team", "Value": "red"}]
    assert denied(iam.get_role, RoleName="of-blue")
    server.client("iam").tag_role(RoleName="red-lead", Tags=[{"Key": "team", "Value": "blue"}])
    assert iam.get_role(RoleName="of-blue")
    server.client("iam").untag_role(RoleName="red-lead", TagKeys=["team"])
    assert denied(iam.get_role, RoleName="of-blue")


def test_a_roles_tags_go_into_the_resources_it_may_reach(server: LocalServer) -> None:
    server.client("s3").create_bucket(Bucket="teams")
    own = allow("s3:PutObject", "arn:aws:s3:::teams/${aws:PrincipalTag/team}/*")
    s3 = session(server, "writer", own, service="s3", team="red")
    s3.put_object(Bucket="teams", Key="red/a", Body=b"x")
    assert denied(s3.put_object, Bucket="teams", Key="blue/a", Body=b"x")


def test_the_tags_that_a_call_brings_can_be_asked_for(server: LocalServer) -> None:
    tagged = allow(
        ["iam:CreateRole", "iam:TagRole"],
        StringEquals={"aws:RequestTag/team": "red"},
        **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    )
    iam = session(server, "tagger", tagged)
    new = {"RoleName": "new", "AssumeRolePolicyDocument": document(TRUST)}
    red, other = {"Key": "team", "Value": "red"}, {"Key": "other", "Value": "x"}
    assert denied(iam.create_role, **new)
    assert denied(iam.create_role, Tags=[red, other], **new)
    iam.create_role(Tags=[red], **new)
    assert denied(iam.tag_role, RoleName="new", Tags=[other])
