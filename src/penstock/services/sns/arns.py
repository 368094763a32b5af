"""ARNs of topics and of subscriptions."""

from functools import lru_cache
from typing import NamedTuple

from penstock.arn import Arn, arn
from penstock.server import Call, Params
from penstock.services.sns.errors import invalid_parameter

SERVICE = "sns.amazonaws.com"
"""The principal that SNS is to policies."""

Key = tuple[str, str, str]
"""Account, region and name of a topic."""


class Named(NamedTuple):
    """What an ARN of SNS names: a topic, or (``uid`` is not "") a subscription to it."""

    topic: Key
    uid: str


@lru_cache(maxsize=4096)  # every delivery asks
def named(text: str) -> Named | None:
    """Returns what the ARN names; None when it is none of SNS's."""
    try:
        parsed = Arn.parse(text)
    except ValueError:
        return None
    name, _, uid = parsed.resource.partition(":")
    if parsed.service != "sns" or not parsed.account or not parsed.region or not name or ":" in uid:
        return None
    return Named((parsed.account, parsed.region, name), uid)


def topic_arn(key: Key) -> str:
    """Returns the topic's ARN."""
    account, region, name = key
    return arn("sns", region, account, name)


def all_arns(_: object, call: Call, params: Params) -> str:
    """Returns what AWS names when a caller may not list: all that the account has."""
    return topic_arn((call.account, call.region, "*"))


def own_topic(call: Call, topic: Key) -> str:
    """Returns on what a caller is asked for who does something with a subscription to ``topic``.

    What another account's topic is subscribed to is the subscriber's own, whatever the topic's policy says.
    """
    return topic_arn(topic) if topic[0] == call.account else "*"


def topic_of_subscription(_: object, call: Call, params: Params) -> str:
    """Returns on what a caller is asked for who names a subscription; AwsError ``InvalidParameter``."""
    return own_topic(call, subscription_name(params.get("SubscriptionArn")).topic)


def subscription_arn(topic: Key, uid: str) -> str:
    """Returns the ARN of a subscription to ``topic``."""
    return f"{topic_arn(topic)}:{uid}"


def topic_key(text: object, member: str, region: str) -> Key:
    """Returns the topic that a parameter names; AwsError ``InvalidParameter`` when it is no topic of the region."""
    value = str(text or "")
    if value.count(":") < 5:
        elements = len(value.split(":"))
        raise invalid_parameter(f"{member} Reason: An ARN must have at least 6 elements, not {elements}")
    found = named(value)
    if found is None or found.uid or found.topic[1] != region:
        raise invalid_parameter(member)
    return found.topic


def subscription_name(text: object) -> Named:
    """Returns the subscription that ``SubscriptionArn`` names; AwsError ``InvalidParameter`` when it is none's."""
    value = str(text or "")
    if value.count(":") < 5:
        elements = len(value.split(":"))
        raise invalid_parameter(
            f"SubscriptionArn Reason: An ARN must have at least 6 elements, not {elements}"
        )
    found = named(value)
    if found is None or not found.uid:
        raise invalid_parameter("SubscriptionId")
    return found
