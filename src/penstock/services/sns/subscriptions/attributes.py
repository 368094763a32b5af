"""Subscription attributes: which there are, and what their values may be.

Source: https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from collections.abc import Mapping

import orjson

from penstock.arn import Arn
from penstock.matching.filter_policy import FilterPolicy, FilterPolicyScope
from penstock.matching.pattern_error import PatternError
from penstock.services.sns.delivery_policy import PolicyProblem, subscription_policy
from penstock.services.sns.errors import not_implemented
from penstock.services.sns.subscriptions.replay import ReplayProblem, parse_replay
from penstock.services.sns.subscriptions.subscription import Protocol, filter_scope
from penstock.services.sns.topics.attributes import Refuse
from penstock.services.sns.topics.topic import Topic

_KNOWN = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
)


def check_attributes(
    attributes: Mapping[str, str], protocol: Protocol, owner: str, topic: Topic, refuse: Refuse
) -> dict[str, str]:
    """Returns all attributes of a subscription as they are stored; else raises what ``refuse`` makes.

    AwsError ``NotImplemented`` for what this server has not.
    """
    for name in attributes:
        if name == "SubscriptionRoleArn":
            raise not_implemented(f"The subscription attribute {name}")
        if name not in _KNOWN:
            raise refuse(f"Unknown attribute: {name}")
    kept = {name: value for name, value in attributes.items() if value}
    _check_raw(kept, protocol, refuse)
    _check_filter(kept, refuse)
    _check_delivery(kept, protocol, refuse)
    if "RedrivePolicy" in kept:
        _check_redrive(kept["RedrivePolicy"], owner, topic, refuse)
        if kept["RedrivePolicy"].strip() == "{}":
            del kept["RedrivePolicy"]
    if "ReplayPolicy" in kept:
        _check_replay(kept["ReplayPolicy"], topic, refuse)
        if kept["ReplayPolicy"].strip() == "{}":
            del kept["ReplayPolicy"]
    return kept


def _check_replay(text: str, topic: Topic, refuse: Refuse) -> None:
    if text.strip() == "{}":
        return
    if topic.archive_days is None:
        raise refuse("ReplayPolicy: the topic has no ArchivePolicy")
    try:
        parse_replay(text, "")
    except ReplayProblem as problem:
        raise refuse(f"ReplayPolicy: {problem}") from None


def _check_raw(attributes: Mapping[str, str], protocol: Protocol, refuse: Refuse) -> None:
    value = attributes.get("RawMessageDelivery")
    if value is None:
        return
    if value.lower() not in ("true", "false"):
        raise refuse(f"RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
    if value == "true" and not (protocol.is_http or protocol is Protocol.SQS):
        raise refuse(f"Delivery protocol [{protocol}] does not support raw message delivery.")


def _check_filter(attributes: Mapping[str, str], refuse: Refuse) -> None:
    scope = attributes.get("FilterPolicyScope", FilterPolicyScope.MESSAGE_ATTRIBUTES.value)
    if scope not in [known.value for known in FilterPolicyScope]:
        raise refuse(
            f"FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
        )
    if text := attributes.get("FilterPolicy"):
        try:
            FilterPolicy(text, filter_scope(attributes))
        except PatternError as error:
            raise refuse(str(error)) from None


def _check_delivery(attributes: Mapping[str, str], protocol: Protocol, refuse: Refuse) -> None:
    text = attributes.get("DeliveryPolicy")
    if text is None:
        return
    if not protocol.is_http:
        raise refuse(f"DeliveryPolicy: Delivery protocol [{protocol}] does not support delivery policies.")
    try:
        subscription_policy(text, raw=attributes.get("RawMessageDelivery") == "true")
    except PolicyProblem as problem:
        raise refuse(f"DeliveryPolicy: {problem}") from None


def _check_redrive(text: str, owner: str, topic: Topic, refuse: Refuse) -> None:
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise refuse("RedrivePolicy: failed to parse JSON.") from None
    if policy == {}:
        return
    if not isinstance(policy, dict) or not isinstance(policy.get("deadLetterTargetArn"), str):
        raise refuse("RedrivePolicy: deadLetterTargetArn is missing or is no string")
    if extra := policy.keys() - {"deadLetterTargetArn"}:
        raise refuse(f"RedrivePolicy: Unexpected JSON member: {min(extra)}")
    try:
        arn = Arn.parse(policy["deadLetterTargetArn"])
    except ValueError:
        raise refuse("RedrivePolicy: deadLetterTargetArn is an invalid arn") from None
    if arn.service != "sqs" or ":" in arn.resource:
        raise refuse("RedrivePolicy: deadLetterTargetArn must be an Amazon SQS queue ARN")
    if (arn.account, arn.region) != (owner, topic.key[1]):
        raise refuse("RedrivePolicy: the dead-letter queue must be in the subscription's account and region")
    if arn.resource.endswith(".fifo") != topic.is_fifo:
        kind = "FIFO" if topic.is_fifo else "standard"
        raise refuse(f"RedrivePolicy: the dead-letter queue must be a {kind} queue")
