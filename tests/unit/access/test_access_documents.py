"""Malformed policy documents are refused in AWS's words, and never with anything else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.access import PolicyError, Vendor, parse_policy

GOOD = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


def complaint(kind: str, statement: Any = None, **document: Any) -> str:
    content = {"Version": "2012-10-17", "Statement": statement} | document
    with pytest.raises(PolicyError) as caught:
        parse_policy(json.dumps(content), kind=kind)  # type: ignore[arg-type]
    return str(caught.value)


def without(field: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in (GOOD | more).items() if name != field}


def test_the_usual_documents_are_taken() -> None:
    assert parse_policy({"Version": "2012-10-17", "Id": "x", "Statement": GOOD}, kind="identity").id == "x"
    two = {"Statement": [GOOD | {"Sid": "1"}, GOOD | {"Sid": "2"}]}
    assert len(parse_policy(json.dumps(two), kind="identity").statements) == 2
    named = GOOD | {"Principal": {"Service": ["s3.amazonaws.com"], "CanonicalUser": "abc", "Federated": "x"}}
    parse_policy({"Version": "2012-10-17", "Statement": [named]}, kind="resource")


def test_identity_policies_complain_as_iam_does() -> None:
    assert (
        complaint("identity", GOOD | {"Principal": "*"}) == "Policy document should not specify a principal."
    )
    assert complaint("identity", without("Action")) == "Policy statement must contain actions."
    assert complaint("identity", without("Resource")) == "Policy statement must contain resources."
    assert complaint("identity", without("Effect")) == "Syntax errors in policy."
    assert complaint("identity", GOOD | {"Effect": "allow"}) == "Syntax errors in policy."
    assert complaint("identity", GOOD | {"Other": 1}) == "Syntax errors in policy."
    assert complaint("identity", GOOD, Version="2020-01-01") == "Syntax errors in policy."
    assert complaint("identity", []) == "Syntax errors in policy."
    vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    assert complaint("identity", GOOD | {"Action": "GetObject"}) == vendor
    assert complaint("identity", GOOD | {"Resource": "b/*"}) == 'Resource b/* must be in ARN format or "*".'
    unique = "Statement IDs (SID) in a single policy must be unique."
    assert complaint("identity", [GOOD | {"Sid": "a"}, GOOD | {"Sid": "a"}]) == unique
    operator = complaint("identity", GOOD | {"Condition": {"StringSame": {"k": "v"}}})
    assert operator == "Invalid Condition type : StringSame"


def test_trust_policies_complain_as_iam_does() -> None:
    named = without("Resource", Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
    parse_policy({"Version": "2012-10-17", "Statement": named}, kind="trust")
    assert complaint("trust", named | {"Resource": "*"}) == "Has prohibited field Resource"
    wrong = complaint("trust", named | {"Principal": {"AWS": "nobody"}})
    assert wrong == 'Invalid principal in policy: "AWS":"nobody"'
    wild = "arn:aws:iam::111111111111:role/*"
    assert wild in complaint("trust", named | {"Principal": {"AWS": [wild]}})


def test_a_policy_for_one_vendor_names_no_other_s_actions() -> None:
    mine = Vendor("sts", "Only mine.")
    for action in ("sts:AssumeRole", "STS:*", "*"):
        parse_policy({"Statement": GOOD | {"Action": action}}, kind="identity", vendor=mine)
    with pytest.raises(PolicyError, match="Only mine"):
        parse_policy({"Statement": GOOD | {"Action": ["sts:*", "s3:*"]}}, kind="identity", vendor=mine)


def test_a_policy_knows_the_keys_that_it_asks_for() -> None:
    condition = {"StringLike": {"S3:Prefix": "${aws:userid}/*"}, "Null": {"aws:TagKeys": "true"}}
    home = GOOD | {"Resource": "arn:aws:s3:::b/${aws:PrincipalTag/Team}/*", "Condition": condition}
    policy = parse_policy({"Version": "2012-10-17", "Statement": [GOOD, home]}, kind="identity")
    assert policy.keys == {"s3:prefix", "aws:userid", "aws:tagkeys", "aws:principaltag/team"}
    assert policy.asks("aws:principaltag/") and not policy.asks("aws:resourcetag/")


def test_resource_policies_complain_as_s3_does() -> None:
    named = GOOD | {"Principal": "*"}
    assert complaint("resource", GOOD) == "Missing required field Principal"
    assert complaint("resource", {**named, "Effect": None}) == "Missing required field Effect"
    assert complaint("resource", named | {"Principal": {"AWS": "x"}}) == "Invalid principal in policy"
    assert complaint("resource", named | {"Action": "x"}) == "Policy has invalid action"
    assert complaint("resource", named | {"Resource": "b"}) == "Policy has invalid resource"
    assert complaint("resource", named | {"Color": "red"}) == "Unknown field Color"
    assert complaint("resource") == "Missing required field Statement"
    with pytest.raises(PolicyError) as caught:
        parse_policy("[]", kind="resource")
    assert str(caught.value) == "Policies must be valid JSON and the first byte must be '{'"


FIELDS = [
    "Version",
    "Statement",
    "Effect",
    "Allow",
    "Action",
    "Resource",
    "Principal",
    "Condition",
    "AWS",
    "*",
    "s3:*",
]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(FIELDS), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
        st.fixed_dictionaries(
            {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": inner, "Resource": inner},
            optional={"Principal": inner, "Condition": inner, "NotPrincipal": inner, "Sid": inner},
        ),
    ),
    max_leaves=12,
)


@given(
    st.one_of(JSON, JSON.map(lambda s: {"Version": "2012-10-17", "Statement": s})),
    st.sampled_from(["identity", "resource", "trust"]),
)
def test_no_document_raises_anything_but_a_policy_error(content: Any, kind: Any) -> None:
    try:
        parse_policy(json.dumps(content), kind=kind)
    except PolicyError as error:
        assert str(error)


@given(st.text())
def test_no_text_raises_anything_but_a_policy_error(text: str) -> None:
    with pytest.raises(PolicyError):
        parse_policy(text, kind="identity")


@pytest.mark.parametrize(
    "document",
    [
        '{"Statement":{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}}',
        '{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*",'
        '"Condition":{"Bool":{"aws:SecureTransport":"true"},"Bool":{"a:b":"true"}}}}',
    ],
)
def test_an_element_given_twice_is_refused_and_not_half_forgotten(document: str) -> None:
    with pytest.raises(PolicyError, match="Syntax errors in policy"):
        parse_policy(document, kind="identity")


def test_a_document_nested_too_deeply_is_no_json() -> None:
    for depth in (900, 1000, 100_000):
        text = '{"Statement":' + "[" * depth + "]" * depth + "}"
        with pytest.raises(PolicyError):
            parse_policy(text, kind="identity")
