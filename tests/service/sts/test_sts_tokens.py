"""Sessions of users, of federated users, tags and source identities of sessions."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.kit.sessions import HOUR_S, allow, client, refused, role

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION

STRANGER = "111122223333"
ASSUME_AND_TAG = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:secret-one,{STRANGER}:AKIAPENSTOCKTESTING2:secret-two"
    with LocalServer(accounts=accounts) as running:
        yield running


@pytest.fixture(scope="module")
def iam(server: LocalServer) -> Any:
    return server.client("iam")


@pytest.fixture(scope="module")
def sts(server: LocalServer) -> Any:
    return server.client("sts")


def user(iam: Any, name: str, *actions: str) -> dict[str, Any]:
    """Returns the long-term key of a new user."""
    iam.create_user(UserName=name)
    if actions:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow(*actions))
    return dict(iam.create_access_key(UserName=name)["AccessKey"])


def tags(**given: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in given.items()]


def statement(effect: str, action: Any, **more: Any) -> str:
    content = {"Effect": effect, "Action": action, "Resource": "*"} | more
    return json.dumps({"Version": "2012-10-17", "Statement": content})


def test_a_session_of_a_user_is_the_user_until_it_ends(server: LocalServer, iam: Any) -> None:
    key = user(iam, "self", "s3:ListAllMyBuckets", "iam:*")
    found = client(server, "sts", key).get_session_token(DurationSeconds=900)["Credentials"]
    assert found["AccessKeyId"].startswith("ASIA")
    own = client(server, "sts", found)
    assert own.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/self"
    client(server, "s3", found).list_buckets()
    assert refused(client(server, "iam", found).list_users)[::2] == ("InvalidClientTokenId", 403)
    assert refused(own.get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
        403,
    )
    assert refused(own.get_federation_token, Name="bob")[0] == "AccessDenied"
    temporary = statement("Deny", "s3:*", Condition={"Null": {"aws:TokenIssueTime": "false"}})
    iam.put_user_policy(UserName="self", PolicyName="lasting", PolicyDocument=temporary)
    assert refused(client(server, "s3", found).list_buckets)[0] == "AccessDenied"
    client(server, "s3", key).list_buckets()


def test_a_session_ends_with_its_user_and_a_new_user_of_that_name_does_not_wake_it(
    server: LocalServer, iam: Any
) -> None:
    key = user(iam, "leaving")
    iam.put_user_policy(UserName="leaving", PolicyName="p", PolicyDocument=allow("sts:GetFederationToken"))
    opener = client(server, "sts", key)
    own = client(server, "sts", opener.get_session_token()["Credentials"])
    bob = client(server, "sts", opener.get_federation_token(Name="bob")["Credentials"])
    assert own.get_caller_identity()["Arn"].endswith("user/leaving")
    assert bob.get_caller_identity()["Arn"].endswith("federated-user/bob")
    iam.delete_user_policy(UserName="leaving", PolicyName="p")
    iam.delete_access_key(UserName="leaving", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="leaving")
    for session in (own, bob):
        assert refused(session.get_caller_identity)[0] == "InvalidClientTokenId"
    user(iam, "leaving")
    for session in (own, bob):
        assert refused(session.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_of_root_lasts_an_hour_at_most(server: LocalServer, sts: Any) -> None:
    found = sts.get_session_token(DurationSeconds=129_600)["Credentials"]
    now = sts.get_session_token(DurationSeconds=900)["Credentials"]["Expiration"]
    assert (found["Expiration"] - now).total_seconds() <= HOUR_S - 900
    assert client(server, "sts", found).get_caller_identity()["Arn"].endswith(":root")
    assert refused(client(server, "iam", found).list_users)[0] == "InvalidClientTokenId"


def test_a_federated_user_may_what_its_user_and_its_session_policy_both_allow(
    server: LocalServer, iam: Any
) -> None:
    key = user(iam, "proxy", "s3:ListAllMyBuckets", "sts:GetFederationToken", "iam:*")
    opener = client(server, "sts", key)
    made = opener.get_federation_token(Name="bob", Policy=allow("s3:*", "sqs:*", "iam:*"))
    assert made["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:bob",
        "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    }
    assert made["PackedPolicySize"] > 0
    bob = made["Credentials"]
    who = client(server, "sts", bob).get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (made["FederatedUser"]["Arn"], f"{ACCOUNT}:bob")
    client(server, "s3", bob).list_buckets()
    assert refused(client(server, "sqs", bob).list_queues)[0] == "AccessDenied"
    assert refused(client(server, "iam", bob).list_users)[0] == "InvalidClientTokenId"
    for call in ("get_session_token", "get_federation_token"):
        params = {"Name": "eve"} if "federation" in call else {}
        assert refused(getattr(client(server, "sts", bob), call), **params)[0] == "AccessDenied"
    arn = role(server, "not-for-bob", "*")
    assert (
        refused(client(server, "sts", bob).assume_role, RoleArn=arn, RoleSessionName="me")[0]
        == "AccessDenied"
    )
    bare = opener.get_federation_token(Name="nobody")["Credentials"]
    assert "no session policy allows" in refused(client(server, "s3", bare).list_buckets)[1]


def test_a_resource_policy_names_a_federated_user_beyond_its_session_policy(
    server: LocalServer, sts: Any, iam: Any
) -> None:
    iam.create_user(UserName="lender")
    key = user(iam, "lent", "sts:GetFederationToken")
    url = server.client("sqs").create_queue(QueueName="lent")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:lent"
    bob = client(server, "sts", client(server, "sts", key).get_federation_token(Name="bob")["Credentials"])
    queue = client(server, "sqs", client(server, "sts", key).get_federation_token(Name="bob")["Credentials"])
    assert bob.get_caller_identity()["Arn"].endswith("federated-user/bob")
    for principal, let_in in ((f"arn:aws:iam::{ACCOUNT}:user/lent", False), ("federated", True)):
        who = principal if not let_in else f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
        policy = {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sqs:*", "Resource": arn},
        }
        server.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        if let_in:
            queue.send_message(QueueUrl=url, MessageBody="x")
        else:
            assert refused(queue.send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"


def test_session_tags_speak_as_tags_of_the_principal_over_those_of_the_role(
    server: LocalServer, sts: Any, iam: Any
) -> None:
    arn = role(server, "tagged", {"AWS": ACCOUNT})
    code, message, _ = refused(sts.assume_role, RoleArn=arn, RoleSessionName="s1", Tags=tags(team="red"))
    assert code == "AccessDenied" and "sts:TagSession" in message
    arn = role(
        server,
        "taggable",
        {"AWS": ACCOUNT},
        Action=ASSUME_AND_TAG,
        Condition={"StringEqualsIfExists": {"aws:RequestTag/team": ["red", "blue"]}},
    )
    iam.tag_role(RoleName="taggable", Tags=tags(Team="none", floor="2"))
    only = {"StringEquals": {"aws:PrincipalTag/team": "red", "aws:PrincipalTag/floor": "2"}}
    document = statement("Allow", "s3:ListAllMyBuckets", Condition=only)
    iam.put_role_policy(RoleName="taggable", PolicyName="p", PolicyDocument=document)
    for team, let_in in (("red", True), ("blue", False)):
        made = sts.assume_role(RoleArn=arn, RoleSessionName="s1", Tags=tags(team=team))
        assert made["PackedPolicySize"] > 0
        s3 = client(server, "s3", made["Credentials"])
        if let_in:
            s3.list_buckets()
        else:
            assert refused(s3.list_buckets)[0] == "AccessDenied"
    for wrong, code in (
        ({"Tags": tags(team="green")}, "AccessDenied"),
        ({"Tags": [*tags(team="red"), *tags(Team="blue")]}, "InvalidParameterValue"),
        ({"Tags": tags(**{"aws:x": "y"})}, "InvalidParameterValue"),
        ({"TransitiveTagKeys": ["team"]}, "InvalidParameterValue"),
        ({"Tags": tags(**{f"k{n}": "v" * 200 for n in range(20)})}, "PackedPolicyTooLarge"),
    ):
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="s1", **wrong)[0] == code


def test_transitive_tags_and_the_source_identity_go_on_along_a_chain(
    server: LocalServer, sts: Any, iam: Any
) -> None:
    first = role(server, "first", {"AWS": ACCOUNT}, "sts:*", Action=ASSUME_AND_TAG)
    second = role(server, "second", {"AWS": ACCOUNT}, Action=ASSUME_AND_TAG)
    untagging = role(server, "untagging", {"AWS": ACCOUNT})
    only = {"StringEquals": {"aws:PrincipalTag/team": "red", "aws:SourceIdentity": "alice"}}
    document = statement("Allow", "s3:ListAllMyBuckets", Condition=only)
    iam.put_role_policy(RoleName="second", PolicyName="p", PolicyDocument=document)
    made = sts.assume_role(
        RoleArn=first,
        RoleSessionName="s1",
        Tags=tags(Team="red", floor="2"),
        TransitiveTagKeys=["team"],
        SourceIdentity="alice",
    )
    assert made["SourceIdentity"] == "alice"
    chained = client(server, "sts", made["Credentials"])
    on = chained.assume_role(RoleArn=second, RoleSessionName="s2", Tags=tags(desk="7"))
    assert on["SourceIdentity"] == "alice"
    client(server, "s3", on["Credentials"]).list_buckets()
    again = {"RoleArn": second, "RoleSessionName": "s2"}
    assert refused(chained.assume_role, **again, Tags=tags(team="blue"))[0] == "InvalidParameterValue"
    assert "sts:SetSourceIdentity" in refused(chained.assume_role, **again, SourceIdentity="bobby")[1]
    assert "sts:TagSession" in refused(chained.assume_role, RoleArn=untagging, RoleSessionName="s2")[1]


def test_trust_may_ask_for_the_name_the_source_identity_and_the_transitive_keys(
    server: LocalServer, sts: Any
) -> None:
    condition = {
        "StringEquals": {"sts:SourceIdentity": "alice", "sts:RoleSessionName": "night"},
        "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"], "aws:TagKeys": ["team", "floor"]},
    }
    arn = role(server, "asking", {"AWS": ACCOUNT}, Action=ASSUME_AND_TAG, Condition=condition)
    asked = {
        "RoleArn": arn,
        "RoleSessionName": "night",
        "SourceIdentity": "alice",
        "Tags": tags(team="red", floor="1"),
        "TransitiveTagKeys": ["team"],
    }
    sts.assume_role(**asked)
    for wrong in (
        {"SourceIdentity": "mallory"},
        {"RoleSessionName": "day"},
        {"TransitiveTagKeys": ["floor"]},
        {"Tags": tags(team="red", desk="1")},
    ):
        assert refused(sts.assume_role, **(asked | wrong))[0] == "AccessDenied"


def test_whose_account_a_key_is_of_is_told_and_no_message_was_encoded_here(
    server: LocalServer, sts: Any
) -> None:
    assert sts.get_access_key_info(AccessKeyId="AKIAPENSTOCKTESTING2")["Account"] == STRANGER
    assert refused(sts.get_access_key_info, AccessKeyId="AKIANOBODYNOBODY1234")[0] == "ValidationError"
    code = refused(sts.decode_authorization_message, EncodedMessage="x" * 40)[0]
    assert code == "InvalidAuthorizationMessageException"
    assert refused(sts.assume_root, TargetPrincipal=ACCOUNT, TaskPolicyArn={"arn": "x" * 20})[2] == 501
