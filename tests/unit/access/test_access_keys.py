"""Who may use a key: a policy of the kind ``key`` must name the caller even in its own account; grants add to it."""

from dataclasses import replace
from typing import Any

import pytest

from penstock.access import Decision, Policy, PolicyError, Principal, decide, parse_policy

ME, OTHER = "111111111111", "222222222222"
KEY = f"arn:aws:kms:us-east-1:{ME}:key/k"
ROLE = f"arn:aws:iam::{ME}:role/worker"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def key(principal: str, effect: str = "Allow") -> Policy:
    content = {"Effect": effect, "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*"}
    return parse_policy(document(content), kind="key")


def own(effect: str, action: str = "kms:*") -> Policy:
    return parse_policy(document({"Effect": effect, "Action": action, "Resource": "*"}), kind="identity")


def role(*policies: Policy, account: str = ME, **more: Any) -> Principal:
    session = f"arn:aws:sts::{account}:assumed-role/worker/run"
    named = ROLE.replace(ME, account)
    return Principal("role", account, session, "AROAEXAMPLE:run", role_arn=named, identity=policies, **more)


def granted(policy: Policy, grantee: str) -> Policy:
    return replace(policy, grants=key(grantee).statements)


def ask(principal: Principal, policy: Policy) -> Decision:
    return decide(principal, "kms:Decrypt", KEY, {}, policy, ME)


ALLOW, DENY = own("Allow"), own("Deny")
ACCOUNT, STRANGERS = key(ME), key(ROLE.replace("worker", "else"))


def test_the_account_that_a_key_names_says_itself_who() -> None:
    assert ask(role(ALLOW), ACCOUNT).allowed
    refused = ask(role(), ACCOUNT)
    assert not refused.allowed and "no identity-based policy allows the kms:Decrypt action" in refused.reason


def test_whom_a_key_does_not_name_is_not_let_in_by_policies_of_its_own() -> None:
    for principal in (role(ALLOW), Principal.root(ME)):
        refused = ask(principal, STRANGERS)
        assert (
            not refused.allowed and "no resource-based policy allows the kms:Decrypt action" in refused.reason
        )


def test_whom_a_key_names_needs_no_other_policy() -> None:
    assert ask(role(), key(ROLE)).allowed
    assert ask(Principal.root(ME), ACCOUNT).allowed


def test_another_account_needs_a_policy_of_its_own() -> None:
    assert not ask(role(account=OTHER), key("*")).allowed
    assert ask(role(ALLOW, account=OTHER), key("*")).allowed


def test_a_grant_lets_in_whom_neither_policy_does() -> None:
    assert ask(role(), granted(STRANGERS, ROLE)).allowed
    assert ask(role(account=OTHER), granted(STRANGERS, ROLE.replace(ME, OTHER))).allowed
    assert not ask(role(account=OTHER), granted(STRANGERS, ROLE)).allowed


def test_a_grant_to_an_account_leaves_it_to_the_account_s_policies() -> None:
    assert not ask(role(account=OTHER), granted(STRANGERS, OTHER)).allowed
    assert ask(role(ALLOW, account=OTHER), granted(STRANGERS, OTHER)).allowed
    assert ask(Principal.root(OTHER), granted(STRANGERS, OTHER)).allowed


def test_an_explicit_deny_wins_over_a_grant() -> None:
    assert not ask(role(DENY), granted(ACCOUNT, ROLE)).allowed
    assert not ask(role(), granted(key(ROLE, "Deny"), ROLE)).allowed


def test_what_bounds_a_session_bounds_what_a_grant_gives() -> None:
    other = own("Allow", "kms:Encrypt")
    refused = ask(role(session=other), granted(STRANGERS, ROLE))
    assert not refused.allowed and "no session policy allows" in refused.reason


def test_a_key_s_policy_names_principals_and_resources() -> None:
    with pytest.raises(PolicyError, match="Principal"):
        parse_policy(document({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}), kind="key")
    with pytest.raises(PolicyError, match="Resource"):
        parse_policy(document({"Effect": "Allow", "Action": "kms:*", "Principal": "*"}), kind="key")
