"""Instance profiles, service-linked roles, passwords, and what an account has, over boto3."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.policies import ACCOUNT, document
from tests.kit.sessions import client, refused

from penstock.services.iam.entities.login_profile import find_login_profile
from penstock.testing import LocalServer

STRANGER = "111122223333"
TRUST = document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:secret-one,{STRANGER}:AKIAPENSTOCKTESTING2:secret-two"
    with LocalServer(accounts=accounts) as running:
        yield running


@pytest.fixture(scope="module")
def iam(server: LocalServer) -> Any:
    return server.client("iam")


@pytest.fixture(scope="module")
def stranger(server: LocalServer) -> Any:
    keys = {"AccessKeyId": "AKIAPENSTOCKTESTING2", "SecretAccessKey": "secret-two"}
    return client(server, "iam", keys)


def test_an_instance_profile_has_one_role_and_keeps_it_from_being_deleted(iam: Any, stranger: Any) -> None:
    made = iam.create_instance_profile(
        InstanceProfileName="Web", Path="/fleet/", Tags=[{"Key": "a", "Value": "b"}]
    )["InstanceProfile"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/fleet/Web"
    assert made["InstanceProfileId"].startswith("AIPA") and made["Roles"] == []
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=TRUST)
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    found = iam.get_instance_profile(InstanceProfileName="WEB")["InstanceProfile"]
    assert [role["RoleName"] for role in found["Roles"]] == ["web"] and found["Tags"] == made["Tags"]
    assert refused(iam.add_role_to_instance_profile, InstanceProfileName="web", RoleName="web")[0] == (
        "LimitExceeded"
    )
    for listed in (
        iam.list_instance_profiles(PathPrefix="/fleet/"),
        iam.list_instance_profiles_for_role(RoleName="web"),
    ):
        assert [one["InstanceProfileName"] for one in listed["InstanceProfiles"]] == ["Web"]
    assert refused(iam.delete_role, RoleName="web")[0] == "DeleteConflict"
    assert refused(iam.delete_instance_profile, InstanceProfileName="web")[0] == "DeleteConflict"
    assert refused(iam.create_instance_profile, InstanceProfileName="wEb")[0] == "EntityAlreadyExists"
    assert refused(stranger.get_instance_profile, InstanceProfileName="web")[0] == "NoSuchEntity"
    iam.tag_instance_profile(InstanceProfileName="web", Tags=[{"Key": "c", "Value": "d"}])
    iam.untag_instance_profile(InstanceProfileName="web", TagKeys=["a"])
    assert iam.list_instance_profile_tags(InstanceProfileName="web")["Tags"] == [{"Key": "c", "Value": "d"}]
    iam.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="web")
    assert refused(iam.remove_role_from_instance_profile, InstanceProfileName="web", RoleName="web")[0] == (
        "NoSuchEntity"
    )
    iam.delete_role(RoleName="web")
    iam.delete_instance_profile(InstanceProfileName="web")
    assert refused(iam.get_instance_profile, InstanceProfileName="web")[0] == "NoSuchEntity"


def test_who_puts_a_role_into_a_profile_must_be_allowed_to_pass_it(server: LocalServer, iam: Any) -> None:
    iam.create_user(UserName="fleet")
    may = document({"Effect": "Allow", "Action": "iam:*InstanceProfile*", "Resource": "*"})
    iam.put_user_policy(UserName="fleet", PolicyName="p", PolicyDocument=may)
    iam.create_role(RoleName="admin", AssumeRolePolicyDocument=TRUST)
    own = client(server, "iam", iam.create_access_key(UserName="fleet")["AccessKey"])
    own.create_instance_profile(InstanceProfileName="mine")
    refusal = refused(own.add_role_to_instance_profile, InstanceProfileName="mine", RoleName="admin")
    assert refusal[0] == "AccessDenied" and "iam:PassRole" in refusal[1]


def test_a_service_linked_role_is_its_services_own(server: LocalServer, iam: Any) -> None:
    made = iam.create_service_linked_role(AWSServiceName="schemas.amazonaws.com", Description="d")["Role"]
    name, path = "AWSServiceRoleForSchemas", "/aws-service-role/schemas.amazonaws.com/"
    assert (made["RoleName"], made["Path"]) == (name, path)
    assert made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "schemas.amazonaws.com"
    }
    again = refused(iam.create_service_linked_role, AWSServiceName="schemas.amazonaws.com")
    assert again[0] == "InvalidInput" and "has been taken" in again[1]
    assert refused(iam.create_service_linked_role, AWSServiceName="nobody.amazonaws.com")[0] == "InvalidInput"
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    for call, params in (
        (iam.delete_role, {}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": everything}),
        (iam.attach_role_policy, {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        (iam.update_assume_role_policy, {"PolicyDocument": TRUST}),
        (iam.update_role, {}),
    ):
        assert refused(call, RoleName=name, **params)[0] == "UnmodifiableEntity"
    forged = {"RoleName": "forged", "Path": path, "AssumeRolePolicyDocument": TRUST}
    assert refused(iam.create_role, **forged)[0] == "InvalidInput"
    arn = made["Arn"]
    assert refused(server.client("sts").assume_role, RoleArn=arn, RoleSessionName="me")[0] == "AccessDenied"
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    assert task.startswith(f"task{path}{name}/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    assert refused(iam.get_role, RoleName=name)[0] == "NoSuchEntity"
    assert refused(iam.get_service_linked_role_deletion_status, DeletionTaskId="task/x")[0] == "InvalidInput"
    iam.create_role(RoleName="plain", AssumeRolePolicyDocument=TRUST)
    assert refused(iam.delete_service_linked_role, RoleName="plain")[0] == "NoSuchEntity"


def test_a_password_conforms_and_is_changed_by_who_knows_it(server: LocalServer, iam: Any) -> None:
    iam.create_user(UserName="ada")
    new = {"UserName": "ada"}
    for weak in ("Ab1!", "alllowercase", "longbut2few"):
        assert refused(iam.create_login_profile, **new, Password=weak)[0] == "PasswordPolicyViolation"
    made = iam.create_login_profile(**new, Password="Correct horse 1", PasswordResetRequired=True)
    assert made["LoginProfile"]["PasswordResetRequired"] is True
    assert refused(iam.create_login_profile, **new, Password="Correct horse 2")[0] == "EntityAlreadyExists"
    own = client(server, "iam", iam.create_access_key(UserName="ada")["AccessKey"])
    change = {"OldPassword": "Correct horse 1", "NewPassword": "Correct horse 2"}
    assert refused(own.change_password, **change)[0] == "AccessDenied"
    iam.update_account_password_policy(
        MinimumPasswordLength=10,
        RequireSymbols=True,
        AllowUsersToChangePassword=True,
        PasswordReusePrevention=2,
    )
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 10 and policy["ExpirePasswords"] is False
    assert refused(own.change_password, **change)[0] == "PasswordPolicyViolation"
    change["NewPassword"] = "correct-horse"
    assert refused(own.change_password, **(change | {"OldPassword": "wrong"}))[0] == "AccessDenied"
    own.change_password(**change)
    assert iam.get_login_profile(**new)["LoginProfile"]["PasswordResetRequired"] is False
    back = {"OldPassword": "correct-horse", "NewPassword": "correct-horse"}
    assert refused(own.change_password, **back)[0] == "PasswordPolicyViolation"
    assert refused(iam.change_password, **back)[0] == "InvalidUserType"
    iam.update_login_profile(**new, Password="Long-enough-ü")
    keys = iam.list_access_keys(**new)["AccessKeyMetadata"]
    iam.delete_access_key(**new, AccessKeyId=keys[0]["AccessKeyId"])
    assert refused(iam.delete_user, **new)[0] == "DeleteConflict"
    iam.delete_login_profile(**new)
    assert refused(iam.get_login_profile, **new)[0] == "NoSuchEntity"
    iam.delete_user(**new)
    iam.delete_account_password_policy()
    assert refused(iam.get_account_password_policy)[0] == "NoSuchEntity"
    assert refused(iam.delete_account_password_policy)[0] == "NoSuchEntity"


def test_an_alias_is_one_accounts_alone(iam: Any, stranger: Any) -> None:
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias="acme")
    iam.create_account_alias(AccountAlias="acme-too")
    assert iam.list_account_aliases()["AccountAliases"] == ["acme-too"]
    assert refused(stranger.create_account_alias, AccountAlias="acme-too")[0] == "EntityAlreadyExists"
    assert refused(stranger.delete_account_alias, AccountAlias="acme-too")[0] == "NoSuchEntity"
    stranger.create_account_alias(AccountAlias="acme")
    iam.delete_account_alias(AccountAlias="acme-too")
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert refused(iam.create_account_alias, AccountAlias="Acme--")[0] == "ValidationError"


def test_what_nobody_has_here_is_listed_as_nothing_and_made_by_nobody(iam: Any) -> None:
    iam.create_user(UserName="bare")
    assert iam.list_mfa_devices(UserName="bare")["MFADevices"] == []
    assert iam.list_ssh_public_keys(UserName="bare")["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName="bare")["Certificates"] == []
    assert iam.list_service_specific_credentials(UserName="bare")["ServiceSpecificCredentials"] == []
    assert iam.list_server_certificates()["ServerCertificateMetadataList"] == []
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    refusal = refused(iam.create_virtual_mfa_device, VirtualMFADeviceName="x")
    assert refusal[2] == 501 and "multi-factor authentication" in refusal[1]


def test_no_password_lies_open_in_the_store(server: LocalServer, iam: Any) -> None:
    made = iam.create_user(UserName="secretive")["User"]
    iam.create_login_profile(UserName="secretive", Password="Sesame-0pen-up")
    kept = server.wait(server.app.store.read(find_login_profile, made["UserId"]))
    assert kept.hash.startswith("scrypt:1:") and "Sesame" not in str(kept)
