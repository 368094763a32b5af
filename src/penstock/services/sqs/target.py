"""Queues as destinations: a delivery into one is rows of the transaction that caused it."""

import hashlib
from functools import partial

from penstock.access import Principal, decide
from penstock.delivery import DestinationError, ForbiddenDestination, Message, MissingDestination, Source
from penstock.errors import AwsError
from penstock.services.sqs.messages.message import NewMessage, insert_message
from penstock.services.sqs.messages.message_attributes import check_message_attributes, pack_attributes
from penstock.services.sqs.queues.queue import Queue, find_queue, key_of_arn
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Tx

_MAX_GRANTS = 10_000  # sources that a queue remembers its decision about

# Lambda sends dead letters as the function's role, and has checked that role before it asks.
_CHECKED_BEFORE = frozenset({"lambda.amazonaws.com"})

# In AWS, SenderId of an event message is the session of a role that S3 keeps for itself.
_SENDERS = {"s3.amazonaws.com": "AROAPENSTOCKS3SENDER0:S3-PROD-END"}


class SqsTarget:
    """Delivery's way into the queues."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may deliver to the queue ``arn`` now; else raises DestinationError saying why not."""
        _queue_for(tx, arn, source)

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Stores the message and returns its id; raises DestinationError, having stored nothing."""
        queue = _queue_for(tx, arn, source)
        sender = _SENDERS.get(source.service, source.service)
        try:
            message_id, due_ms = insert_message(tx, queue, _new_message(message), sender)
        except AwsError as error:
            raise DestinationError(f"The queue {arn} does not take the message: {error.message}") from None
        tx.after_commit(partial(self._lines.expect, queue.id, due_ms))
        return message_id


def _queue_for(tx: ReadTx, arn: str, source: Source) -> Queue:
    key = key_of_arn(arn)
    if key is None:
        raise DestinationError(f"{arn} is not the ARN of a queue.")
    queue = find_queue(tx, key)
    if queue is None:
        if arn.endswith(".fifo"):
            raise DestinationError(f"The queue {arn} is a FIFO queue, which cannot be a destination.")
        raise MissingDestination(f"The queue {arn} does not exist.")
    if source.service not in _CHECKED_BEFORE and not _may_send(queue, source):
        raise ForbiddenDestination(
            f"The policy of the queue {arn} does not let {source.service} send messages for {source.arn}."
        )
    return queue


def _may_send(queue: Queue, source: Source) -> bool:
    # The queue is loaded anew when its policy changes, and with it goes what it remembers here.
    known = queue.grants.get(source)
    if known is not None:
        return known
    context: dict[str, str | list[str]] = {"aws:SourceArn": source.arn, "aws:SourceAccount": source.account}
    principal = Principal.of_service(source.service, source.account)
    allowed = decide(principal, "sqs:SendMessage", queue.arn, context, queue.policy, queue.key[0]).allowed
    if _is_timeless(queue):
        if len(queue.grants) >= _MAX_GRANTS:
            queue.grants.clear()
        queue.grants[source] = allowed
    return allowed


def _is_timeless(queue: Queue) -> bool:
    text = queue.attributes.get("Policy", "").lower()
    return "aws:currenttime" not in text and "aws:epochtime" not in text


def _new_message(message: Message) -> NewMessage:
    data = message.body.encode()
    return NewMessage(
        body=message.body,
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        size=len(data) + (check_message_attributes(message.attributes) if message.attributes else 0),
        attributes=pack_attributes(message.attributes),
        delay_ms=None,
        trace=message.trace,
        group=None,
    )
