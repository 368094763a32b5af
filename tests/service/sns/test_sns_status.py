"""Delivery status in CloudWatch Logs, as the role that the topic names."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.kit.functions import LOGS, make_role
from tests.kit.policies import ACCOUNT, document
from tests.kit.roles import clients_of
from tests.kit.topics import make_topic, subscribe, subscribed_queue

from penstock.testing import LocalServer

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def lines(server: LocalServer, group: str) -> list[dict[str, Any]]:
    """Returns what has been written to the log group."""
    server.settle()
    events = server.client("logs").filter_log_events(logGroupName=group)["events"]
    return [json.loads(event["message"]) for event in events]


def test_deliveries_and_failures_are_written_by_protocol(server: LocalServer) -> None:
    role = make_role(server, "status", *LOGS, trust=TRUST)
    topic = make_topic(server, "status", SQSSuccessFeedbackRoleArn=role, SQSFailureFeedbackRoleArn=role)
    subscribed_queue(server, topic, "status")
    missing = f"arn:aws:sqs:us-east-1:{ACCOUNT}:status-none"
    subscribe(server, topic, "sqs", missing)
    sent = server.client("sns").publish(TopicArn=topic, Message="x")["MessageId"]
    (delivered,) = lines(server, f"sns/us-east-1/{ACCOUNT}/status")
    assert delivered["status"] == "SUCCESS"
    assert delivered["notification"]["messageId"] == sent
    assert delivered["notification"]["messageMD5Sum"] == "9dd4e461268c8034f5c8564e155c67a6"
    assert delivered["delivery"]["destination"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:status"
    assert (delivered["delivery"]["statusCode"], delivered["delivery"]["attempts"]) == (200, 1)
    assert "sqsMessageId" in json.loads(delivered["delivery"]["providerResponse"])
    failed = lines(server, f"sns/us-east-1/{ACCOUNT}/status/Failure")[0]
    assert (failed["status"], failed["delivery"]["destination"]) == ("FAILURE", missing)
    assert "does not exist" in failed["delivery"]["providerResponse"]


def test_none_of_a_hundred_is_none(server: LocalServer) -> None:
    role = make_role(server, "status-none", *LOGS, trust=TRUST)
    topic = make_topic(server, "sampled", SQSSuccessFeedbackRoleArn=role, SQSSuccessFeedbackSampleRate="0")
    subscribed_queue(server, topic, "sampled")
    server.client("sns").publish(TopicArn=topic, Message="x")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        lines(server, f"sns/us-east-1/{ACCOUNT}/sampled")


@pytest.mark.parametrize(
    "trust", [TRUST, {**TRUST, "Statement": [{**TRUST["Statement"][0], "Effect": "Deny"}]}]
)  # type: ignore[dict-item]
def test_a_role_that_may_not_writes_nothing_and_holds_up_nobody(
    server: LocalServer, trust: dict[str, Any]
) -> None:
    name = f"mute-{trust is TRUST}"
    role = make_role(server, name, trust=trust)
    topic = make_topic(server, name, SQSSuccessFeedbackRoleArn=role)
    subscribed_queue(server, topic, name)
    server.client("sns").publish(TopicArn=topic, Message="x")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        lines(server, f"sns/us-east-1/{ACCOUNT}/{name}")


def test_a_role_is_not_handed_to_sns_by_who_may_not_pass_it(server: LocalServer) -> None:
    status = make_role(server, "status-passed", *LOGS, trust=TRUST)
    sns = clients_of(server, "status-editor", "sns:*")("sns")
    topic = make_topic(server, "status-passed")
    name = "HTTPSuccessFeedbackRoleArn"

    with pytest.raises(ClientError, match="iam:PassRole"):
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=status)
    with pytest.raises(ClientError, match="iam:PassRole"):
        sns.create_topic(Name="status-passed-too", Attributes={name: status})

    allowed = {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": status,
        "Condition": {"StringEquals": {"iam:PassedToService": "sns.amazonaws.com"}},
    }
    server.client("iam").put_role_policy(
        RoleName="status-editor", PolicyName="pass", PolicyDocument=document(allowed)
    )
    sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=status)


def test_a_role_of_another_account_writes_no_status(server: LocalServer) -> None:
    topic = make_topic(server, "status-abroad")
    with pytest.raises(ClientError, match="Cross-account pass role is not allowed"):
        server.client("sns").set_topic_attributes(
            TopicArn=topic,
            AttributeName="SQSFailureFeedbackRoleArn",
            AttributeValue="arn:aws:iam::111111111111:role/theirs",
        )
