"""The message groups of FIFO queues: one row for each that has messages, which says when it can be received from.

A group is due when the first of its messages is, or, while some are in flight, when the last of these comes back: so
whoever receives finds a free group without looking at the others, and order within a group cannot be lost.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from functools import partial

from penstock.services.sqs import limits
from penstock.services.sqs.queues.queue import Queue
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_BASE, _STRIDE = 18_850_000_000_000_000_000, 256


def sequence_text(sequence: int) -> str:
    """Returns a SequenceNumber as AWS writes it: twenty digits, growing, not consecutive."""
    return str(_BASE + sequence * _STRIDE)


def add_group(tx: Tx, queue: Queue, name: str, due_ms: int) -> None:
    """Called when a message was put at the group's end; a group that has messages is due when it was."""
    tx.run(Q.add_group, queue.box, name, due_ms)


def free_groups(tx: ReadTx, queue: Queue, count: int) -> list[str]:
    """Returns at most ``count`` groups that can be received from now, the longest free first."""
    return [name for (name,) in tx.all(Q.find_free_groups, queue.box, tx.now_ms, count)]


def hide_group(tx: Tx, queue: Queue, name: str, until_ms: int) -> None:
    """Called when messages of a free group were received: nobody gets more of it before ``until_ms``."""
    tx.run(Q.put_group_due, until_ms, queue.box, name)


def settle_group(tx: Tx, lines: Lines, queue: Queue, name: str) -> None:
    """Called when messages of the group have left it, or are hidden for another time than before."""
    rows = tx.all(Q.find_heads, queue.box, name, limits.MAX_RECEIVE)
    if not rows:
        tx.run(Q.delete_group, queue.box, name)
        return
    # What was received stands at the group's head, and is never more than one receive can take.
    received = [due_ms for due_ms, in_flight in rows if in_flight]
    due_ms = max(received) if received else rows[0][0]
    tx.run(Q.put_group_due, due_ms, queue.box, name)
    tx.after_commit(partial(lines.expect, queue.id, due_ms))
