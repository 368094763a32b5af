"""Log groups as targets of rules, and the resource policies that let EventBridge write to them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.buses import REGION, Inbox, put_event, put_rule, rule_arn
from tests.kit.policies import ACCOUNT, document

from penstock.testing import LocalServer


@pytest.fixture(scope="module")
def logs(server: LocalServer) -> Any:
    return server.client("logs")


def may_write(rule: str = "*", group: str = "/aws/events/*") -> str:
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*",
            "Condition": {"ArnLike": {"aws:SourceArn": rule}},
        }
    )


def make_group(logs: Any, name: str) -> str:
    logs.create_log_group(logGroupName=name)
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"


def messages(logs: Any, group: str) -> list[str]:
    return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]


def test_events_become_log_events_when_a_policy_lets_the_rule(server: LocalServer, logs: Any) -> None:
    group = make_group(logs, "/aws/events/written")
    dead = Inbox(server, "dead-logs")
    logs.put_resource_policy(policyName="one", policyDocument=may_write(rule_arn("written")))
    put_rule(server, "written", {"Arn": group})
    put_rule(server, "unwritten", {"Arn": group, "DeadLetterConfig": {"Arn": dead.arn}})
    ids = [put_event(server, "written") for _ in range(2)]
    put_event(server, "unwritten")
    assert [json.loads(message)["id"] for message in messages(logs, "/aws/events/written")] == ids
    assert len(logs.describe_log_streams(logGroupName="/aws/events/written")["logStreams"]) == 1
    (letter,) = dead.messages()
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    logs.delete_resource_policy(policyName="one")


def test_a_transformer_says_time_and_message(server: LocalServer, logs: Any) -> None:
    group = make_group(logs, "/aws/events/transformed")
    logs.put_resource_policy(policyName="two", policyDocument=may_write())
    transformer = {
        "InputPathsMap": {"at": "$.time", "n": "$.detail.n"},
        "InputTemplate": '{"timestamp": <at>, "message": "n is <n>"}',
    }
    put_rule(server, "transformed", {"Arn": group, "InputTransformer": transformer})
    put_event(server, "transformed", {"n": 7})
    assert messages(logs, "/aws/events/transformed") == ["n is 7"]
    logs.delete_resource_policy(policyName="two")


def test_resource_policies_are_listed_replaced_and_deleted(logs: Any) -> None:
    for name in ("a", "b"):
        logs.put_resource_policy(policyName=name, policyDocument=may_write())
    first = logs.describe_resource_policies(limit=1)
    second = logs.describe_resource_policies(nextToken=first["nextToken"])
    found = first["resourcePolicies"] + second["resourcePolicies"]
    assert [(policy["policyName"], policy["policyDocument"]) for policy in found] == [
        ("a", may_write()),
        ("b", may_write()),
    ]
    changed = logs.put_resource_policy(policyName="a", policyDocument=may_write("arn:x"))
    assert changed["resourcePolicy"]["policyDocument"] == may_write("arn:x")
    for name in ("a", "b"):
        logs.delete_resource_policy(policyName=name)
    assert logs.describe_resource_policies()["resourcePolicies"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.delete_resource_policy(policyName="a")


def test_a_policy_must_be_one_and_there_are_ten_at_most(logs: Any) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.put_resource_policy(policyName="bad", policyDocument="{}")
    with pytest.raises(ClientError, match="policyName is missing"):
        logs.put_resource_policy(policyDocument=may_write())
    for number in range(10):
        logs.put_resource_policy(policyName=str(number), policyDocument=may_write())
    with pytest.raises(ClientError, match="LimitExceededException"):
        logs.put_resource_policy(policyName="eleventh", policyDocument=may_write())
    for number in range(10):
        logs.delete_resource_policy(policyName=str(number))
