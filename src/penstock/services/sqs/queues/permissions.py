"""AddPermission and RemovePermission: statements of the queue's policy, by label.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.sqs import limits
from penstock.services.sqs.errors import invalid_value, missing_parameter, over_limit_of_actions
from penstock.services.sqs.queues.queue import Asked, Queue, asked_queue, requested_queue
from penstock.services.sqs.queues.queue_attributes import store_attributes
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.store import Tx

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACTIONS = frozenset(
    {
        "*",
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    }
)


@operation("AddPermission", action="sqs:AddPermission", resource=queue_resource)
async def add_permission(sqs: SqsState, call: Call, params: Params) -> None:
    """Lets other accounts do what the request names."""
    for name in ("Label", "AWSAccountIds", "Actions"):
        if not params.get(name):
            raise missing_parameter(name)
    if not _LABEL.fullmatch(params["Label"]):
        raise invalid_value(
            params["Label"], "Label", "Label can only include alphanumeric characters, - and _."
        )
    if len(params["Actions"]) > limits.MAX_PERMISSION_ACTIONS:
        raise over_limit_of_actions(len(params["Actions"]), limits.MAX_PERMISSION_ACTIONS)
    for action in params["Actions"]:
        if action not in _ACTIONS:
            raise invalid_value(
                action, "ActionName", "Only the queue owner is allowed to invoke this action."
            )
    await sqs.store.write(_add, asked_queue(call, params), params)


@operation("RemovePermission", action="sqs:RemovePermission", resource=queue_resource)
async def remove_permission(sqs: SqsState, call: Call, params: Params) -> None:
    """Takes the statement with the label out of the policy."""
    if not params.get("Label"):
        raise missing_parameter("Label")
    await sqs.store.write(_remove, asked_queue(call, params), params["Label"])


def _add(tx: Tx, asked: Asked, params: Mapping[str, Any]) -> None:
    queue = requested_queue(tx, asked)
    policy = _policy(queue)
    label = params["Label"]
    if any(statement.get("Sid") == label for statement in policy["Statement"]):
        raise invalid_value(label, "Label", "Already exists.")
    policy["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {
                "AWS": _one_or_all([f"arn:aws:iam::{account}:root" for account in params["AWSAccountIds"]])
            },
            "Action": _one_or_all([f"SQS:{action}" for action in params["Actions"]]),
            "Resource": queue.arn,
        }
    )
    store_attributes(tx, queue, {**queue.attributes, "Policy": orjson.dumps(policy).decode()})


def _remove(tx: Tx, asked: Asked, label: str) -> None:
    queue = requested_queue(tx, asked)
    policy = _policy(queue)
    left = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(left) == len(policy["Statement"]):
        raise invalid_value(label, "Label", "can't find label on existing policy")
    text = orjson.dumps({**policy, "Statement": left}).decode() if left else ""
    store_attributes(tx, queue, {**queue.attributes, "Policy": text})


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _policy(queue: Queue) -> dict[str, Any]:
    text = queue.attributes.get("Policy")
    if not text:
        return {"Version": "2008-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy", "Statement": []}
    policy: dict[str, Any] = orjson.loads(text)
    if isinstance(policy["Statement"], dict):
        policy["Statement"] = [policy["Statement"]]
    return policy
