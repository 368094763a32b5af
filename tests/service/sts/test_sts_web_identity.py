"""Sessions of those for whom an OpenID Connect provider vouches; forged, old and misdirected tokens open none."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from tests.kit.sessions import allow, client, refused, role
from tests.kit.tokens import EC_KEY, RSA_KEY, STRANGE_KEY, key_set, token, unsigned

from penstock.testing import LocalServer
from penstock.testing.server import ACCOUNT, REGION

ISSUER = "https://id.example.com/tenant"
HOST = ISSUER.removeprefix("https://")
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{HOST}"
STRANGER = "111122223333"
DAY_S = 86_400


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    keys.write_text(json.dumps({ISSUER: key_set(), "https://broken.example.com": {"keys": "none"}}))
    accounts = f"{ACCOUNT}:AKIAPENSTOCKTESTING1:secret-one,{STRANGER}:AKIAPENSTOCKTESTING2:secret-two"
    with LocalServer(accounts=accounts, oidc_keys=keys) as running:
        iam = running.client("iam")
        iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["app", "other"])
        trusting(running, "web", {"StringEquals": {f"{HOST}:aud": "app", f"{HOST}:sub": "somebody"}})
        yield running


def trusting(server: LocalServer, name: str, condition: dict[str, Any], *actions: str) -> str:
    """Returns the ARN of a role that trusts the provider under the condition."""
    action = ["sts:AssumeRoleWithWebIdentity", *actions]
    return role(server, name, {"Federated": PROVIDER}, "s3:*", Action=action, Condition=condition)


def stranger(endpoint: str, **options: Any) -> Any:
    """Returns a client that signs nothing."""
    config = Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
    return boto3.client("sts", endpoint_url=endpoint, region_name=REGION, config=config, **options)


def claims(server: LocalServer, **more: Any) -> dict[str, Any]:
    now_s = server.app.clock.now_ms() // 1000
    return {"iss": ISSUER, "aud": "app", "sub": "somebody", "iat": now_s, "exp": now_s + 600, **more}


def asked(text: str, name: str = "web", **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    return {"RoleArn": arn, "RoleSessionName": "me", "WebIdentityToken": text, **more}


@pytest.mark.parametrize(("key", "algorithm", "kid"), [(RSA_KEY, "RS256", "one"), (EC_KEY, "ES256", "two")])
def test_a_token_of_the_provider_opens_a_session(
    server: LocalServer, key: Any, algorithm: str, kid: str
) -> None:
    sts = stranger(server.endpoint)
    text = token(claims(server), key=key, algorithm=algorithm, kid=kid)
    made = sts.assume_role_with_web_identity(**asked(text))
    assert (made["SubjectFromWebIdentityToken"], made["Audience"], made["Provider"]) == (
        "somebody",
        "app",
        PROVIDER,
    )
    who = client(server, "sts", made["Credentials"]).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/web/me"
    client(server, "s3", made["Credentials"]).list_buckets()


def test_what_is_not_the_providers_own_token_for_us_opens_nothing(server: LocalServer) -> None:
    sts = stranger(server.endpoint).assume_role_with_web_identity
    good, now_s = claims(server), server.app.clock.now_ms() // 1000
    public = key_set()["keys"][0]["n"]  # which everybody knows
    for text in (
        "no token at all",
        "a.b.c",
        token(good, key=STRANGE_KEY),
        token(good, kid="unknown"),
        token(good, kid="two"),
        token(good)[:-4] + "AAAA",
        token(good, key=public, algorithm="HS256"),
        unsigned(good, alg="none"),
        unsigned(good, alg="NONE", kid="one"),
        unsigned(good, alg="RS256", kid="one"),
        unsigned(good, alg="RS256", kid=["one"]),
        unsigned(good, alg={"x": 1}),
        unsigned(["no", "claims"], alg="RS256"),  # type: ignore[arg-type]
        token(good | {"aud": "somebody-else"}),
        token(good | {"aud": ["x", "y"]}),
        token(good | {"azp": "another-app"}),
        token(good | {"iss": "https://evil.example.com"}),
        token(good | {"iss": ISSUER + "/"}),
        token(good | {"iss": "https://broken.example.com"}),
        token({name: value for name, value in good.items() if name != "exp"}),
        token(good | {"nbf": now_s + 3600}),
        token(good | {"sub": ""}),
        token(good | {"sub": "x" * 300}),
        unsigned(good | {"exp": float("nan")}, alg="RS256", kid="one"),
        "x" * 20_000,
    ):
        assert refused(sts, **asked(text))[::2] == ("InvalidIdentityToken", 400), text
    old = refused(sts, **asked(token(good | {"exp": now_s - 1})))
    assert old[0] == "ExpiredTokenException" and old[1].startswith("Token expired: current date/time ")


def test_conditions_of_the_trust_hold_and_a_role_that_trusts_nobody_so_is_shut(server: LocalServer) -> None:
    sts = stranger(server.endpoint).assume_role_with_web_identity
    for wrong in ({"sub": "somebody-else"}, {"aud": "other"}):
        code, message, status = refused(sts, **asked(token(claims(server, **wrong))))
        assert (code, status) == ("AccessDenied", 403)
        assert message == "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    role(server, "everybodys", "*", Action="sts:*")
    for name in ("everybodys", "nobodys"):
        assert refused(sts, **asked(token(claims(server)), name))[0] == "AccessDenied"
    other = asked(token(claims(server))) | {"RoleArn": f"arn:aws:iam::{STRANGER}:role/web"}
    assert refused(sts, **other)[0] == "InvalidIdentityToken"
    signed = refused(server.client("sts").assume_role, RoleArn=asked("")["RoleArn"], RoleSessionName="me")
    assert signed[0] == "AccessDenied"


def test_tags_and_the_source_identity_in_a_token_are_the_sessions(server: LocalServer) -> None:
    iam = server.client("iam")
    trusting(server, "tagged", {}, "sts:TagSession", "sts:SetSourceIdentity")
    only = {
        "StringEquals": {
            "aws:PrincipalTag/team": "red",
            "aws:SourceIdentity": "alice",
            "aws:FederatedProvider": PROVIDER,
            f"{HOST}:sub": "somebody",
        }
    }
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": only}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_role_policy(RoleName="tagged", PolicyName="p", PolicyDocument=document)
    sts = stranger(server.endpoint).assume_role_with_web_identity
    tags = {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]}
    more = {"https://aws.amazon.com/tags": tags, "https://aws.amazon.com/source_identity": "alice"}
    text = token(claims(server, **more))
    made = sts(**asked(text, "tagged"))
    assert made["SourceIdentity"] == "alice" and made["PackedPolicySize"] > 0
    client(server, "s3", made["Credentials"]).list_buckets()
    narrowed = sts(**asked(text, "tagged", Policy=allow("sqs:*")))["Credentials"]
    assert refused(client(server, "s3", narrowed).list_buckets)[0] == "AccessDenied"
    assert "sts:TagSession" in refused(sts, **asked(text))[1]
    for wrong in (
        [],
        {"principal_tags": []},
        {"principal_tags": {"a": ["b", "c"]}},
        {"principal_tags": {"": "b"}},
    ):
        bad = token(claims(server, **{"https://aws.amazon.com/tags": wrong}))
        assert refused(sts, **asked(bad, "tagged"))[0] == "InvalidIdentityToken"


def test_a_token_is_dead_when_its_provider_is(server: LocalServer) -> None:
    iam, text = server.client("iam"), token(claims(server))
    sts = stranger(server.endpoint).assume_role_with_web_identity
    sts(**asked(text))
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, ClientID="app")
    assert refused(sts, **asked(text))[1] == "Incorrect token audience"
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER, ClientID="app")
    sts(**asked(text))
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert "No OpenIDConnect provider found" in refused(sts, **asked(text))[1]


def test_providers_are_kept_tagged_and_listed(server: LocalServer) -> None:
    iam = server.client("iam")
    tags = [{"Key": "a", "Value": "b"}]
    made = iam.create_open_id_connect_provider(
        Url="https://ci.example.com", ClientIDList=["x", "x"], ThumbprintList=["a" * 40], Tags=tags
    )
    arn = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
    found = iam.get_open_id_connect_provider(**arn)
    assert (found["Url"], found["ClientIDList"], found["Tags"]) == ("ci.example.com", ["x"], tags)
    iam.update_open_id_connect_provider_thumbprint(**arn, ThumbprintList=["b" * 40])
    iam.untag_open_id_connect_provider(**arn, TagKeys=["a"])
    iam.tag_open_id_connect_provider(**arn, Tags=[{"Key": "c", "Value": "d"}])
    assert iam.list_open_id_connect_provider_tags(**arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    assert iam.get_open_id_connect_provider(**arn)["ThumbprintList"] == ["b" * 40]
    assert {"Arn": made["OpenIDConnectProviderArn"]} in iam.list_open_id_connect_providers()[
        "OpenIDConnectProviderList"
    ]
    new = iam.create_open_id_connect_provider
    assert refused(new, Url="https://ci.example.com")[0] == "EntityAlreadyExists"
    for wrong in (
        "http://ci.example.com",
        "https://",
        "https://u@h",
        "https://h?x",
        "https://h:0",
        "https://[x",
    ):
        assert refused(new, Url=wrong)[0] == "InvalidInput", wrong
    assert refused(new, Url="https://many", ClientIDList=[str(n) for n in range(101)])[0] == "LimitExceeded"
    other = client(server, "iam", {"AccessKeyId": "AKIAPENSTOCKTESTING2", "SecretAccessKey": "secret-two"})
    assert refused(other.get_open_id_connect_provider, **arn)[0] in ("NoSuchEntity", "AccessDenied")
    assert refused(iam.get_open_id_connect_provider, OpenIDConnectProviderArn="x" * 20)[0] == "InvalidInput"
    assert iam.list_saml_providers()["SAMLProviderList"] == []


def test_a_providers_keys_are_asked_for_and_remembered(tmp_path: Path) -> None:
    with LocalServer(tls="self-signed") as server:
        s3, ca = server.client("s3"), str(server.ca_bundle)
        s3.create_bucket(Bucket="idp")
        s3.delete_public_access_block(Bucket="idp")
        everybody = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::idp/*",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": everybody})
        s3.put_bucket_policy(Bucket="idp", Policy=policy)
        issuer = f"{server.endpoint}/idp"
        provider = server.client("iam").create_open_id_connect_provider(Url=issuer, ClientIDList=["app"])
        arn = provider["OpenIDConnectProviderArn"]
        role(server, "web", {"Federated": arn}, Action="sts:AssumeRoleWithWebIdentity")
        sts = stranger(server.endpoint, verify=ca).assume_role_with_web_identity
        text = token(claims(server, iss=issuer))
        assert refused(sts, **asked(text))[0] == "IDPCommunicationError"
        about = {"issuer": issuer, "jwks_uri": f"{issuer}/keys"}
        s3.put_object(Bucket="idp", Key=".well-known/openid-configuration", Body=json.dumps(about))
        s3.put_object(Bucket="idp", Key="keys", Body=json.dumps({"keys": key_set()["keys"][:1]}))
        server.advance(11)
        sts(**asked(token(claims(server, iss=issuer))))
        s3.put_object(Bucket="idp", Key="keys", Body=json.dumps(key_set()))
        newer = {"key": EC_KEY, "algorithm": "ES256", "kid": "two"}
        server.advance(11)
        sts(**asked(token(claims(server, iss=issuer), **newer)))
        s3.delete_object(Bucket="idp", Key="keys")
        sts(**asked(token(claims(server, iss=issuer))))
        server.advance(DAY_S)
        assert refused(sts, **asked(token(claims(server, iss=issuer))))[0] == "IDPCommunicationError"
