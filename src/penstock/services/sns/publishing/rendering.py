"""A topic's message as each kind of AWS endpoint gets it."""

from penstock.delivery import Message
from penstock.services.sns.messages.envelope import Signer, envelope, function_event
from penstock.services.sns.messages.notification import Kind, Notification
from penstock.services.sns.subscriptions.subscription import Protocol, Subscription

_MAX_ATTRIBUTES = 10  # of a message in a queue


def rendered(
    subscription: Subscription, notification: Notification, message: Message, signer: Signer
) -> Message:
    """Returns ``message`` with what the subscription's queue or function is to get; ``_replace`` keeps its origin."""
    if subscription.protocol is Protocol.LAMBDA:
        body = function_event(notification, subscription.addressee, signer)
        return message._replace(body=body, attributes={}, group=None, deduplication_id=None, subject=None)
    is_fifo = subscription.endpoint.endswith(".fifo")
    return message._replace(
        body=text_for(subscription, notification, signer).encode(),
        attributes=notification.sent_attributes if _is_raw(subscription, notification) else {},
        group=notification.group,
        deduplication_id=notification.deduplication_id if is_fifo else None,
        subject=None,
    )


def dead_letter(
    subscription: Subscription, notification: Notification, message: Message, signer: Signer, reason: str
) -> Message:
    """Returns ``message`` as the subscription's dead-letter queue gets it: with why it is there."""
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": notification.id},
        "ErrorCode": {"DataType": "String", "StringValue": "DeliveryFailed"},
        "ErrorMessage": {"DataType": "String", "StringValue": reason[:1024] or "unknown"},
    }
    own = notification.sent_attributes if _is_raw(subscription, notification) else {}
    if len(own) + len(attributes) > _MAX_ATTRIBUTES:
        attributes = {}
    return message._replace(
        body=text_for(subscription, notification, signer).encode(),
        attributes={**own, **attributes},
        group=notification.group,
        deduplication_id=notification.deduplication_id,
        subject=None,
    )


def text_for(subscription: Subscription, notification: Notification, signer: Signer) -> str:
    """Returns the text for the subscription: the message as it was published, or in its envelope."""
    if _is_raw(subscription, notification):
        return notification.text(subscription.protocol.value)
    return envelope(notification, subscription.addressee, signer)


def _is_raw(subscription: Subscription, notification: Notification) -> bool:
    return subscription.is_raw and notification.kind is Kind.NOTIFICATION
