"""Bucket policies: what S3 refuses, and what it calls public."""

from typing import Any

import orjson
import pytest

from penstock.errors import AwsError
from penstock.services.s3.buckets.policy_checks import checked_policy
from penstock.services.s3.buckets.public_policy import is_public

ARN = "arn:aws:s3:::docs"


def document(**fields: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{ARN}/*",
        **fields,
    }
    return orjson.dumps({"Version": "2012-10-17", "Statement": statement}).decode()


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(AwsError) as raised:
        checked_policy(text, ARN)
    assert raised.value.status == 400
    return raised.value.code, raised.value.message


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", f"{ARN}/*"),
        ("s3:GetObject", [ARN, f"{ARN}/*"]),
        ("s3:*", ARN),
        ("*", f"{ARN}/private/*"),
        (["s3:ListBucket", "s3:PutObject"], [ARN, f"{ARN}/in/*"]),
        ("s3:List*", ARN),
        ("s3:GetObject", f"{ARN}*"),
        ("S3:GETOBJECT", "arn:aws:s3:::do?s/key"),
        ("s3:GetObject", "*"),
    ],
)
def test_actions_that_fit_their_resources_are_taken(action: Any, resource: Any) -> None:
    assert checked_policy(document(Action=action, Resource=resource), ARN)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", ARN),
        ("s3:ListBucket", f"{ARN}/*"),
        (["s3:GetObject", "s3:ListBucket"], f"{ARN}/*"),
        ("s3:ListBucket*", f"{ARN}/*"),
    ],
)
def test_an_action_must_fit_a_resource(action: Any, resource: Any) -> None:
    reason = "Action does not apply to any resource(s) in statement"
    assert refusal(document(Action=action, Resource=resource)) == ("MalformedPolicy", reason)


@pytest.mark.parametrize("resource", ["arn:aws:s3:::other/*", "arn:aws:sqs:us-east-1:1:docs", f"{ARN}-2/*"])
def test_resources_lie_in_the_bucket(resource: str) -> None:
    assert refusal(document(Resource=resource)) == ("MalformedPolicy", "Policy has invalid resource")


@pytest.mark.parametrize("action", ["sqs:SendMessage", "s3:Nothing", "s3:Nothing*"])
def test_actions_are_those_of_s3(action: str) -> None:
    assert refusal(document(Action=action)) == ("MalformedPolicy", "Policy has invalid action")


@pytest.mark.parametrize("text", ["", "[]", " {}", "{", "null", "x"])
def test_a_policy_is_a_json_object(text: str) -> None:
    reason = "Policies must be valid JSON and the first byte must be '{'"
    assert refusal(text) == ("MalformedPolicy", reason)


def test_a_statement_names_a_principal() -> None:
    text = orjson.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ARN}]}).decode()
    assert refusal(text) == ("MalformedPolicy", "Missing required field Principal")


def test_a_principal_must_be_one() -> None:
    assert refusal(document(Principal={"AWS": "nobody"})) == (
        "MalformedPolicy",
        "Invalid principal in policy",
    )


def test_a_policy_has_at_most_20_kilobytes() -> None:
    assert checked_policy(document(Sid="a" * 20_000), ARN)
    assert refusal(document(Sid="a" * 20_480))[1] == "Policy exceeds the maximum allowed document size."


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]}},
        {"Condition": {"StringLike": {"aws:PrincipalOrgID": "o-*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/0"]}}},
        {"Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
        {"Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}},
        {"Condition": {"StringEquals": {"aws:UserAgent": "me"}}},
        {"Condition": {"StringEquals": {"aws:userid": "${aws:userid}"}}},
    ],
)
def test_a_policy_that_lets_in_whoever_comes_is_public(fields: dict[str, Any]) -> None:
    assert is_public(document(**fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"Effect": "Deny"},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Principal": {"Service": "logging.s3.amazonaws.com"}},
        {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-123"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:t"}}},
        {
            "Condition": {
                "StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}
            }
        },
    ],
)
def test_a_policy_for_fixed_callers_is_not_public(fields: dict[str, Any]) -> None:
    assert not is_public(document(**fields))
