"""Messages that a receive passes by: too old ones go, those received too often move to the dead-letter queue."""

from functools import partial

from penstock.services.sqs.messages.giving_up import record_expiry, record_move
from penstock.services.sqs.messages.groups import add_group
from penstock.services.sqs.messages.insert import next_sequence
from penstock.services.sqs.queues.queue import Queue, find_queue, key_of_arn
from penstock.services.sqs.waiting import Lines
from penstock.store import Row, Tx, queries

Q = queries(__package__)

MAX_PASSED = 500
"""The weight of what one transaction passes by; bounds how long the event loop is held."""

_CHARS_OF_ONE = 8192  # a longer body counts as several: all of it is written anew


def weight(row: Row) -> int:
    """Returns what passing the row's message by costs."""
    return 1 + len(row[12]) // _CHARS_OF_ONE


def pass_by(tx: Tx, lines: Lines, queue: Queue, row: Row) -> bool:
    """Returns whether the row's message has left the queue instead of being received."""
    id, sent_ms, receives, earlier, message_id, _, trace, group = row[:8]
    if sent_ms <= queue.horizon_ms(tx.now_ms):
        tx.run(Q.delete_message, id)
        record_expiry(tx, queue, trace, message_id)
        return True
    if queue.redrive is None or receives - earlier < queue.redrive.max_receives:
        return False
    key = key_of_arn(queue.redrive.arn)
    target = find_queue(tx, key) if key else None
    if target is None:
        return False  # the dead-letter queue has been deleted: rather receive once more than lose the message
    if target.fifo is None:
        tx.run(Q.put_dead_letter, target.box, tx.now_ms, queue.arn, id)
    else:
        # A FIFO queue takes it as a message of this moment, under an id that no other message has.
        sequence = next_sequence(tx, target)
        tx.run(Q.put_dead_letter_in_order, target.box, tx.now_ms, tx.now_ms, queue.arn, sequence, id)
        add_group(tx, target, group, tx.now_ms)
    tx.after_commit(partial(lines.expect, target.id, tx.now_ms))
    record_move(tx, queue, trace, message_id, receives - earlier, target.arn)
    return True
