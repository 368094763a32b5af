"""The one way into a queue: what its kind asks of a message, and the message's INSERT."""

import hashlib
from dataclasses import dataclass, replace
from functools import partial

from penstock.delivery.trace_header import kept_header
from penstock.services.sqs import limits
from penstock.services.sqs.errors import (
    invalid_for_queue_type,
    message_too_long,
    missing_parameter,
    no_deduplication_id,
)
from penstock.services.sqs.messages.groups import add_group
from penstock.services.sqs.messages.message import NewMessage
from penstock.services.sqs.messages.sealing import Body
from penstock.services.sqs.queues.queue import Queue
from penstock.services.sqs.traffic import Traffic
from penstock.store import Tx, queries

Q = queries(__package__)


@dataclass(slots=True)
class Sent:
    """A message that the queue has; ``sequence`` only in FIFO queues, ``due_ms`` when it becomes visible."""

    message_id: str
    due_ms: int
    sequence: int | None = None


def check_identified(queue: Queue, message: NewMessage) -> None:
    """Returns when the message says what a queue of this kind must know it by; else AwsError."""
    if queue.fifo is None:
        if message.deduplication_id is not None:
            raise invalid_for_queue_type(message.deduplication_id, "MessageDeduplicationId")
    elif message.group is None:
        raise missing_parameter("MessageGroupId")
    elif message.deduplication_id is None and not queue.fifo.by_content:
        raise no_deduplication_id()


def insert_message(
    tx: Tx, traffic: Traffic, queue: Queue, message: NewMessage, sender: str, body: Body
) -> Sent:
    """Returns what has become of a message that ``check_identified`` let in; ``traffic`` hears of it after the commit.

    A duplicate in a FIFO queue is the message that it repeats. AwsError when it is too long for the queue, or has a
    delay of its own in a FIFO queue. ``sender`` is the id that receivers are told, ``body`` is as it is stored.
    """
    if message.size > queue.max_bytes:
        raise message_too_long(queue.max_bytes)
    if queue.fifo is not None:
        return _insert_in_order(tx, traffic, queue, message, sender, body)
    message_id = tx.ids.uuid()
    due_ms = tx.now_ms + (queue.delay_ms if message.delay_ms is None else message.delay_ms)
    sent = Sent(message_id, due_ms)
    _insert(tx, queue, message, sender, body, sent)
    tx.after_commit(partial(traffic.arrived, queue.key, queue.id, message.size, tx.now_ms, due_ms))
    return sent


def next_sequence(tx: Tx, queue: Queue) -> int:
    """Returns the FIFO queue's next sequence number; to clients it is told as ``sequence_text``."""
    return tx.insert(Q.add_sequence, queue.id)


def _insert_in_order(
    tx: Tx, traffic: Traffic, queue: Queue, message: NewMessage, sender: str, body: Body
) -> Sent:
    assert queue.fifo is not None
    assert message.group is not None
    if message.delay_ms:
        raise invalid_for_queue_type(message.delay_ms // 1000, "DelaySeconds")
    id = message.deduplication_id or hashlib.sha256(message.body.encode()).hexdigest()
    scope = message.group if queue.fifo.by_group else ""
    sent = Sent(tx.ids.uuid(), tx.now_ms + queue.delay_ms, next_sequence(tx, queue))
    until_ms = tx.now_ms + limits.DEDUPLICATION_MS
    # What a queue that had this one's key remembers does not count.
    over_ms = max(tx.now_ms, queue.created_ms + limits.DEDUPLICATION_MS - 1)
    if not tx.run(Q.add_duplicate, queue.id, scope, id, until_ms, sent.message_id, sent.sequence, over_ms):
        first = tx.one(Q.find_duplicate, queue.id, scope, id)
        assert first is not None
        tx.after_commit(partial(traffic.deduplicated, queue.key, tx.now_ms))
        return Sent(first[0], sent.due_ms, first[1])
    _insert(tx, queue, replace(message, deduplication_id=id), sender, body, sent)
    add_group(tx, queue, message.group, sent.due_ms)
    tx.after_commit(partial(traffic.arrived, queue.key, queue.id, message.size, tx.now_ms, sent.due_ms))
    return sent


def _insert(tx: Tx, queue: Queue, message: NewMessage, sender: str, body: Body, sent: Sent) -> None:
    tx.insert(
        Q.add_message,
        queue.box,
        sent.due_ms,
        tx.now_ms,
        sent.message_id,
        sender,
        kept_header(message.trace),
        message.group,
        message.attributes,
        message.md5,
        body.text,
        body.sealed_for,
        sent.sequence,
        message.deduplication_id,
    )
