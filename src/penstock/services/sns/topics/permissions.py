"""AddPermission and RemovePermission: statements of the topic's policy, by label.

Source: https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.sns.errors import invalid_parameter
from penstock.services.sns.state import SnsState
from penstock.services.sns.topics.attributes import default_policy
from penstock.services.sns.topics.topic import (
    Asked,
    Topic,
    asked_topic,
    requested_topic,
    store_attributes,
    topic_resource,
)
from penstock.store import Tx

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_ACTIONS = frozenset(
    {
        "AddPermission",
        "DeleteTopic",
        "GetDataProtectionPolicy",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "ListTagsForResource",
        "Publish",
        "PutDataProtectionPolicy",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
    }
)


@operation("AddPermission", action="sns:AddPermission", resource=topic_resource)
async def add_permission(sns: SnsState, call: Call, params: Params) -> None:
    """Lets other accounts do what the request names."""
    if not _LABEL.fullmatch(str(params.get("Label") or "")):
        raise invalid_parameter("Label")
    accounts, actions = params.get("AWSAccountId") or [], params.get("ActionName") or []
    if not accounts or not all(_ACCOUNT.fullmatch(str(account)) for account in accounts):
        raise invalid_parameter("AWSAccountId")
    if not actions:
        raise invalid_parameter("ActionName")
    if not _ACTIONS.issuperset(actions):
        raise invalid_parameter("Policy statement action out of service scope!")
    await sns.store.write(_add, asked_topic(call, params.get("TopicArn")), params)


@operation("RemovePermission", action="sns:RemovePermission", resource=topic_resource)
async def remove_permission(sns: SnsState, call: Call, params: Params) -> None:
    """Takes the statement with the label out of the policy, if it is there."""
    if not params.get("Label"):
        raise invalid_parameter("Label")
    await sns.store.write(_remove, asked_topic(call, params.get("TopicArn")), str(params["Label"]))


def _add(tx: Tx, asked: Asked, params: Mapping[str, Any]) -> None:
    topic = requested_topic(tx, asked)
    policy = _policy(topic)
    label = params["Label"]
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise invalid_parameter("Statement already exists")
    policy["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in params["AWSAccountId"]]},
            "Action": [f"SNS:{action}" for action in params["ActionName"]],
            "Resource": topic.arn,
        }
    )
    store_attributes(tx, topic, {**topic.attributes, "Policy": orjson.dumps(policy).decode()})


def _remove(tx: Tx, asked: Asked, label: str) -> None:
    topic = requested_topic(tx, asked)
    policy = _policy(topic)
    left = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(left) < len(policy["Statement"]):
        text = orjson.dumps({**policy, "Statement": left}).decode() if left else ""
        store_attributes(tx, topic, {**topic.attributes, "Policy": text})


def _policy(topic: Topic) -> dict[str, Any]:
    policy: dict[str, Any] = orjson.loads(topic.attributes.get("Policy") or default_policy(topic.key))
    if isinstance(policy["Statement"], dict):
        policy["Statement"] = [policy["Statement"]]
    return policy
