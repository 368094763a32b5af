"""What each statement says of a request: it agrees with the decision, and names what does not apply."""

from typing import Any

import pytest

from penstock.access import Principal, decide, parse_policy, weigh

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
S3 = Principal.of_service("s3.amazonaws.com", "000000000000", "arn:aws:s3:::b")
ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "s3.amazonaws.com"},
    "Action": "sqs:SendMessage",
    "Resource": "*",
}
CASES = {
    "lets it through": ALLOW,
    "it is not about the action sqs:sendmessage": ALLOW | {"Action": "sqs:ReceiveMessage"},
    f"it is not about {QUEUE}": ALLOW | {"Resource": "arn:aws:sqs:us-east-1:000000000000:other"},
    "it does not name s3.amazonaws.com": ALLOW | {"Principal": {"Service": "sns.amazonaws.com"}},
    "wants arn:aws:s3:::other, saw arn:aws:s3:::b": ALLOW
    | {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}},
    "wants none of arn:aws:s3:::b, saw arn:aws:s3:::b": ALLOW
    | {"Condition": {"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::b"}}},
    "wants nothing, saw 000000000000": ALLOW | {"Condition": {"Null": {"aws:SourceAccount": "true"}}},
    "wants any value, saw nothing": ALLOW | {"Condition": {"Null": {"aws:PrincipalTag/x": "false"}}},
    "wants a variable without a value": ALLOW
    | {"Condition": {"StringEquals": {"aws:SourceAccount": "${aws:username}"}}},
    "denies it": ALLOW | {"Effect": "Deny"},
}


@pytest.mark.parametrize("words", CASES)
def test_a_statement_says_what_of_it_does_not_apply(words: str) -> None:
    policy = parse_policy({"Version": "2012-10-17", "Statement": [CASES[words]]}, kind="resource")
    asked = (S3, "sqs:SendMessage", QUEUE, {}, policy, "000000000000")
    (opinion,) = weigh(*asked)
    assert words in str(opinion)
    assert decide(*asked).allowed == (opinion.allow and opinion.why_not is None)


def test_a_role_s_own_policies_are_asked_too() -> None:
    identity = parse_policy(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]},
        kind="identity",
    )
    everything = parse_policy(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        kind="identity",
    )
    arn = "arn:aws:sts::000000000000:assumed-role/r/s"
    role = Principal(
        "role", "000000000000", arn, identity=(identity,), boundary=everything, session=everything
    )
    opinion, boundary, session = weigh(role, "sqs:SendMessage", QUEUE, {}, None, "000000000000")
    assert str(boundary) == "statement 1 (Allow) of the permissions boundary lets it through"
    assert str(session) == "statement 1 (Allow) of the session policy lets it through"
    assert str(opinion) == (
        "statement 1 (Allow) of the identity-based policy does not apply: "
        "it is not about the action sqs:sendmessage"
    )
