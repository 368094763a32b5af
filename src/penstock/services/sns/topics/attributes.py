"""Topic attributes: which there are, what their values may be, and how they are shown.

Source: https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html and
https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from penstock.access import PolicyError, parse_policy
from penstock.digits import whole_number
from penstock.services.sns import limits
from penstock.services.sns.arns import Key, topic_arn
from penstock.services.sns.delivery_policy import PolicyProblem, effective_topic_text, topic_policy
from penstock.services.sns.errors import invalid_parameter

FEEDBACK_PROTOCOLS = ("HTTP", "Firehose", "Lambda", "Application", "SQS")

_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)
_ROLE = re.compile(r"arn:aws:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_FIFO_ONLY = ("ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy")

Refuse = Callable[[str], Exception]
"""Makes the error of an attribute that cannot be so, of why."""


def check_attribute(name: str, value: str, refuse: Refuse, *, fifo: bool) -> str:
    """Returns the value as it is stored; else raises what ``refuse`` makes."""
    if name == "FifoTopic" or name not in _CHECKS or (name in _FIFO_ONLY and not fifo):
        raise refuse(f"Unknown attribute {name}")
    if value and (why := _CHECKS[name](value)):
        raise refuse(f"{name}: {why}")
    return "" if name == "ArchivePolicy" and value.strip() == "{}" else value


def default_policy(key: Key) -> str:
    """Returns the policy of a topic on which none was set: for its account, and services that say they act for that.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _ACTIONS],
        "Resource": topic_arn(key),
        "Condition": {"StringEquals": {"AWS:SourceOwner": key[0]}},
    }
    document = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    return orjson.dumps(document).decode()


def shown_attributes(key: Key, attributes: Mapping[str, str]) -> dict[str, str]:
    """Returns the attributes as GetTopicAttributes gives them, without its counts."""
    shown = {
        "Policy": default_policy(key),
        "DisplayName": "",
        **attributes,
        "EffectiveDeliveryPolicy": effective_topic_text(topic_policy(attributes.get("DeliveryPolicy"))),
        "Owner": key[0],
        "TopicArn": topic_arn(key),
    }
    if attributes.get("FifoTopic") == "true":
        shown.setdefault("ContentBasedDeduplication", "false")
    return shown


def is_same(wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    """Returns whether every attribute of ``wanted`` is so in ``present``."""
    return all(
        _comparable(name, value) == _comparable(name, present.get(name, "")) for name, value in wanted.items()
    )


def _comparable(name: str, value: str) -> Any:
    if name in ("Policy", "DeliveryPolicy") and value:
        return orjson.loads(value)
    return "" if name in ("FifoTopic", "ContentBasedDeduplication") and value == "false" else value


def _policy(value: str) -> str | None:
    if len(value.encode()) > limits.MAX_POLICY_BYTES:
        return "Policy is too long"
    try:
        policy = parse_policy(value, kind="resource")
    except PolicyError as error:
        return f"Policy Error: {error}"
    for statement in _statements(policy.text):
        actions = statement.get("Action", statement.get("NotAction", []))
        for action in [actions] if isinstance(actions, str) else actions:
            if action != "*" and not action.lower().startswith("sns:"):
                return "Policy statement action out of service scope!"
    return None


def _statements(text: str) -> list[dict[str, Any]]:
    found = orjson.loads(text)["Statement"]
    return [found] if isinstance(found, dict) else list(found)


def _delivery_policy(value: str) -> str | None:
    try:
        topic_policy(value)
    except PolicyProblem as problem:
        return str(problem)
    return None


def _archive_policy(value: str) -> str | None:
    try:
        policy = orjson.loads(value)
    except orjson.JSONDecodeError:
        return "failed to parse JSON."
    if policy == {}:
        return None
    if not isinstance(policy, dict) or policy.keys() != {"MessageRetentionPeriod"}:
        return "must be a JSON object with MessageRetentionPeriod alone"
    days = whole_number(str(policy["MessageRetentionPeriod"]))
    return (
        None
        if days and days <= limits.MAX_ARCHIVE_DAYS
        else "MessageRetentionPeriod must be from 1 to 365 days"
    )


def _display_name(value: str) -> str | None:
    return (
        None
        if len(value) <= limits.MAX_DISPLAY_NAME and value.isprintable()
        else "must be at most 100 characters"
    )


def _one_of(*values: str) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        return None if value in values else f"Invalid value [{value}]. Must be one of {', '.join(values)}."

    return check


def _number(least: int, most: int) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        number = whole_number(value)
        if number is None or not least <= number <= most:
            return f"Invalid value [{value}]. Must be an integer from {least} to {most}."
        return None

    return check


def is_role(value: str) -> bool:
    """Returns whether it is the ARN of a role."""
    return _ROLE.fullmatch(value) is not None


def _key_name(value: str) -> str | None:
    fits = len(value) <= limits.MAX_KEY_NAME_CHARS and value.isascii() and value.isprintable()
    return None if fits else "Invalid value. Must be the id, ARN or alias of a key."


def _role(value: str) -> str | None:
    return None if is_role(value) else f"Invalid value [{value}]. Must be the ARN of a role."


_boolean = _one_of("true", "false")

_CHECKS: dict[str, Callable[[str], str | None]] = {
    "Policy": _policy,
    "DeliveryPolicy": _delivery_policy,
    "DisplayName": _display_name,
    "MaximumMessageSize": _number(limits.MIN_MAXIMUM_MESSAGE_SIZE, limits.MAX_LARGE_MESSAGE_BYTES),
    "SignatureVersion": _one_of("1", "2"),
    "TracingConfig": _one_of("PassThrough", "Active"),
    "KmsMasterKeyId": _key_name,
    "ContentBasedDeduplication": _boolean,
    "FifoThroughputScope": _one_of("Topic", "MessageGroup"),
    "ArchivePolicy": _archive_policy,
    **{f"{protocol}SuccessFeedbackRoleArn": _role for protocol in FEEDBACK_PROTOCOLS},
    **{f"{protocol}FailureFeedbackRoleArn": _role for protocol in FEEDBACK_PROTOCOLS},
    **{f"{protocol}SuccessFeedbackSampleRate": _number(0, 100) for protocol in FEEDBACK_PROTOCOLS},
}


def attribute_error(reason: str) -> Exception:
    """Returns the error of SetTopicAttributes for an attribute that cannot be so."""
    return invalid_parameter("AttributeName" if reason.startswith("Unknown attribute") else reason)
