"""Why a message of a topic reaches a subscription or not, asked of the same filters that let messages pass."""

from penstock.delivery import Passage
from penstock.services.sns.arns import named
from penstock.services.sns.messages.notification import Notification
from penstock.services.sns.subscriptions.subscription import (
    State,
    Subscription,
    find_subscription,
    find_times,
    subscriptions_of,
)
from penstock.services.sns.topics.topic import Topic
from penstock.store import ReadTx

_STATES = {
    State.PENDING: "the subscription is not confirmed",
    State.DELETED: "the subscription has been ended",
}


def passages(tx: ReadTx, topic: Topic, notification: Notification, wanted: str) -> tuple[Passage, ...]:
    """Returns the subscriptions by which the message goes from the topic to the endpoint or subscription ``wanted``."""
    return tuple(_passage(tx, topic, found, notification) for found in _leading(tx, topic, wanted))


def _leading(tx: ReadTx, topic: Topic, wanted: str) -> list[Subscription]:
    name = named(wanted)
    if name is None or not name.uid:
        return subscriptions_of(tx, topic, wanted)
    found = find_subscription(tx, name.uid)
    return [found] if found and found.topic_id == topic.id else []


def _passage(tx: ReadTx, topic: Topic, subscription: Subscription, notification: Notification) -> Passage:
    text = notification.text(subscription.protocol.value)
    why_not = _STATES.get(subscription.state) or subscription.why_not(notification.attributes, text)
    since_ms, changed_ms = find_times(tx, subscription)
    arn, endpoint = subscription.arn, subscription.endpoint
    return Passage(arn, endpoint, arn, why_not, since_ms, changed_ms, topic.source)
