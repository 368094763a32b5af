"""GetTopicAttributes and SetTopicAttributes."""

from penstock.delivery.stamps import iso_time
from penstock.server import Call, Params, operation
from penstock.services.sns import limits
from penstock.services.sns.errors import invalid_parameter
from penstock.services.sns.state import SnsState
from penstock.services.sns.topics.attributes import attribute_error, check_attribute, shown_attributes
from penstock.services.sns.topics.feedback_roles import check_feedback_roles
from penstock.services.sns.topics.topic import (
    Asked,
    Topic,
    asked_topic,
    requested_topic,
    store_attributes,
    topic_resource,
)
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_COUNTS = {
    "SubscriptionsConfirmed": "confirmed",
    "SubscriptionsPending": "pending",
    "SubscriptionsDeleted": "deleted",
}


@operation("GetTopicAttributes", action="sns:GetTopicAttributes", resource=topic_resource)
async def get_topic_attributes(sns: SnsState, call: Call, params: Params) -> Params:
    """Returns the topic's attributes and how many subscriptions it has."""
    return {"Attributes": await sns.store.read(_get, asked_topic(call, params.get("TopicArn")))}


@operation("SetTopicAttributes", action="sns:SetTopicAttributes", resource=topic_resource)
async def set_topic_attributes(sns: SnsState, call: Call, params: Params) -> None:
    """Sets one attribute."""
    name, value = str(params.get("AttributeName") or ""), str(params.get("AttributeValue") or "")
    asked = asked_topic(call, params.get("TopicArn"))
    await check_feedback_roles(call, asked.key[0], {name: value})
    await sns.store.write(_set, asked, name, value)


def _get(tx: ReadTx, asked: Asked) -> dict[str, str]:
    topic = requested_topic(tx, asked)
    counts = {
        name: str(tx.all(Q.count_subscriptions, topic.id, state)[0][0]) for name, state in _COUNTS.items()
    }
    shown = shown_attributes(topic.key, topic.attributes) | counts
    if topic.archive_days is not None:
        shown["BeginningArchiveTime"] = iso_time(topic.archived_since_ms(tx.now_ms))
    return shown


def _set(tx: Tx, asked: Asked, name: str, value: str) -> None:
    topic = requested_topic(tx, asked)
    checked = check_attribute(name, value, attribute_error, fifo=topic.is_fifo)
    if name == "MaximumMessageSize":
        _check_subscriptions(tx, topic, value)
    store_attributes(tx, topic, {**topic.attributes, name: checked})


def _check_subscriptions(tx: ReadTx, topic: Topic, value: str) -> None:
    """Raises AwsError ``InvalidParameter`` when the topic has subscriptions that take no messages of that size."""
    if not value or int(value) <= limits.MAX_MESSAGE_BYTES:
        return
    counts = [tx.all(Q.count_subscriptions, topic.id, state)[0][0] for state in ("confirmed", "pending")]
    if sum(counts) > limits.MAX_LARGE_SUBSCRIPTIONS or tx.one(Q.find_large_unfit, topic.id):
        raise invalid_parameter(
            "MaximumMessageSize Reason: A topic with a MaximumMessageSize above 262144 must have 100 or fewer "
            "subscriptions, and each must be an Amazon SQS, Amazon Data Firehose or Lambda subscription"
        )
