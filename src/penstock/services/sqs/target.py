"""Queues as destinations: a delivery into one is rows of the transaction that caused it."""

import hashlib

from penstock.delivery import (
    DestinationError,
    ForbiddenDestination,
    Message,
    MissingDestination,
    Occasion,
    Source,
    Standing,
    Target,
)
from penstock.errors import AwsError
from penstock.services.customer_keys import CustomerKeys, KeyRefusal
from penstock.services.sqs.messages.insert import check_identified, insert_message
from penstock.services.sqs.messages.message import NewMessage
from penstock.services.sqs.messages.message_attributes import check_message_attributes, pack_attributes
from penstock.services.sqs.messages.sealing import check_key, stored_body
from penstock.services.sqs.queues.queue import Queue, find_queue, key_of_arn
from penstock.services.sqs.traffic import Traffic
from penstock.store import ReadTx, Tx

_MAX_GRANTS = 10_000  # sources that a queue remembers its decision about


class SqsTarget(Target):
    """Delivery's way into the queues."""

    def __init__(self, traffic: Traffic, keys: CustomerKeys) -> None:
        self._traffic = traffic
        self._keys = keys

    def check(self, tx: ReadTx, arn: str, source: Source) -> None:
        """Returns when ``source`` may deliver to the queue ``arn`` now; else raises DestinationError saying why not."""
        self._queue_for(tx, arn, source)

    def accept(self, tx: Tx, arn: str, source: Source, message: Message) -> str:
        """Stores the message and returns its id; raises DestinationError, having stored nothing."""
        queue = self._queue_for(tx, arn, source)
        try:
            new = _new_message(queue, message)
            check_identified(queue, new)
            body = stored_body(tx, queue, self._keys, source.principal, new.body)
            sent = insert_message(tx, self._traffic, queue, new, source.sender_id, body)
        except AwsError as error:
            raise DestinationError(f"The queue {arn} does not take the message: {error.message}") from None
        except UnicodeDecodeError:
            raise DestinationError(
                f"The queue {arn} does not take the message: its body is no text."
            ) from None
        return sent.message_id

    def explain(self, tx: ReadTx, arn: str, source: Source, message: Message, wanted: str) -> Standing:
        """Returns whether the queue would let ``source`` in now, and what the statements of the policies say."""
        found = super().explain(tx, arn, source, message, wanted)
        key = key_of_arn(arn)
        queue = find_queue(tx, key) if key else None
        if queue is None:
            return found
        occasion = Occasion(tx.now_ms, queue.tag_keys)
        policies = source.weigh("sqs:SendMessage", queue.arn, queue.policy, queue.key[0], occasion)
        return found._replace(policies=policies)

    def _queue_for(self, tx: ReadTx, arn: str, source: Source) -> Queue:
        queue = _queue_for(tx, arn, source)
        try:
            check_key(tx, self._keys, source.principal, queue)
        except KeyRefusal as refusal:
            raise ForbiddenDestination(
                f"The key {queue.kms_key} of the queue {arn} cannot be used to send for {source.arn}: {refusal.message}"
            ) from None
        return queue


def _queue_for(tx: ReadTx, arn: str, source: Source) -> Queue:
    key = key_of_arn(arn)
    if key is None:
        raise DestinationError(f"{arn} is not the ARN of a queue.")
    queue = find_queue(tx, key)
    if queue is None:
        raise MissingDestination(f"The queue {arn} does not exist.")
    if not _may_send(tx, queue, source):
        raise ForbiddenDestination(_refusal(queue, source))
    return queue


def _may_send(tx: ReadTx, queue: Queue, source: Source) -> bool:
    if source.principal.kind != "service":
        return _is_allowed(tx, queue, source)  # a role's own policies change without the queue's knowing
    # The queue is loaded anew when its policy changes, and with it goes what it remembers here.
    grant = (source.service, source.arn, source.account)
    known = queue.grants.get(grant)
    if known is not None:
        return known
    allowed = _is_allowed(tx, queue, source)
    if _is_timeless(queue):
        if len(queue.grants) >= _MAX_GRANTS:
            queue.grants.clear()
        queue.grants[grant] = allowed
    return allowed


def _is_allowed(tx: ReadTx, queue: Queue, source: Source) -> bool:
    occasion = Occasion(tx.now_ms, queue.tag_keys)
    return source.may("sqs:SendMessage", queue.arn, queue.policy, queue.key[0], occasion).allowed


def _is_timeless(queue: Queue) -> bool:
    text = queue.attributes.get("Policy", "").lower()
    return "aws:currenttime" not in text and "aws:epochtime" not in text


def _refusal(queue: Queue, source: Source) -> str:
    if source.principal.kind == "service":
        return (
            f"The policy of the queue {queue.arn} does not let {source.name} send messages for {source.arn}."
        )
    return f"The role {source.name} may not send messages to the queue {queue.arn}."


def _new_message(queue: Queue, message: Message) -> NewMessage:
    data, attributes = message.body, message.attributes
    return NewMessage(
        data.decode(),
        hashlib.md5(data, usedforsecurity=False).hexdigest(),
        len(data) + (check_message_attributes(attributes) if attributes else 0),
        pack_attributes(attributes) if attributes else None,
        None,
        message.trace,
        message.group,
        # An ordered sender has it for every queue; a standard one has no use for it.
        message.deduplication_id if queue.fifo is not None else None,
    )
