"""Conditions and policy variables."""

from dataclasses import replace
from typing import Any

import pytest

from penstock.access import PolicyError, Principal, decide, parse_policy

ME = "111111111111"


def holds(condition: dict[str, Any], context: dict[str, Any], version: str = "2012-10-17") -> bool:
    document = {
        "Version": version,
        "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition},
    }
    policy = parse_policy(document, kind="identity")
    caller = Principal(
        "role", ME, "arn:session", "AROA:me", role_arn=f"arn:aws:iam::{ME}:role/r", identity=(policy,)
    )
    return decide(caller, "s3:GetObject", "arn:aws:s3:::b/k", context, None, ME).allowed


CASES = [
    ("StringEquals", "a", "a", True),
    ("StringEquals", ["x", "a"], "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", "a*", "ab", False),
    ("StringNotEquals", ["x", "a"], "a", False),
    ("StringNotEquals", "a", "b", True),
    ("StringEqualsIgnoreCase", "a", "A", True),
    ("StringNotEqualsIgnoreCase", "a", "A", False),
    ("StringLike", "a*c?", "abbbcd", True),
    ("StringNotLike", "a*", "ab", False),
    ("NumericEquals", "10", "10.0", True),
    ("NumericNotEquals", 10, "11", True),
    ("NumericLessThan", "10", "9.5", True),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", 10, "many", False),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", True),
    ("DateLessThan", "2026-01-01", "2025-12-31T23:59:59+00:00", True),
    ("DateEquals", "1767225600", "2026-01-01T00:00:00Z", True),
    ("DateLessThan", "soon", "2026-01-01T00:00:00Z", False),
    ("Bool", "true", "True", True),
    ("Bool", True, "true", True),
    ("Bool", "false", "true", False),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
    ("BinaryEquals", "QmluYXJ5", "!", False),
    ("IpAddress", "10.0.0.0/8", "10.200.1.1", True),
    ("IpAddress", ["192.168.1.1", "fd00::/8"], "fd00::1", True),
    ("IpAddress", "10.0.0.0/8", "not an address", False),
    ("IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", True),
    ("NotIpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", False),
    ("IpAddress", "::ffff:0:0/96", "::ffff:10.1.2.3", True),
    ("NotIpAddress", "10.0.0.0/8", "11.0.0.1", True),
    ("ArnLike", "arn:aws:s3:*:*:b*", "arn:aws:s3:::bucket", True),
    ("ArnEquals", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket", True),
    ("ArnLike", "arn:aws:s*:b", "arn:aws:s3:::b", False),
    ("ArnLike", "arn:*:b", "arn:aws:s3:::b", False),
    ("ArnNotLike", "arn:aws:s3:::b", "arn:aws:s3:::c", True),
    ("ArnNotEquals", "arn:aws:s3:::b", "arn:aws:s3:::b", False),
]


@pytest.mark.parametrize(("operator", "wanted", "actual", "outcome"), CASES)
def test_operators_compare_as_documented(operator: str, wanted: Any, actual: str, outcome: bool) -> None:
    assert holds({operator: {"Test:Key": wanted}}, {"test:key": actual}) is outcome


def test_a_missing_key_fails_positive_operators_only() -> None:
    assert not holds({"StringEquals": {"k": "a"}}, {})
    assert holds({"StringNotEquals": {"k": "a"}}, {})
    assert holds({"StringEqualsIfExists": {"k": "a"}}, {})
    assert not holds({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"})
    assert not holds({"IpAddress": {"aws:SourceIp": "10.0.0.1"}}, {})


def test_null_asks_whether_the_key_is_absent() -> None:
    assert holds({"Null": {"k": "true"}}, {})
    assert not holds({"Null": {"k": True}}, {"k": "x"})
    assert holds({"Null": {"k": "false"}}, {"k": "x"})
    assert holds({"Null": {"k": ["true", "false"]}}, {"k": "x"})


def test_null_with_a_capital_letter_does_not_mean_its_contrary() -> None:
    assert holds({"Null": {"k": "True"}}, {})
    assert not holds({"Null": {"k": "TRUE"}}, {"k": "x"})
    with pytest.raises(PolicyError, match="Syntax errors in policy"):
        holds({"Null": {"k": "yes"}}, {})


def test_null_takes_a_key_without_values_for_absent() -> None:
    assert holds({"Null": {"k": "true"}}, {"k": []})


def test_sets_are_compared_for_all_or_any_value() -> None:
    every, some = "ForAllValues:StringEquals", "ForAnyValue:StringEquals"
    assert holds({every: {"k": ["a", "b"]}}, {"k": ["a", "b", "a"]})
    assert not holds({every: {"k": ["a", "b"]}}, {"k": ["a", "c"]})
    assert holds({every: {"k": "a"}}, {})
    assert holds({some: {"k": ["a", "b"]}}, {"k": ["c", "b"]})
    assert not holds({some: {"k": ["a"]}}, {"k": ["c"]})
    assert not holds({some: {"k": "a"}}, {})
    assert not holds({"ForAnyValue:StringNotEquals": {"k": "a"}}, {"k": ["a"]})
    assert holds({"ForAnyValue:StringNotEquals": {"k": "a"}}, {"k": ["a", "b"]})


def test_every_operator_and_every_key_must_hold() -> None:
    both = {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}
    assert holds(both, {"a": "1", "b": "2", "c": "true"})
    assert not holds(both, {"a": "1", "b": "x", "c": "true"})
    assert not holds(both, {"a": "1", "b": "2", "c": "false"})


def test_the_principals_own_keys_are_known() -> None:
    assert holds({"StringEquals": {"aws:PrincipalAccount": ME, "aws:userid": "AROA:me"}}, {})
    assert holds({"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ME}:role/r"}}, {})
    assert holds({"StringEquals": {"aws:PrincipalType": "AssumedRole", "aws:ResourceAccount": ME}}, {})
    assert holds({"Bool": {"aws:PrincipalIsAWSService": "false"}}, {})


def test_a_service_says_for_whom_it_acts() -> None:
    bucket = "arn:aws:s3:::b"
    s3 = Principal.of_service("s3.amazonaws.com", ME, bucket)

    def may(principal: Principal, condition: dict[str, Any]) -> bool:
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "*",
            "Resource": "*",
            "Condition": condition,
        }
        policy = parse_policy({"Statement": statement}, kind="resource")
        return decide(principal, "sqs:SendMessage", "arn:aws:sqs:r:1:q", {}, policy, ME).allowed

    assert may(s3, {"ArnEquals": {"aws:SourceArn": bucket}, "StringEquals": {"aws:SourceAccount": ME}})
    assert not may(s3, {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other"}})
    assert not may(s3, {"StringEquals": {"aws:SourceAccount": "999999999999"}})
    assert may(s3, {"StringEquals": {"aws:PrincipalServiceName": "s3.amazonaws.com"}})
    assert may(s3, {"ForAnyValue:StringEquals": {"aws:PrincipalServiceNamesList": "s3.amazonaws.com"}})
    nameless = Principal.of_service("s3.amazonaws.com")
    assert may(nameless, {"Null": {"aws:SourceArn": "true", "aws:SourceAccount": "true"}})


def test_what_a_session_carries_counts_for_the_session_only() -> None:
    carried = (("lambda:SourceFunctionArn", "arn:aws:lambda:r:1:function:f"),)
    asked = {"ArnEquals": {"lambda:SourceFunctionArn": carried[0][1]}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": asked}
    policy = parse_policy({"Statement": statement}, kind="resource")
    session = Principal("role", ME, "arn:session", "AROA:me", session_keys=carried)
    service = replace(Principal.of_service("lambda.amazonaws.com", ME), session_keys=carried)
    assert decide(session, "sqs:SendMessage", "arn:aws:sqs:r:1:q", {}, policy, ME).allowed
    assert not decide(service, "sqs:SendMessage", "arn:aws:sqs:r:1:q", {}, policy, ME).allowed


def test_variables_stand_for_what_the_request_holds() -> None:
    assert holds({"StringEquals": {"k": "${aws:userid}"}}, {"k": "AROA:me"})
    assert holds({"StringLike": {"k": "home/${aws:username}/*"}}, {"k": "home/ann/x", "aws:username": "ann"})
    assert not holds({"StringLike": {"k": "home/${aws:username}/*"}}, {"k": "home//x"})
    assert holds({"StringEquals": {"k": "${aws:username, 'nobody'}"}}, {"k": "nobody"})
    assert holds({"StringLike": {"k": "a${*}${?}${$}*"}}, {"k": "a*?$zzz"})
    assert not holds({"StringLike": {"k": "a${*}"}}, {"k": "abc"})


def test_a_star_inside_a_variables_value_is_no_wildcard() -> None:
    assert not holds({"StringLike": {"k": "${x}"}}, {"k": "anything", "x": "*"})
    assert holds({"StringLike": {"k": "${x}"}}, {"k": "*", "x": "*"})


def test_the_older_version_has_no_variables() -> None:
    assert holds({"StringEquals": {"k": "${x}"}}, {"k": "${x}", "x": "1"}, "2008-10-17")


def test_an_unclosed_variable_is_plain_text() -> None:
    assert holds({"StringEquals": {"k": "a${x"}}, {"k": "a${x"})


def test_variables_work_in_resources() -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::b/${aws:PrincipalAccount}/*",
        },
    }
    caller = Principal(
        "role", ME, "arn:s", "A:b", role_arn="arn:r", identity=(parse_policy(document, kind="identity"),)
    )
    assert decide(caller, "s3:GetObject", f"arn:aws:s3:::b/{ME}/k", {}, None, ME).allowed
    assert not decide(caller, "s3:GetObject", "arn:aws:s3:::b/2/k", {}, None, ME).allowed


def test_a_star_inside_a_variables_value_is_no_wildcard_in_an_arn() -> None:
    condition = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::${aws:Referer}"}}
    assert holds(condition, {"aws:SourceArn": "arn:aws:s3:::b", "aws:Referer": "b"})
    assert not holds(condition, {"aws:SourceArn": "arn:aws:s3:::b", "aws:Referer": "*"})
    whole = {"ArnEquals": {"aws:SourceArn": "${aws:PrincipalArn}"}}
    assert holds(whole, {"aws:SourceArn": f"arn:aws:iam::{ME}:role/r"})
