"""What makes a message of a FIFO topic: its group, its deduplication id, its number.

Source: https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html and
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import hashlib
import re
from dataclasses import replace

from penstock.services.sns import limits
from penstock.services.sns.errors import invalid_parameter
from penstock.services.sns.messages.notification import Notification
from penstock.services.sns.topics.topic import Topic
from penstock.store import Tx, queries

Q = queries(__package__)

_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_FIRST = 10**19  # a sequence number has 20 digits


def check_order(topic: Topic, notification: Notification) -> Notification:
    """Returns the message with its deduplication id; AwsError ``InvalidParameter`` when its topic takes it not so."""
    group, id = notification.group, notification.deduplication_id
    if group is not None and not _ID.fullmatch(group):
        raise invalid_parameter(
            "MessageGroupId Reason: MessageGroupId can only include alphanumeric and punctuation characters. "
            "1 to 128 in length"
        )
    if not topic.is_fifo:
        if id is not None:
            raise invalid_parameter(
                "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
                "valid for this topic type"
            )
        return notification
    if group is None:
        raise invalid_parameter("The MessageGroupId parameter is required for FIFO topics")
    if id is None and topic.attributes.get("ContentBasedDeduplication") != "true":
        raise invalid_parameter(
            "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )
    if id is not None and not _ID.fullmatch(id):
        raise invalid_parameter(
            "MessageDeduplicationId Reason: MessageDeduplicationId can only include alphanumeric and punctuation "
            "characters. 1 to 128 in length"
        )
    body_hash = hashlib.sha256(notification.message.encode()).hexdigest()
    return replace(notification, deduplication_id=id or body_hash)


def numbered(tx: Tx, topic: Topic, notification: Notification) -> tuple[Notification, bool]:
    """Returns the message with its number, and whether it is new.

    One that was published before with the same deduplication id has the id and the number that it had then.
    """
    assert notification.group is not None
    scope = notification.group if topic.attributes.get("FifoThroughputScope") == "MessageGroup" else ""
    key = (topic.id, scope, notification.deduplication_id)
    known = tx.one(Q.find_deduplication, *key)
    if known and known[0] > tx.now_ms:
        return replace(notification, id=known[1], sequence=known[2]), False
    tx.run(Q.put_next_sequence, topic.id)
    ((sequence,),) = tx.all(Q.find_sequence, topic.id)
    made = replace(notification, sequence=str(_FIRST + sequence))
    tx.run(Q.put_deduplication, *key, tx.now_ms + limits.DEDUPLICATION_MS, made.id, made.sequence)
    return made, True
