"""Tokens that confirm subscriptions, and the messages that carry them.

The store has digests alone: whoever can read it can confirm nothing.
"""

import hashlib

from penstock.delivery import Delivery, Message
from penstock.delivery.trace_header import child_header
from penstock.services.sns.ladders import AWS_MANAGED
from penstock.services.sns.messages.notification import Kind, Notification, notification_document
from penstock.services.sns.subscriptions.subscription import Subscription
from penstock.services.sns.topics.topic import Topic
from penstock.store import Tx

_DIGITS = 208  # as many as AWS's have


def new_token(tx: Tx) -> str:
    """Returns a token that nobody can guess."""
    return tx.ids.hex(_DIGITS)


def digest(token: str) -> str:
    """Returns what the store keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def send_confirmation(
    tx: Tx, delivery: Delivery, topic: Topic, subscription: Subscription, token: str
) -> None:
    """Promises to ask the endpoint whether it wants the subscription."""
    text = (
        f"You have chosen to subscribe to the topic {topic.arn}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    _send(tx, delivery, topic, subscription, Kind.SUBSCRIPTION, text, token)


def send_farewell(tx: Tx, delivery: Delivery, topic: Topic, subscription: Subscription, token: str) -> None:
    """Promises to tell the endpoint that the subscription has ended, and how it is taken up again."""
    text = (
        f"You have chosen to deactivate subscription {subscription.arn}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    )
    _send(tx, delivery, topic, subscription, Kind.UNSUBSCRIPTION, text, token)


def _send(
    tx: Tx, delivery: Delivery, topic: Topic, subscription: Subscription, kind: Kind, text: str, token: str
) -> None:
    notice = Notification(tx.ids.uuid(), topic.arn, tx.now_ms, text, kind, token=token)
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    message = Message(notification_document(notice), trace)
    delivery.send(tx, subscription.arn, topic.source, message, AWS_MANAGED)
