"""The archive of a FIFO topic: what was published, for as many days as its policy says.

Source: https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html
"""

from penstock.services.sns.messages.notification import (
    Notification,
    notification_document,
    read_notification,
)
from penstock.services.sns.topics.topic import Topic
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_DAY_MS = 86_400_000


def archive(tx: Tx, topic: Topic, notification: Notification) -> None:
    """Keeps the message when the topic has an archive."""
    if topic.archive_days is not None:
        until_ms = tx.now_ms + topic.archive_days * _DAY_MS
        kept = notification_document(notification)
        tx.run(Q.add_archived, topic.id, notification.sequence, notification.time_ms, until_ms, kept)


def archived(tx: ReadTx, topic: Topic, after: str, start_ms: int, count: int) -> list[Notification]:
    """Returns some messages that were published at ``start_ms`` or later, behind the number ``after``."""
    since_ms = max(start_ms, topic.archived_since_ms(tx.now_ms))
    rows = tx.all(Q.find_archived, topic.id, after, since_ms, count)
    return [read_notification(bytes(body)) for (body,) in rows]
