"""Queue attributes: which there are, their defaults, and what their values may be.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.access import Policy, PolicyError, parse_policy
from penstock.digits import whole_number
from penstock.services.sqs import limits
from penstock.services.sqs.errors import (
    invalid_attribute_value,
    invalid_value,
    only_of_fifo,
    unknown_attribute,
)

DEFAULTS = {
    "VisibilityTimeout": "30",
    "DelaySeconds": "0",
    "MaximumMessageSize": str(limits.MAX_MESSAGE_BYTES),
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
"""What an attribute is when it was not set; the others are absent then."""

COMPUTED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
)
"""Attributes that the queue has and nobody sets."""

OPTIONAL = (
    "Policy",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
)
"""Attributes that are there only when they were set; an empty value takes them away."""

FIFO_DEFAULTS = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
"""What only FIFO queues have; a queue is one when ``FifoQueue`` was set."""

_FIFO_VALUES = {
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}

_RANGES = {
    "VisibilityTimeout": (0, limits.MAX_VISIBILITY_S),
    "DelaySeconds": (0, limits.MAX_DELAY_S),
    "MaximumMessageSize": (limits.MIN_MAXIMUM_MESSAGE_SIZE, limits.MAX_MESSAGE_BYTES),
    "MessageRetentionPeriod": (limits.MIN_RETENTION_S, limits.MAX_RETENTION_S),
    "ReceiveMessageWaitTimeSeconds": (0, limits.MAX_WAIT_S),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
}


def check_attributes(attributes: Mapping[str, str], *, fifo: bool) -> dict[str, str]:
    """Returns the attributes of a queue of that kind as they are stored.

    AwsError ``InvalidAttributeName`` or ``InvalidAttributeValue``.
    """
    check = _check_fifo if fifo else _check
    return {name: check(name, str(value)) for name, value in attributes.items()}


def check_together(attributes: Mapping[str, str]) -> None:
    """Returns when all attributes of a queue go together; AwsError ``InvalidAttributeValue``."""
    limit, scope = attributes.get("FifoThroughputLimit"), attributes.get("DeduplicationScope")
    if limit == "perMessageGroupId" and scope != "messageGroup":
        raise invalid_attribute_value(
            "FifoThroughputLimit",
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.",
        )


def one_encryption(wanted: Mapping[str, str], merged: Mapping[str, str]) -> dict[str, str]:
    """Returns the attributes ``merged`` with the one encryption that ``wanted`` asks for: SQS's own or a key of KMS.

    AwsError ``InvalidAttributeValue`` when it asks for both.
    """
    key, managed = wanted.get("KmsMasterKeyId"), wanted.get("SqsManagedSseEnabled") == "true"
    if key and managed:
        raise invalid_attribute_value(
            "SqsManagedSseEnabled",
            "You can use one type of server-side encryption (SSE) at one time. "
            "You can either enable KMS SSE or SQS SSE.",
        )
    if key:
        return {**merged, "SqsManagedSseEnabled": "false"}
    return {**merged, "KmsMasterKeyId": ""} if managed else dict(merged)


def is_fifo(attributes: Mapping[str, str]) -> bool:
    """Returns whether a queue with these attributes is a FIFO queue."""
    return attributes.get("FifoQueue") == "true"


def defaults(attributes: Mapping[str, str]) -> dict[str, str]:
    """Returns what is not set of a queue of the kind that the attributes say."""
    return {**DEFAULTS, **FIFO_DEFAULTS} if is_fifo(attributes) else DEFAULTS


def is_known(name: str) -> bool:
    """Returns whether GetQueueAttributes takes the name."""
    return name in DEFAULTS or name in COMPUTED or name in OPTIONAL or name in FIFO_DEFAULTS or name == "All"


def differing(wanted: Mapping[str, str], present: Mapping[str, str]) -> str | None:
    """Returns the first attribute of ``wanted`` that is otherwise in ``present``, both with defaults; or None."""
    unset = defaults(present)
    for name, value in wanted.items():
        default = unset.get(name, "")
        if _comparable(name, value) != _comparable(name, present.get(name, default)):
            return name
    return None


def redrive_target(attributes: Mapping[str, str]) -> str | None:
    """Returns the ARN of the dead-letter queue that the attributes name, or None."""
    text = attributes.get("RedrivePolicy")
    return str(orjson.loads(text)["deadLetterTargetArn"]) if text else None


def allows_redrive(attributes: Mapping[str, str], source_arn: str) -> bool:
    """Returns whether a queue with these attributes may be the dead-letter queue of ``source_arn``."""
    text = attributes.get("RedriveAllowPolicy")
    policy = orjson.loads(text) if text else {}
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source_arn in policy["sourceQueueArns"])


def read_policy(text: str) -> Policy:
    """Returns the queue policy; PolicyError. A Resource that is no ARN is taken, and matches nothing."""
    return parse_policy(text, kind="resource", any_resource=True)


def _check_fifo(name: str, value: str) -> str:
    if name == "FifoQueue" and value != "true":
        raise invalid_attribute_value(name, "Modifying queue type is not supported.")
    values = _FIFO_VALUES.get(name)
    if values and value not in values:
        raise invalid_attribute_value(name)
    return value if name in FIFO_DEFAULTS else _check(name, value)


def _check(name: str, value: str) -> str:
    if name in ("DeduplicationScope", "FifoThroughputLimit"):
        raise only_of_fifo(name)
    if name in _RANGES:
        return _number(name, value)
    check = _CHECKS.get(name)
    if check is None:
        raise unknown_attribute(name)
    if value or name not in OPTIONAL:
        check(name, value)
    return value


def _number(name: str, value: str) -> str:
    low, high = _RANGES[name]
    number = whole_number(value)
    if number is None or not low <= number <= high:
        raise invalid_attribute_value(name)
    return str(number)


def _check_boolean(name: str, value: str) -> None:
    if value not in ("true", "false"):
        raise invalid_attribute_value(name)


def _check_policy(name: str, value: str) -> None:
    try:
        read_policy(value)
    except PolicyError:
        raise invalid_attribute_value(name) from None


def _check_redrive(name: str, value: str) -> None:
    policy = _json_map(name, value, "Redrive policy is not a valid JSON map.")
    for member in ("maxReceiveCount", "deadLetterTargetArn"):
        if member not in policy:
            raise invalid_value(
                value, name, f"Redrive policy does not contain mandatory attribute: {member}."
            )
    count = str(policy["maxReceiveCount"])
    if not 1 <= (whole_number(count) or 0) <= limits.MAX_RECEIVE_COUNT:
        reason = (
            f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        )
        raise invalid_value(value, name, reason)
    if extra := policy.keys() - {"maxReceiveCount", "deadLetterTargetArn"}:
        raise invalid_value(
            value,
            name,
            f"Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount], not {min(extra)}.",
        )


def _check_redrive_allow(name: str, value: str) -> None:
    policy = _json_map(name, value, "Redrive allow policy is not a valid JSON map.")
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise invalid_value(value, name, "Redrive permission must be allowAll, denyAll or byQueue.")
    if permission != "byQueue" and sources is not None:
        raise invalid_value(
            value, name, "sourceQueueArns is only allowed with the redrive permission byQueue."
        )
    if permission == "byQueue" and not (
        isinstance(sources, list) and 1 <= len(sources) <= limits.MAX_ALLOWED_SOURCES
    ):
        raise invalid_value(value, name, "sourceQueueArns must hold 1 to 10 queue ARNs.")


def _json_map(name: str, value: str, reason: str) -> dict[str, Any]:
    try:
        found = orjson.loads(value)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise invalid_value(value, name, reason)
    return found


def _check_key_name(name: str, value: str) -> None:
    if len(value) > limits.MAX_KEY_NAME_CHARS or not value.isascii() or not value.isprintable():
        raise invalid_attribute_value(name)


_CHECKS: dict[str, Callable[[str, str], None]] = {
    "SqsManagedSseEnabled": _check_boolean,
    "Policy": _check_policy,
    "RedrivePolicy": _check_redrive,
    "RedriveAllowPolicy": _check_redrive_allow,
    "KmsMasterKeyId": _check_key_name,
}


def _comparable(name: str, value: str) -> object:
    if value and name in ("Policy", "RedrivePolicy", "RedriveAllowPolicy"):
        return orjson.loads(value)
    return value
