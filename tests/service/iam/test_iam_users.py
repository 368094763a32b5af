"""Users, their keys, groups, and what bounds them, over boto3."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.policies import ACCOUNT, document

from penstock.testing import LocalServer

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


@pytest.fixture(scope="module")
def iam(server: LocalServer) -> Any:
    return server.client("iam")


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def allow(action: str, resource: str = "*") -> str:
    return document({"Effect": "Allow", "Action": action, "Resource": resource})


def keys_of(iam: Any, name: str) -> dict[str, str]:
    """Returns what signs as the user."""
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_a_user_is_created_read_back_listed_and_renamed(iam: Any) -> None:
    made = iam.create_user(UserName="Ada", Path="/team/", Tags=[{"Key": "a", "Value": "b"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/team/Ada" and made["UserId"].startswith("AIDA")
    assert iam.get_user(UserName="ada")["User"] == made
    assert [user["UserName"] for user in iam.list_users(PathPrefix="/team/")["Users"]] == ["Ada"]
    iam.update_user(UserName="Ada", NewUserName="Countess", NewPath="/")
    found = iam.get_user(UserName="Countess")["User"]
    assert (found["UserId"], found["Arn"]) == (made["UserId"], f"arn:aws:iam::{ACCOUNT}:user/Countess")
    with refused("NoSuchEntity", "The user with name Ada cannot be found."):
        iam.get_user(UserName="Ada")
    with refused("EntityAlreadyExists", "User with name countess already exists."):
        iam.create_user(UserName="countess")


def test_a_user_signs_and_may_do_what_the_policies_say(server: LocalServer, iam: Any) -> None:
    iam.create_user(UserName="signer")
    keys = keys_of(iam, "signer")
    who = server.client("sts", **keys).get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/signer" and who["UserId"].startswith("AIDA")
    s3 = server.client("s3", **keys)
    with refused("AccessDenied", "no identity-based policy allows the s3:ListAllMyBuckets action"):
        s3.list_buckets()
    iam.put_user_policy(UserName="signer", PolicyName="list", PolicyDocument=allow("s3:ListAllMyBuckets"))
    assert s3.list_buckets()["Buckets"] == []
    iam.delete_user_policy(UserName="signer", PolicyName="list")
    iam.attach_user_policy(UserName="signer", PolicyArn=READ_ONLY)
    assert s3.list_buckets()["Buckets"] == []
    iam.detach_user_policy(UserName="signer", PolicyArn=READ_ONLY)
    with refused("AccessDenied"):
        s3.list_buckets()


def test_a_group_lets_its_members_in_and_nobody_else(server: LocalServer, iam: Any) -> None:
    iam.create_group(GroupName="readers")
    iam.create_user(UserName="member")
    s3 = server.client("s3", **keys_of(iam, "member"))
    iam.put_group_policy(GroupName="readers", PolicyName="list", PolicyDocument=allow("s3:ListAllMyBuckets"))
    with refused("AccessDenied"):
        s3.list_buckets()
    iam.add_user_to_group(GroupName="readers", UserName="member")
    s3.list_buckets()
    assert [user["UserName"] for user in iam.get_group(GroupName="readers")["Users"]] == ["member"]
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName="member")["Groups"]] == [
        "readers"
    ]
    iam.delete_group_policy(GroupName="readers", PolicyName="list")
    with refused("AccessDenied"):
        s3.list_buckets()
    iam.attach_group_policy(GroupName="readers", PolicyArn=READ_ONLY)
    s3.list_buckets()
    iam.remove_user_from_group(GroupName="readers", UserName="member")
    with refused("AccessDenied"):
        s3.list_buckets()


def test_a_key_that_is_inactive_or_deleted_is_dead_at_once(server: LocalServer, iam: Any) -> None:
    iam.create_user(UserName="leaver")
    keys = keys_of(iam, "leaver")
    sts = server.client("sts", **keys)
    sts.get_caller_identity()
    which = {"UserName": "leaver", "AccessKeyId": keys["aws_access_key_id"]}
    iam.update_access_key(**which, Status="Inactive")
    with refused("InvalidClientTokenId"):
        sts.get_caller_identity()
    assert iam.list_access_keys(UserName="leaver")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    iam.update_access_key(**which, Status="Active")
    sts.get_caller_identity()
    iam.delete_access_key(**which)
    with refused("InvalidClientTokenId"):
        sts.get_caller_identity()


def test_a_user_has_two_keys_at_most(iam: Any) -> None:
    iam.create_user(UserName="keys")
    keys_of(iam, "keys")
    key = keys_of(iam, "keys")["aws_access_key_id"]
    with refused("LimitExceeded", "AccessKeysPerUser: 2"):
        keys_of(iam, "keys")
    assert iam.get_access_key_last_used(AccessKeyId=key)["UserName"] == "keys"
    with refused("NoSuchEntity", "The Access Key with id AKIANOBODY0000000000 cannot be found"):
        iam.delete_access_key(UserName="keys", AccessKeyId="AKIANOBODY0000000000")


def test_who_asks_without_a_name_asks_of_himself(server: LocalServer, iam: Any) -> None:
    iam.create_user(UserName="self")
    iam.put_user_policy(
        UserName="self",
        PolicyName="self",
        PolicyDocument=allow("iam:*", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"),
    )
    own = server.client("iam", **keys_of(iam, "self"))
    assert own.get_user()["User"]["UserName"] == "self"
    assert len(own.list_access_keys()["AccessKeyMetadata"]) == 1
    with refused("AccessDenied", "iam:GetUser"):
        own.get_user(UserName="keys")
    assert iam.get_user()["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    with refused("ValidationError", "Must specify userName"):
        iam.list_access_keys()


def test_a_user_with_anything_left_is_not_deleted(iam: Any) -> None:
    iam.create_user(UserName="last")
    iam.create_group(GroupName="lasting")
    iam.add_user_to_group(GroupName="lasting", UserName="last")
    keys = keys_of(iam, "last")
    iam.attach_user_policy(UserName="last", PolicyArn=READ_ONLY)
    iam.put_user_policy(UserName="last", PolicyName="p", PolicyDocument=allow("s3:*"))
    with refused("DeleteConflict", "must detach all policies first"):
        iam.delete_user(UserName="last")
    iam.detach_user_policy(UserName="last", PolicyArn=READ_ONLY)
    with refused("DeleteConflict", "must delete access keys first"):
        iam.delete_user(UserName="last")
    iam.delete_access_key(UserName="last", AccessKeyId=keys["aws_access_key_id"])
    with refused("DeleteConflict", "must delete policies first"):
        iam.delete_user(UserName="last")
    iam.delete_user_policy(UserName="last", PolicyName="p")
    with refused("DeleteConflict", "must remove users from group first"):
        iam.delete_user(UserName="last")
    with refused("DeleteConflict", "must remove users from group first"):
        iam.delete_group(GroupName="lasting")
    iam.remove_user_from_group(GroupName="lasting", UserName="last")
    iam.delete_user(UserName="last")
    iam.delete_group(GroupName="lasting")


def test_a_boundary_bounds_what_policies_allow_and_allows_nothing_itself(
    server: LocalServer, iam: Any
) -> None:
    bound = iam.create_policy(PolicyName="bound", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_user(UserName="bounded", PermissionsBoundary=bound)
    keys = keys_of(iam, "bounded")
    s3, sqs = server.client("s3", **keys), server.client("sqs", **keys)
    with refused("AccessDenied", "no identity-based policy allows"):
        s3.list_buckets()
    iam.put_user_policy(UserName="bounded", PolicyName="all", PolicyDocument=allow("*"))
    s3.list_buckets()
    with refused("AccessDenied", "no permissions boundary allows the sqs:listqueues action"):
        sqs.list_queues()
    assert iam.get_user(UserName="bounded")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == bound
    assert iam.get_policy(PolicyArn=bound)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    users = iam.list_entities_for_policy(PolicyArn=bound, PolicyUsageFilter="PermissionsBoundary")
    assert [user["UserName"] for user in users["PolicyUsers"]] == ["bounded"]
    with refused("DeleteConflict", "attached to entities"):
        iam.delete_policy(PolicyArn=bound)
    iam.delete_user_permissions_boundary(UserName="bounded")
    sqs.list_queues()
    with refused("NoSuchEntity", "does not have a permissions boundary"):
        iam.delete_user_permissions_boundary(UserName="bounded")
    iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=READ_ONLY)
    with refused("AccessDenied"):
        s3.create_bucket(Bucket="not-by-the-bounded")


def test_a_new_version_of_a_boundary_is_in_force_at_once(server: LocalServer, iam: Any) -> None:
    bound = iam.create_policy(PolicyName="tight", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_user(UserName="tightened", PermissionsBoundary=bound)
    iam.put_user_policy(UserName="tightened", PolicyName="all", PolicyDocument=allow("*"))
    s3 = server.client("s3", **keys_of(iam, "tightened"))
    s3.list_buckets()
    iam.create_policy_version(PolicyArn=bound, PolicyDocument=allow("sqs:*"), SetAsDefault=True)
    with refused("AccessDenied", "no permissions boundary"):
        s3.list_buckets()


def test_a_bounded_roles_sessions_are_bounded(server: LocalServer, iam: Any) -> None:
    trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=trust, PermissionsBoundary=READ_ONLY)
    assert role["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    iam.put_role_policy(RoleName="bounded", PolicyName="all", PolicyDocument=allow("*"))
    found = server.client("sts").assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="me")["Credentials"]
    s3 = server.client(
        "s3",
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
    )
    s3.list_buckets()
    with refused("AccessDenied"):
        s3.create_bucket(Bucket="not-by-the-bounded-role")


def test_a_bucket_lets_in_a_user_it_names(server: LocalServer, iam: Any) -> None:
    iam.create_user(UserName="guest", PermissionsBoundary=READ_ONLY)
    guest = server.client("s3", **keys_of(iam, "guest"))
    s3 = server.client("s3")
    s3.create_bucket(Bucket="house")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/guest"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::house/*",
    }
    s3.put_bucket_policy(Bucket="house", Policy=document(statement))
    guest.put_object(
        Bucket="house", Key="a"
    )  # what a resource's policy grants a user, no boundary takes away


def test_a_user_takes_on_a_role_that_trusts_the_account_when_the_users_policy_says_so(
    server: LocalServer, iam: Any
) -> None:
    trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="taken-on", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.create_user(UserName="taker")
    sts = server.client("sts", **keys_of(iam, "taker"))
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="me")
    iam.put_user_policy(UserName="taker", PolicyName="take", PolicyDocument=allow("sts:AssumeRole", role))
    assert sts.assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]["SessionToken"]


def test_entities_of_a_policy_come_in_pages_of_all_kinds(iam: Any) -> None:
    policy = iam.create_policy(PolicyName="paged", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    trust = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    for letter in "ab":
        iam.create_group(GroupName=f"paged-{letter}")
        iam.attach_group_policy(GroupName=f"paged-{letter}", PolicyArn=policy)
        iam.create_user(UserName=f"paged-{letter}")
        iam.attach_user_policy(UserName=f"paged-{letter}", PolicyArn=policy)
        iam.create_role(RoleName=f"paged-{letter}", AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(RoleName=f"paged-{letter}", PolicyArn=policy)
    pages = iam.get_paginator("list_entities_for_policy").paginate(
        PolicyArn=policy, PaginationConfig={"PageSize": 1}
    )
    found: list[Any] = [
        entry for page in pages for kind in ("Groups", "Users", "Roles") for entry in page[f"Policy{kind}"]
    ]
    assert len(found) == 6 and len({json.dumps(entry) for entry in found}) == 6


def test_another_accounts_user_is_not_ones_own(server: LocalServer, iam: Any) -> None:
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        iam.put_user_policy(UserName="nobody", PolicyName="p", PolicyDocument=allow("s3:*"))
    with refused("NoSuchEntity", "The group with name nobody cannot be found."):
        iam.get_group(GroupName="nobody")
    with refused("MalformedPolicyDocument"):
        iam.put_user_policy(UserName="guest", PolicyName="p", PolicyDocument="{")
