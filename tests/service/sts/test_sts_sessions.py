"""Sessions of roles: who may open one, what it may do, and when it is over."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config
from tests.kit.sessions import HOUR_S, allow, client, refused, role

from penstock.access import Principal
from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION, client_config

STRANGER = "111122223333"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:secret-one,{STRANGER}:AKIAPENSTOCKTESTING2:secret-two"
    with LocalServer(accounts=accounts) as running:
        yield running


@pytest.fixture
def sts(server: LocalServer) -> Any:
    return server.client("sts")


def test_root_is_told_who_it_is(sts: Any) -> None:
    found = sts.get_caller_identity()
    assert (found["Account"], found["UserId"]) == (ACCOUNT, ACCOUNT)
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_a_session_is_told_who_it_is_and_needs_no_permission_for_it(server: LocalServer, sts: Any) -> None:
    arn = role(server, "who", {"AWS": ACCOUNT})
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="me@x")
    credentials, user = answer["Credentials"], answer["AssumedRoleUser"]
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["AccessKeyId"]) == 20
    assert user["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/who/me@x"
    assert user["AssumedRoleId"].startswith("AROA") and user["AssumedRoleId"].endswith(":me@x")
    found = client(server, "sts", credentials).get_caller_identity()
    assert (found["Arn"], found["UserId"]) == (user["Arn"], user["AssumedRoleId"])


def test_a_session_may_do_what_the_role_may_at_this_moment(server: LocalServer, sts: Any) -> None:
    arn = role(server, "now", {"AWS": ACCOUNT})
    session = client(server, "iam", sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])
    code, message, status = refused(session.list_roles)
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/now/s1 is not authorized to perform: iam:ListRoles "
        f"on resource: arn:aws:iam::{ACCOUNT}:role/ because no identity-based policy allows the iam:ListRoles action"
    )
    iam = server.client("iam")
    iam.put_role_policy(RoleName="now", PolicyName="p", PolicyDocument=allow("iam:List*"))
    assert session.list_roles()["Roles"]
    iam.delete_role_policy(RoleName="now", PolicyName="p")
    assert refused(session.list_roles)[0] == "AccessDenied"
    admin = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName="now", PolicyArn=admin)
    assert session.list_roles()["Roles"]
    iam.detach_role_policy(RoleName="now", PolicyArn=admin)
    assert refused(session.list_roles)[0] == "AccessDenied"


def test_permissions_on_roles_count_their_path(server: LocalServer, sts: Any) -> None:
    iam = server.client("iam")
    trust = json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:*"}}
    )
    for path in ("/team/", "/"):
        iam.create_role(RoleName=f"in{path.strip('/')}", Path=path, AssumeRolePolicyDocument=trust)
    arn = role(server, "team-lead", {"AWS": ACCOUNT})
    statement = {"Effect": "Allow", "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT}:role/team/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_role_policy(RoleName="team-lead", PolicyName="p", PolicyDocument=document)
    session = client(server, "iam", sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])
    session.put_role_policy(RoleName="inteam", PolicyName="p", PolicyDocument=allow("s3:*"))
    assert session.list_role_policies(RoleName="inteam")["PolicyNames"] == ["p"]
    assert refused(session.get_role, RoleName="in")[0] == "AccessDenied"
    assert refused(session.get_role, RoleName="nobody")[0] == "AccessDenied"


def test_a_new_default_version_is_in_force_at_once(server: LocalServer, sts: Any) -> None:
    iam = server.client("iam")
    arn = role(server, "versioned", {"AWS": ACCOUNT})
    policy = iam.create_policy(PolicyName="versioned", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="versioned", PolicyArn=policy)
    session = client(server, "iam", sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])
    assert refused(session.list_roles)[0] == "AccessDenied"
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=allow("iam:*"), SetAsDefault=True)
    assert session.list_roles()["Roles"]
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    assert refused(session.list_roles)[0] == "AccessDenied"


def test_a_session_of_a_deleted_role_may_do_nothing(server: LocalServer, sts: Any) -> None:
    iam = server.client("iam")
    arn = role(server, "gone", {"AWS": ACCOUNT}, "iam:*")
    session = client(server, "iam", sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])
    assert session.list_roles()["Roles"]
    iam.delete_role_policy(RoleName="gone", PolicyName="p")
    iam.delete_role(RoleName="gone")
    role(server, "gone", {"AWS": ACCOUNT}, "iam:*")
    assert refused(session.list_roles)[::2] == ("InvalidClientTokenId", 403)


def test_a_bucket_open_to_everybody_is_closed_to_sessions_of_a_deleted_role(
    server: LocalServer, sts: Any
) -> None:
    s3, iam = server.client("s3"), server.client("iam")
    s3.create_bucket(Bucket="for-the-account")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::for-the-account",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    s3.put_bucket_policy(Bucket="for-the-account", Policy=document)
    arn = role(server, "short-lived", {"AWS": ACCOUNT})
    session = client(server, "s3", sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])
    assert session.list_objects_v2(Bucket="for-the-account")["KeyCount"] == 0
    iam.delete_role(RoleName="short-lived")
    assert refused(session.list_objects_v2, Bucket="for-the-account")[::2] == ("InvalidAccessKeyId", 403)


def test_a_session_policy_narrows_the_session(server: LocalServer, sts: Any) -> None:
    arn = role(server, "narrow", {"AWS": ACCOUNT}, "iam:*")
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="s1", Policy=allow("iam:GetRole"))
    assert 0 < answer["PackedPolicySize"] <= 100
    session = client(server, "iam", answer["Credentials"])
    assert session.get_role(RoleName="narrow")["Role"]["Arn"] == arn
    message = refused(session.list_roles)[1]
    assert message.endswith("because no session policy allows the iam:ListRoles action")
    managed = [{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}]
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="s2", PolicyArns=managed)
    assert refused(client(server, "iam", answer["Credentials"]).list_roles)[0] == "AccessDenied"
    code, _, status = refused(sts.assume_role, RoleArn=arn, RoleSessionName="s3", Policy='{"a":1}')
    assert (code, status) == ("MalformedPolicyDocument", 400)


def test_a_session_ends_when_its_time_is_over(server: LocalServer, sts: Any) -> None:
    arn = role(server, "timed", {"AWS": ACCOUNT}, "s3:*")
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="s1", DurationSeconds=900)
    left = answer["Credentials"]["Expiration"].timestamp() * 1000 - server.clock.now_ms()
    assert 0 < left <= 900_000
    server.advance(800)
    assert client(server, "sts", answer["Credentials"]).get_caller_identity()
    server.advance(101)
    code, message, status = refused(client(server, "sts", answer["Credentials"]).get_caller_identity)
    assert (code, status) == ("ExpiredToken", 403)
    assert message == "The security token included in the request is expired"
    assert refused(client(server, "s3", answer["Credentials"]).list_buckets)[::2] == ("ExpiredToken", 400)


def test_sessions_are_revoked_by_the_time_of_their_token(server: LocalServer, sts: Any) -> None:
    arn = role(server, "revoked", {"AWS": ACCOUNT}, "iam:*")
    assume = {"RoleArn": arn, "RoleSessionName": "s1"}
    old = client(server, "iam", sts.assume_role(**assume)["Credentials"])
    assert old.list_roles()["Roles"]
    server.advance(10)
    moment = datetime.fromtimestamp(server.clock.now_ms() / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {"DateLessThan": {"aws:TokenIssueTime": moment}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": deny})
    server.client("iam").put_role_policy(
        RoleName="revoked", PolicyName="AWSRevokeOlderSessions", PolicyDocument=document
    )
    assert refused(old.list_roles)[0] == "AccessDenied"
    assert client(server, "iam", sts.assume_role(**assume)["Credentials"]).list_roles()["Roles"]


def test_a_session_without_mfa_says_so(server: LocalServer, sts: Any) -> None:
    arn = role(server, "no-mfa", {"AWS": ACCOUNT}, "iam:*")
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    deny = {"Effect": "Deny", "Action": "iam:List*", "Resource": "*", "Condition": condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": deny})
    server.client("iam").put_role_policy(RoleName="no-mfa", PolicyName="mfa", PolicyDocument=document)
    session = client(server, "iam", sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"])
    assert refused(session.list_roles)[0] == "AccessDenied"


def test_a_wrong_session_token_is_refused(server: LocalServer, sts: Any) -> None:
    arn = role(server, "token", {"AWS": ACCOUNT})
    credentials = sts.assume_role(RoleArn=arn, RoleSessionName="s1")["Credentials"]
    for bent in ({"SessionToken": "other"}, {"SessionToken": None}):
        code, _, status = refused(client(server, "sts", credentials | bent).get_caller_identity)
        assert (code, status) == ("InvalidClientTokenId", 403)


def test_durations_are_bounded(server: LocalServer, sts: Any) -> None:
    arn = role(server, "long", {"AWS": ACCOUNT}, "sts:AssumeRole")
    assume = {"RoleArn": arn, "RoleSessionName": "s1"}
    unchecked = server.client("sts", config=client_config().merge(Config(parameter_validation=False)))
    for seconds in (899, 43201):
        code, message, status = refused(unchecked.assume_role, DurationSeconds=seconds, **assume)
        assert (code, status) == ("ValidationError", 400)
        assert f"Value '{seconds}' at 'durationSeconds' failed to satisfy constraint" in message
    assert refused(sts.assume_role, DurationSeconds=2 * HOUR_S + 1, **assume) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        400,
    )
    session = client(server, "sts", sts.assume_role(DurationSeconds=2 * HOUR_S, **assume)["Credentials"])
    chained = refused(session.assume_role, DurationSeconds=HOUR_S + 1, **assume)
    assert chained[1].endswith("1 hour session limit for roles assumed by role chaining")
    assert session.assume_role(DurationSeconds=HOUR_S, **assume)["Credentials"]


def test_a_role_that_does_not_trust_the_caller_is_denied_like_one_that_is_not_there(
    server: LocalServer, sts: Any
) -> None:
    arn = role(server, "lambda-only", {"Service": "lambda.amazonaws.com"})
    words = f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: sts:AssumeRole on resource: "
    for target in (arn, f"arn:aws:iam::{ACCOUNT}:role/nobody"):
        code, message, status = refused(sts.assume_role, RoleArn=target, RoleSessionName="s1")
        assert (code, status) == ("AccessDenied", 403)
        assert message.startswith(words + target)


def test_another_account_needs_trust_and_its_external_id(server: LocalServer) -> None:
    stranger = client(server, "sts", {"AccessKeyId": "AKIAPENSTOCKTESTING2", "SecretAccessKey": "secret-two"})
    assert stranger.get_caller_identity()["Account"] == STRANGER
    closed = role(server, "closed", {"AWS": ACCOUNT})
    assert refused(stranger.assume_role, RoleArn=closed, RoleSessionName="s1")[0] == "AccessDenied"
    condition = {"StringEquals": {"sts:ExternalId": "shared"}}
    shared = role(server, "shared", {"AWS": f"arn:aws:iam::{STRANGER}:root"}, Condition=condition)
    assert refused(stranger.assume_role, RoleArn=shared, RoleSessionName="s1")[0] == "AccessDenied"
    answer = stranger.assume_role(RoleArn=shared, RoleSessionName="s1", ExternalId="shared")
    assert client(server, "sts", answer["Credentials"]).get_caller_identity()["Account"] == ACCOUNT


def test_a_service_assumes_the_roles_that_trust_it(server: LocalServer) -> None:
    arn = role(server, "function", {"Service": "lambda.amazonaws.com"}, "iam:List*")
    params = {"RoleArn": arn, "RoleSessionName": "fn"}

    def assume(service: str) -> Any:
        principal = Principal.of_service(service, ACCOUNT)
        call = server.app.gateway
        return server.wait(
            call("sts", "AssumeRole", params, principal=principal, account=ACCOUNT, region=REGION)
        )

    session = client(server, "iam", assume("lambda.amazonaws.com")["Credentials"])
    assert session.list_roles()["Roles"]
    with pytest.raises(Exception, match="AccessDenied"):
        assume("events.amazonaws.com")


def test_a_service_is_no_principal_of_the_account_it_acts_for(server: LocalServer) -> None:
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName="of-the-account")["QueueUrl"]
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT}:of-the-account",
        "Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    with pytest.raises(Exception, match="AccessDenied"):
        server.wait(
            server.app.gateway(
                "sqs",
                "SendMessage",
                {"QueueUrl": url, "MessageBody": "x"},
                principal=Principal.of_service("events.amazonaws.com", ACCOUNT),
                account=ACCOUNT,
                region=REGION,
            )
        )


def test_what_sts_does_not_know_says_so(server: LocalServer, sts: Any) -> None:
    arn = role(server, "tagged", {"AWS": ACCOUNT})
    code, message, status = refused(
        sts.assume_role, RoleArn=arn, RoleSessionName="s1", SerialNumber="GAHT12345678", TokenCode="123456"
    )
    assert (code, status) == ("NotImplemented", 501)
    assert "SerialNumber" in message
    assert (
        refused(sts.assume_role, RoleArn="not an arn, but long", RoleSessionName="s1")[0] == "ValidationError"
    )
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="a b")[0] == "ValidationError"


def test_operations_that_nobody_signs_are_not_implemented_and_say_so(sts: Any) -> None:
    code, message, status = refused(
        sts.assume_role_with_saml,
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/any",
        PrincipalArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/any",
        SAMLAssertion="an-assertion",
    )
    assert (code, status) == ("NotImplemented", 501)
    assert "sts:AssumeRoleWithSAML" in message
