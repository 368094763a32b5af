"""The heart of ReceiveMessage: which messages a receiver gets, and what else happens to those it passes."""

from functools import partial

from penstock.services.sqs import limits
from penstock.services.sqs.errors import over_limit
from penstock.services.sqs.messages.groups import settle_group
from penstock.services.sqs.messages.passing import MAX_PASSED, pass_by, weight
from penstock.services.sqs.messages.take_fairly import fair_rows
from penstock.services.sqs.messages.take_in_order import take_in_order, waiting_in_order
from penstock.services.sqs.messages.taken import Taken, receive_row
from penstock.services.sqs.queues.queue import Queue
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


def next_due_ms(tx: ReadTx, queue: Queue) -> int | None:
    """Returns when the queue's next message is visible (now or before: it is), or None when it has none."""
    if queue.fifo is not None:
        row = tx.one(Q.find_next_group, queue.box)
    else:
        horizon_ms = queue.horizon_ms(tx.now_ms)
        row = tx.one(Q.find_next_due, queue.box, horizon_ms, queue.box, horizon_ms)
    return row[0] if row else None


def visible(tx: ReadTx, queue: Queue, count: int) -> list[Row]:
    """Returns the rows of up to ``count`` messages that are visible now: first those that were received before."""
    if queue.fifo is not None:
        return waiting_in_order(tx, queue, count)
    return tx.all(Q.find_visible, queue.box, queue.horizon_ms(tx.now_ms), tx.now_ms, count)


def take(tx: Tx, sqs: SqsState, queue: Queue, count: int, visibility_ms: int) -> list[Taken]:
    """Returns up to ``count`` visible messages, hidden from others for ``visibility_ms``.

    Messages that are too old go; those received too often move to the dead-letter queue.
    When too many are in flight: AwsError ``OverLimit``, of a FIFO queue QueueIsFull.
    """
    if queue.fifo is not None:
        return take_in_order(tx, sqs, queue, count, visibility_ms)
    lines, in_flight = sqs.lines, sqs.in_flight
    room = in_flight.room(tx, queue.box, count)
    if room <= 0:
        raise over_limit(queue.name, limits.MAX_IN_FLIGHT)
    taken: dict[int, Taken] = {}
    passed = fresh = 0
    while passed < MAX_PASSED:
        gone = 0
        most = room + len(taken)
        rows = visible(tx, queue, most)
        for row in fair_rows(tx, sqs.tenants, in_flight, queue, rows, most):
            # With a visibility timeout of 0, a message taken a moment ago is visible still.
            if row[0] in taken or len(taken) == room:
                continue
            if pass_by(tx, lines, queue, row):
                gone += weight(row)
            else:
                taken[row[0]] = receive_row(tx, row, visibility_ms)
                fresh += row[2] == row[3]
        passed += gone
        if not gone:
            break
    if taken:
        in_flight.add(queue.box, len(taken))
        sqs.tenants.received(queue.box, fresh)
        tx.after_commit(partial(lines.expect, queue.id, tx.now_ms + visibility_ms))
    return list(taken.values())


def give_back(tx: Tx, lines: Lines, queue: Queue, taken: list[Taken]) -> None:
    """Makes messages visible at once whose receiver went away before it got them."""
    for message in taken:
        tx.run(Q.put_given_back, tx.now_ms, message.row, queue.box, message.message_id, message.receives)
    if queue.fifo is not None:
        for name in {message.group for message in taken if message.group}:
            settle_group(tx, lines, queue, name)
    tx.after_commit(partial(lines.expect, queue.id, tx.now_ms))
