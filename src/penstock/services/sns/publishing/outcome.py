"""What CloudWatch and the delivery status of a topic are told of an outcome."""

import orjson

from penstock.delivery import Attempt
from penstock.services.sns.messages.notification import Kind, Notification
from penstock.services.sns.state import SnsState
from penstock.services.sns.status.status_log import Status
from penstock.services.sns.subscriptions.subscription import Protocol, Subscription
from penstock.services.sns.topics.topic import Topic
from penstock.services.sns.traffic import Happened
from penstock.store import Tx

_NAMES = {Protocol.SQS: "SQS", Protocol.LAMBDA: "Lambda", Protocol.HTTP: "HTTP", Protocol.HTTPS: "HTTP"}
_TAKEN = {Protocol.SQS: 200, Protocol.LAMBDA: 202}
_RECEIPTS = {Protocol.SQS: "sqsMessageId", Protocol.LAMBDA: "lambdaRequestId"}


def taken(subscription: Subscription, receipt: str | None) -> Attempt:
    """Returns the attempt in which a queue or a function took a message."""
    response = {_RECEIPTS[subscription.protocol]: receipt} if receipt else {}
    detail: dict[str, object] = {
        "status": _TAKEN[subscription.protocol],
        "response": orjson.dumps(response).decode(),
    }
    return Attempt(ok=True, detail=detail)


def note_outcome(
    tx: Tx,
    sns: SnsState,
    topic: Topic,
    subscription: Subscription,
    notification: Notification,
    last: Attempt,
    count: int,
) -> None:
    """Notes that the message has been delivered or given up, ``last`` being the attempt of ``count`` that decided."""
    if notification.kind is not Kind.NOTIFICATION:
        return
    sns.traffic.count(tx, topic.key, Happened.DELIVERED if last.ok else Happened.FAILED)
    name = _NAMES.get(subscription.protocol) if topic.logs_status else None
    if name is None:
        return
    status = Status(
        protocol=name,
        destination=subscription.endpoint,
        message_id=notification.id,
        text=notification.message,
        published_ms=notification.time_ms,
        attempts=count,
        code=last.detail.get("status", 0 if last.ok else 400),
        response=str(last.detail.get("response", last.error)),
        ok=last.ok,
    )
    sns.status.note(tx, topic.key, topic.attributes, status)
