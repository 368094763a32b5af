"""Bodies in queues that have a key of KMS: sealed for whoever sends, opened for whoever receives.

Attributes are not encrypted, at AWS neither. A message that moves to another queue stays as it is.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
"""

from dataclasses import replace
from typing import NamedTuple

from penstock.access import Principal
from penstock.services.customer_keys import CustomerKeys, KeyRefusal, KeyUser, seal, unseal
from penstock.services.sqs.errors import key_refused
from penstock.services.sqs.messages.taken import Taken
from penstock.services.sqs.queues.queue import Key, Queue
from penstock.store import ReadTx, Tx


class Body(NamedTuple):
    """A body as it is stored."""

    text: str
    sealed_for: str | None


def stored_body(tx: Tx, queue: Queue, keys: CustomerKeys, sender: Principal, text: str) -> Body:
    """Returns the body, sealed if the queue has a key; AwsError."""
    if not queue.kms_key:
        return Body(text, None)
    user = key_user(sender, queue.key)
    try:
        sealed = seal(keys, tx, user, queue.kms_key, _context(queue.arn), text)
    except KeyRefusal as refusal:
        raise key_refused(refusal) from None
    return Body(sealed, queue.arn)


def opened(tx: ReadTx, keys: CustomerKeys, user: KeyUser, taken: list[Taken]) -> list[Taken]:
    """Returns the messages with their bodies as they were sent; AwsError."""
    return [_opened(tx, keys, user, message) if message.sealed_for else message for message in taken]


def key_user(principal: Principal, key: Key) -> KeyUser:
    """Returns who uses the key of the queue, which is named as in the queue's account."""
    account, region, _ = key
    return KeyUser(principal, "sqs", account, region)


def check_key(tx: ReadTx, keys: CustomerKeys, principal: Principal, queue: Queue) -> None:
    """Returns when a body could be encrypted for the principal; KeyRefusal."""
    if queue.kms_key:
        user = key_user(principal, queue.key)
        keys.keeper.weigh(tx, user, queue.kms_key, "GenerateDataKey", _context(queue.arn))


def _opened(tx: ReadTx, keys: CustomerKeys, user: KeyUser, message: Taken) -> Taken:
    assert message.sealed_for is not None
    try:
        body = unseal(keys, tx, user, message.body, _context(message.sealed_for))
    except KeyRefusal as refusal:
        raise key_refused(refusal) from None
    return replace(message, body=body)


def _context(queue_arn: str) -> dict[str, str]:
    return {"aws:sqs:arn": queue_arn}
