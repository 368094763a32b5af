"""Who may use a key: its policy is the root of trust, grants add to it, explicit denies win."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.policies import ACCOUNT, document
from tests.kit.roles import clients_of

from penstock.access import Principal
from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET

OTHER = "111122223333"
THEIR_KEY = "AKIAPENSTOCKTESTING2"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = f"{ACCOUNT}:{ACCESS_KEY_ID}:{SECRET},{OTHER}:{THEIR_KEY}:{SECRET}"
    with LocalServer(accounts=accounts) as running:
        yield running


@pytest.fixture(scope="module")
def kms(server: LocalServer) -> Any:
    return server.client("kms")


@pytest.fixture(scope="module")
def theirs(server: LocalServer) -> Any:
    return server.client("kms", aws_access_key_id=THEIR_KEY, aws_secret_access_key=SECRET)


@pytest.fixture(scope="module")
def nobody(server: LocalServer) -> Any:
    """Returns a client of a role whose own policies allow nothing."""
    return clients_of(server, "nobody")("kms")


@pytest.fixture(scope="module")
def anybody(server: LocalServer) -> Any:
    """Returns a client of a role whose own policies allow everything."""
    return clients_of(server, "anybody", "kms:*")("kms")


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def refused(code: str, text: str = "") -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\).*{text}")


def denied(text: str = "") -> Any:
    return refused("AccessDeniedException", text)


def allow(who: str, *actions: str, **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"AWS": who}, "Action": list(actions), "Resource": "*"}
    return {**statement, "Condition": condition} if condition else statement


def make(kms: Any, *statements: dict[str, Any], **settings: Any) -> str:
    if statements:
        settings["Policy"] = document(allow(ROOT, "kms:*"), *statements)
    arn: str = kms.create_key(**settings)["KeyMetadata"]["Arn"]
    return arn


def encrypts(client: Any, key: str, **context: str) -> bytes:
    blob: bytes = client.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=context)["CiphertextBlob"]
    return blob


def test_the_default_policy_lets_the_account_s_own_policies_say_who(
    kms: Any, anybody: Any, nobody: Any
) -> None:
    key = make(kms)
    (statement,) = json.loads(kms.get_key_policy(KeyId=key)["Policy"])["Statement"]
    assert (statement["Principal"], statement["Action"]) == ({"AWS": ROOT}, "kms:*")
    encrypts(anybody, key)
    with denied("no identity-based policy allows the kms:Encrypt action"):
        encrypts(nobody, key)


def test_own_policies_do_nothing_where_the_key_s_does_not_name_the_account(kms: Any, anybody: Any) -> None:
    policy = document(allow(role("somebody"), "kms:*"))
    key = kms.create_key(Policy=policy, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["Arn"]
    for client in (anybody, kms):
        with denied("no resource-based policy allows the kms:Encrypt action"):
            encrypts(client, key)
    with denied():
        kms.put_key_policy(KeyId=key, Policy=policy)


def test_whom_the_key_s_policy_names_needs_no_other(kms: Any, nobody: Any) -> None:
    key = make(kms, allow(role("nobody"), "kms:Encrypt"))
    blob = encrypts(nobody, key)
    with denied("kms:Decrypt"):
        nobody.decrypt(CiphertextBlob=blob)


def test_an_explicit_deny_in_the_key_s_policy_wins(kms: Any, anybody: Any) -> None:
    deny = {**allow(role("anybody"), "kms:Encrypt"), "Effect": "Deny"}
    key = make(kms, deny)
    with denied("with an explicit deny in a resource-based policy"):
        encrypts(anybody, key)


def test_a_policy_that_locks_its_writer_out_is_refused(kms: Any) -> None:
    key, locked = make(kms), document(allow(role("somebody"), "kms:*"))
    for put in (lambda: kms.put_key_policy(KeyId=key, Policy=locked), lambda: kms.create_key(Policy=locked)):
        with refused("MalformedPolicyDocumentException", "will not allow you to update the key policy"):
            put()
    with refused("MalformedPolicyDocumentException"):
        kms.put_key_policy(KeyId=key, Policy="{}")
    with refused("LimitExceededException"):
        kms.put_key_policy(KeyId=key, Policy=document(allow(ROOT, "kms:*")) + " " * 32_768)
    with refused("NotFoundException", "No such policy"):
        kms.get_key_policy(KeyId=key, PolicyName="other")
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]


def test_a_changed_policy_holds_at_once(kms: Any, nobody: Any) -> None:
    key = make(kms, allow(role("nobody"), "kms:Encrypt"))
    encrypts(nobody, key)
    kms.put_key_policy(KeyId=key, Policy=document(allow(ROOT, "kms:*")))
    with denied():
        encrypts(nobody, key)


def test_policies_ask_for_the_encryption_context(kms: Any, nobody: Any) -> None:
    asked = {"kms:EncryptionContext:app": "a"}
    key = make(kms, allow(role("nobody"), "kms:Encrypt", StringEquals=asked))
    encrypts(nobody, key, app="a", more="x")
    for wrong in ({}, {"app": "b"}):
        with denied():
            encrypts(nobody, key, **wrong)


def test_policies_ask_for_the_algorithm_also_where_it_is_not_said(kms: Any, nobody: Any) -> None:
    algorithm = {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    allowed = allow(role("nobody"), "kms:Encrypt", "kms:GenerateDataKey", StringEquals=algorithm)
    key = make(kms, allowed)
    encrypts(nobody, key)
    nobody.generate_data_key(KeyId=key, KeySpec="AES_256")


def test_policies_ask_for_the_constraint_of_a_grant_that_is_made_or_retired(kms: Any, nobody: Any) -> None:
    asked = {"kms:GrantConstraintType": "EncryptionContextSubset", "kms:EncryptionContext:app": "a"}
    key = make(kms, allow(role("nobody"), "kms:CreateGrant", "kms:RetireGrant", StringEquals=asked))
    wanted = {"KeyId": key, "GranteePrincipal": role("else"), "Operations": ["Decrypt"]}
    for constraints in (
        {},
        {"EncryptionContextSubset": {"app": "b"}},
        {"EncryptionContextEquals": {"app": "a"}},
    ):
        with denied():
            nobody.create_grant(**wanted, Constraints=constraints)
        made = kms.create_grant(**wanted, Constraints=constraints)
        with denied():
            nobody.retire_grant(GrantToken=made["GrantToken"])
    made = nobody.create_grant(**wanted, Constraints={"EncryptionContextSubset": {"app": "a"}})
    nobody.retire_grant(GrantToken=made["GrantToken"])


def test_policies_ask_for_aliases_and_tags(kms: Any, nobody: Any) -> None:
    by_alias = allow(
        role("nobody"), "kms:Encrypt", **{"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/open"}}
    )
    by_tag = allow(role("nobody"), "kms:GenerateDataKey", StringEquals={"aws:ResourceTag/open": "yes"})
    key = make(kms, by_alias, by_tag)
    with denied():
        encrypts(nobody, key)
    kms.create_alias(AliasName="alias/open", TargetKeyId=key)
    encrypts(nobody, key)
    with denied():
        nobody.generate_data_key(KeyId=key, KeySpec="AES_256")
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "open", "TagValue": "yes"}])
    nobody.generate_data_key(KeyId=key, KeySpec="AES_256")


def test_an_alias_is_no_way_round_a_policy_about_the_key(server: LocalServer, kms: Any) -> None:
    client = clients_of(server, "by-arn")("kms")
    key, other = make(kms), make(kms)
    statement = {
        "Effect": "Allow",
        "Action": "kms:Encrypt",
        "Resource": [other, f"{other.rsplit(':', 1)[0]}:alias/*"],
    }
    server.client("iam").put_role_policy(
        RoleName="by-arn", PolicyName="p", PolicyDocument=document(statement)
    )
    kms.create_alias(AliasName="alias/way-round", TargetKeyId=key)
    encrypts(client, other)
    with denied():
        encrypts(client, "alias/way-round")


def test_another_account_needs_the_key_s_policy_and_its_own(kms: Any, theirs: Any) -> None:
    key = make(kms)
    with denied():
        encrypts(theirs, key)
    kms.put_key_policy(
        KeyId=key, Policy=document(allow(ROOT, "kms:*"), allow(f"arn:aws:iam::{OTHER}:root", "kms:*"))
    )
    blob = encrypts(theirs, key)
    assert theirs.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    for own in (theirs.disable_key, theirs.schedule_key_deletion, theirs.get_key_policy):
        with refused("NotFoundException"):
            own(KeyId=key)


def test_a_key_s_id_alone_names_no_other_account_s_key(kms: Any, theirs: Any) -> None:
    key = make(kms, allow("*", "kms:*"))
    encrypts(theirs, key)
    with refused("NotFoundException"):
        encrypts(theirs, key.rpartition("/")[2])


def test_a_grant_lets_its_grantee_do_what_it_names_and_no_more(kms: Any, nobody: Any) -> None:
    key = make(kms)
    made = kms.create_grant(
        KeyId=key, GranteePrincipal=role("nobody"), Operations=["Encrypt", "DescribeKey"], Name="g"
    )
    blob = encrypts(nobody, key)
    nobody.describe_key(KeyId=key, GrantTokens=[made["GrantToken"]])
    with denied():
        nobody.decrypt(CiphertextBlob=blob)
    (listed,) = kms.list_grants(KeyId=key)["Grants"]
    assert (listed["GrantId"], listed["Operations"]) == (made["GrantId"], ["Encrypt", "DescribeKey"])
    assert (listed["Name"], listed["GranteePrincipal"]) == ("g", role("nobody"))
    kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])
    with denied():
        encrypts(nobody, key)
    with refused("NotFoundException"):
        kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])


def test_the_same_grant_of_the_same_name_is_made_once(kms: Any) -> None:
    key = make(kms)
    wanted = {"KeyId": key, "GranteePrincipal": role("nobody"), "Operations": ["Encrypt"], "Name": "once"}
    assert kms.create_grant(**wanted)["GrantId"] == kms.create_grant(**wanted)["GrantId"]
    assert len(kms.list_grants(KeyId=key)["Grants"]) == 1


def test_a_grant_holds_under_its_constraint_only(kms: Any, nobody: Any) -> None:
    subset, whole = make(kms), make(kms)
    for key, constraint in ((subset, "EncryptionContextSubset"), (whole, "EncryptionContextEquals")):
        kms.create_grant(
            KeyId=key,
            GranteePrincipal=role("nobody"),
            Operations=["Encrypt", "Decrypt"],
            Constraints={constraint: {"App": "a*"}},
        )
    blob = encrypts(nobody, subset, App="a*", more="x")
    assert nobody.decrypt(CiphertextBlob=blob, EncryptionContext={"App": "a*", "more": "x"})
    encrypts(nobody, whole, App="a*")
    for key, wrong in (
        (subset, {}),
        (subset, {"app": "a*"}),
        (subset, {"App": "ab"}),
        (whole, {"App": "a*", "b": ""}),
    ):
        with denied():
            encrypts(nobody, key, **wrong)


def test_an_explicit_deny_wins_over_a_grant(kms: Any, nobody: Any) -> None:
    key = make(kms, {**allow(role("nobody"), "kms:Encrypt"), "Effect": "Deny"})
    kms.create_grant(KeyId=key, GranteePrincipal=role("nobody"), Operations=["Encrypt"])
    with denied("explicit deny"):
        encrypts(nobody, key)


def test_a_grant_reaches_into_another_account(kms: Any, theirs: Any) -> None:
    key = make(kms)
    kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{OTHER}:root", Operations=["Encrypt"])
    encrypts(theirs, key)


def test_who_may_grant_by_a_grant_gives_no_more_than_that_holds(kms: Any, nobody: Any) -> None:
    key = make(kms)
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=role("nobody"),
        Operations=["CreateGrant", "Encrypt"],
        Constraints={"EncryptionContextSubset": {"app": "a"}},
    )
    wanted: dict[str, Any] = {"KeyId": key, "GranteePrincipal": role("else")}
    inside = {"EncryptionContextSubset": {"app": "a", "b": "c"}}
    nobody.create_grant(**wanted, Operations=["Encrypt"], Constraints=inside)
    for operations, constraints in (
        (["Decrypt"], inside),
        (["Encrypt"], {}),
        (["Encrypt"], {"EncryptionContextSubset": {"app": "b"}}),
    ):
        with denied():
            nobody.create_grant(**wanted, Operations=operations, Constraints=constraints)


def test_a_grant_is_retired_by_whom_it_names_for_that(kms: Any, nobody: Any, anybody: Any) -> None:
    key = make(kms)
    wanted = {"KeyId": key, "GranteePrincipal": role("else"), "Operations": ["Encrypt"]}
    one = kms.create_grant(**wanted)
    other = kms.create_grant(**wanted, RetiringPrincipal=role("nobody"))
    with denied():
        nobody.retire_grant(GrantToken=one["GrantToken"])
    nobody.retire_grant(KeyId=key, GrantId=other["GrantId"])
    anybody.retire_grant(GrantToken=one["GrantToken"])
    assert kms.list_grants(KeyId=key)["Grants"] == []
    with refused("InvalidGrantTokenException"):
        kms.retire_grant(GrantToken=one["GrantToken"])
    with refused("ValidationException"):
        kms.retire_grant()


def test_grants_are_listed_by_who_may_retire_them(kms: Any) -> None:
    key = make(kms)
    made = kms.create_grant(
        KeyId=key, GranteePrincipal=role("else"), Operations=["Encrypt"], RetiringPrincipal=role("retirer")
    )
    (listed,) = kms.list_retirable_grants(RetiringPrincipal=role("retirer"))["Grants"]
    assert (listed["GrantId"], listed["KeyId"]) == (made["GrantId"], key)
    with refused("InvalidArnException"):
        kms.list_retirable_grants(RetiringPrincipal=f"arn:aws:iam::{OTHER}:role/retirer")


@pytest.mark.parametrize(
    "grantee", ["*", "nobody", "arn:aws:iam::1:role/x", "arn:aws:s3:::bucket", "AROAAAAAAAAAA"]
)
def test_a_grant_names_somebody(kms: Any, grantee: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidArnException|ValidationException"):
        kms.create_grant(KeyId=make(kms), GranteePrincipal=grantee, Operations=["Encrypt"])


def test_a_grant_is_of_what_the_key_can_do(kms: Any) -> None:
    with refused("ValidationException", "Sign is not supported"):
        kms.create_grant(KeyId=make(kms), GranteePrincipal=role("x"), Operations=["Sign"])


def test_aws_keeps_a_key_for_a_service_that_only_the_service_may_use(
    server: LocalServer, kms: Any, anybody: Any
) -> None:
    shown = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]
    assert shown["KeyManager"] == "AWS"
    for use in (
        lambda: encrypts(anybody, "alias/aws/secretsmanager"),
        lambda: encrypts(kms, shown["Arn"]),
        lambda: kms.schedule_key_deletion(KeyId=shown["KeyId"]),
    ):
        with denied():
            use()
    sealed = as_service(server, "encrypt", KeyId="alias/aws/secretsmanager", Plaintext=b"x")
    assert sealed["KeyId"] == shown["Arn"]
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/aws/nothing")


def test_a_key_of_a_service_is_made_when_that_first_uses_it(server: LocalServer, kms: Any) -> None:
    with denied_or_missing():
        encrypts(kms, "alias/aws/sqs")
    sealed = as_service(server, "encrypt", "sqs", KeyId="alias/aws/sqs", Plaintext=b"x")
    assert kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"]["Arn"] == sealed["KeyId"]


def denied_or_missing() -> Any:
    return pytest.raises(ClientError, match=r"AccessDenied|NotFound")


def as_service(
    server: LocalServer, operation: str, service: str = "secretsmanager", **params: Any
) -> dict[str, Any]:
    """Returns the answer to root, for whom the service asks."""
    name = "".join(part.capitalize() for part in operation.split("_"))
    calls: Callable[..., Any] = server.app.gateway
    answer: dict[str, Any] = server.wait(
        calls(
            "kms",
            name,
            params,
            principal=Principal.root(ACCOUNT),
            account=ACCOUNT,
            region=REGION,
            via=f"{service}.amazonaws.com",
        )
    )
    return answer
