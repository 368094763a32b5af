"""Who may do what: policies weighed as AWS weighs them."""

from typing import Any

import pytest

from penstock.access import (
    ANONYMOUS,
    JSON,
    QUERY,
    REST_XML,
    Decision,
    Policy,
    PolicyError,
    Principal,
    decide,
    parse_policy,
)

ME, OTHER = "111111111111", "222222222222"
BUCKET, KEY = "arn:aws:s3:::b", "arn:aws:s3:::b/k"
ROLE = f"arn:aws:iam::{ME}:role/app/worker"
SESSION = f"arn:aws:sts::{ME}:assumed-role/worker/run"


def statement(effect: str, action: Any = "s3:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def identity(*statements: dict[str, Any]) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, kind="identity")


def resource(*statements: dict[str, Any]) -> Policy:
    return parse_policy({"Version": "2012-10-17", "Statement": list(statements)}, kind="resource")


def trust(principal: Any, effect: str = "Allow", **more: Any) -> Policy:
    content = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", **more}
    return parse_policy({"Version": "2012-10-17", "Statement": content}, kind="trust")


def role(*policies: Policy, session: Policy | None = None, account: str = ME) -> Principal:
    return Principal(
        "role",
        account,
        SESSION.replace(ME, account),
        "AROAEXAMPLE:run",
        role_arn=ROLE.replace(ME, account),
        identity=policies,
        session=session,
    )


def ask(principal: Principal, policy: Policy | None = None, account: str = ME, **context: Any) -> Decision:
    return decide(principal, "s3:GetObject", KEY, context, policy, account)


ALLOW, DENY = identity(statement("Allow")), identity(statement("Deny"))
ROOT, STRANGER = Principal.root(ME), Principal.root(OTHER)


def test_a_role_may_do_what_its_policy_allows_and_nothing_else() -> None:
    assert ask(role(ALLOW)).allowed
    refused = ask(role())
    assert not refused.allowed
    assert refused.reason == (
        f"User: {SESSION} is not authorized to perform: s3:GetObject on resource: "
        f"{KEY} because no identity-based policy allows the s3:GetObject action"
    )


def test_an_explicit_deny_wins_over_every_allow() -> None:
    everything = resource(statement("Allow", Principal="*"))
    for principal, where in (
        (role(ALLOW, DENY), "with an explicit deny in an identity-based policy"),
        (role(ALLOW, session=DENY), "with an explicit deny in a session policy"),
    ):
        decision = ask(principal, everything)
        assert not decision.allowed
        assert decision.reason.endswith(where)
    denied = ask(role(ALLOW), resource(statement("Deny", Principal="*")))
    assert denied.reason.endswith("with an explicit deny in a resource-based policy")


def test_root_may_do_everything_in_its_account_unless_the_resource_denies_it() -> None:
    assert ask(ROOT).allowed
    assert not ask(ROOT, resource(statement("Deny", Principal="*"))).allowed
    assert not ask(ROOT, account=OTHER).allowed


def test_a_refusal_spells_action_and_resource_as_the_services_of_its_protocol_do() -> None:
    refused = ask(role())
    assert f'on resource: "{KEY}" because' in REST_XML.access_denied(refused).message
    assert f"perform: s3:GetObject on resource: {KEY} because" in JSON.access_denied(refused).message
    lower = QUERY.spelling(str.lower).access_denied(refused)
    assert lower.message.endswith("because no identity-based policy allows the s3:getobject action")


@pytest.mark.parametrize(
    "named", ["*", {"AWS": "*"}, {"AWS": [ROLE]}, {"AWS": SESSION}, {"AWS": "AROAEXAMPLE"}]
)
def test_in_one_account_the_resource_policy_suffices(named: Any) -> None:
    assert ask(role(), resource(statement("Allow", Principal=named))).allowed


@pytest.mark.parametrize("named", [{"AWS": ME}, {"AWS": f"arn:aws:iam::{ME}:root"}])
def test_naming_an_account_leaves_it_to_that_accounts_policies(named: Any) -> None:
    policy = resource(statement("Allow", Principal=named))
    assert not ask(role(), policy).allowed
    assert ask(role(ALLOW), policy).allowed


@pytest.mark.parametrize("named", ["*", {"AWS": OTHER}, {"AWS": f"arn:aws:iam::{OTHER}:role/app/worker"}])
def test_across_accounts_both_sides_must_allow(named: Any) -> None:
    policy = resource(statement("Allow", Principal=named))
    assert ask(role(ALLOW, account=OTHER), policy).allowed
    assert not ask(role(account=OTHER), policy).allowed
    assert not ask(role(ALLOW, account=OTHER)).allowed
    reason = ask(role(ALLOW, account=OTHER)).reason
    assert reason.endswith("because no resource-based policy allows the s3:GetObject action")


def test_another_accounts_root_needs_the_resource_policy_only() -> None:
    assert ask(STRANGER, resource(statement("Allow", Principal={"AWS": OTHER}))).allowed
    assert not ask(STRANGER, resource(statement("Allow", Principal={"AWS": ME}))).allowed


def test_a_session_policy_narrows_what_the_role_may() -> None:
    narrow = identity(statement("Allow", "s3:PutObject"))
    assert not ask(role(ALLOW, session=narrow)).allowed
    assert ask(role(ALLOW, session=ALLOW)).allowed
    assert not ask(role(session=ALLOW)).allowed
    assert ask(role(ALLOW, session=narrow)).reason.endswith(
        "because no session policy allows the s3:GetObject action"
    )


def test_a_session_policy_narrows_a_grant_to_the_role_but_not_one_to_the_session() -> None:
    narrow = identity(statement("Allow", "s3:PutObject"))
    to_role = resource(statement("Allow", Principal={"AWS": ROLE}))
    to_session = resource(statement("Allow", Principal={"AWS": SESSION}))
    assert not ask(role(session=narrow), to_role).allowed
    assert ask(role(session=narrow), to_session).allowed


def test_anonymous_callers_need_a_policy_for_everybody() -> None:
    assert ask(ANONYMOUS, resource(statement("Allow", Principal="*"))).allowed
    assert not ask(ANONYMOUS, resource(statement("Allow", Principal={"AWS": ME}))).allowed
    assert not ask(ANONYMOUS).allowed
    assert ask(ANONYMOUS).reason == (
        f"User: anonymous is not authorized to perform: s3:GetObject on resource: {KEY} "
        "because no resource-based policy allows the s3:GetObject action"
    )


def test_a_service_needs_a_resource_policy_that_names_it_for_this_source() -> None:
    queue = f"arn:aws:sqs:us-east-1:{ME}:q"
    policy = resource(
        statement(
            "Allow",
            "sqs:SendMessage",
            queue,
            Principal={"Service": "s3.amazonaws.com"},
            Condition={
                "ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:b"},
                "StringEquals": {"aws:SourceAccount": ME},
            },
        )
    )
    context = {"aws:SourceArn": BUCKET, "aws:SourceAccount": ME}
    s3, sns = Principal.of_service("s3.amazonaws.com", ME), Principal.of_service("sns.amazonaws.com", ME)

    def may(principal: Principal, context: dict[str, str], policy: Policy | None) -> bool:
        return decide(principal, "sqs:SendMessage", queue, context, policy, ME).allowed

    assert may(s3, context, policy)
    assert not may(sns, context, policy)
    assert not may(s3, context | {"aws:SourceArn": "arn:aws:s3:::other"}, policy)
    assert not may(s3, context | {"aws:SourceAccount": OTHER}, policy)
    assert not may(s3, {}, policy)
    assert not may(s3, context, None)


def test_not_principal_denies_everybody_else() -> None:
    policy = resource(statement("Deny", NotPrincipal={"AWS": [ROLE, ME]}))
    assert ask(role(ALLOW), policy).allowed
    assert not ask(role(ALLOW, account=OTHER), policy).allowed
    assert not ask(ANONYMOUS, policy).allowed


def test_not_principal_that_lists_an_account_does_not_spare_its_roles() -> None:
    policy = resource(statement("Deny", NotPrincipal={"AWS": f"arn:aws:iam::{ME}:root"}))
    assert ask(ROOT, policy).allowed
    assert not ask(role(ALLOW), policy).allowed


def test_not_principal_does_not_go_with_allow() -> None:
    with pytest.raises(PolicyError, match="Invalid policy syntax"):
        resource(statement("Allow", NotPrincipal={"AWS": ME}))


def test_a_deny_for_an_account_reaches_its_roles() -> None:
    assert not ask(role(ALLOW), resource(statement("Deny", Principal={"AWS": ME}))).allowed


def test_actions_match_in_any_case_and_resources_do_not() -> None:
    assert ask(role(identity(statement("Allow", "S3:getobj*", "arn:aws:s3:::?/k")))).allowed
    assert not ask(role(identity(statement("Allow", "s3:GetObject", "arn:aws:s3:::B/k")))).allowed


def test_not_action_and_not_resource_are_the_rest() -> None:
    rest = identity({"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret/*"})
    assert ask(role(rest)).allowed
    assert not decide(role(rest), "iam:GetRole", KEY, {}, None, ME).allowed
    assert not decide(role(rest), "s3:GetObject", "arn:aws:s3:::secret/k", {}, None, ME).allowed


def test_a_trust_policy_must_name_the_caller_even_in_its_own_account() -> None:
    may_assume = identity(statement("Allow", "sts:AssumeRole"))

    def assume(principal: Principal, policy: Policy, account: str = ME) -> bool:
        return decide(principal, "sts:AssumeRole", ROLE, {}, policy, account).allowed

    service = trust({"Service": "lambda.amazonaws.com"})
    assert assume(Principal.of_service("lambda.amazonaws.com", ME), service)
    assert not assume(Principal.of_service("events.amazonaws.com", ME), service)
    assert not assume(ROOT, service)
    assert not assume(role(may_assume), service)
    assert assume(ROOT, trust({"AWS": ME}))
    assert assume(role(may_assume), trust({"AWS": ME}))
    assert not assume(role(), trust({"AWS": ME}))
    assert assume(role(), trust({"AWS": ROLE}))
    assert not assume(role(account=OTHER), trust({"AWS": OTHER}))
    assert assume(role(may_assume, account=OTHER), trust({"AWS": OTHER}))
    assert not assume(ROOT, trust({"AWS": ME}, "Deny"))


def test_the_trust_policys_refusals_have_their_own_words() -> None:
    decision = decide(ROOT, "sts:AssumeRole", ROLE, {}, trust({"Service": "lambda.amazonaws.com"}), ME)
    assert decision.reason.endswith("because no role trust policy allows the sts:AssumeRole action")
