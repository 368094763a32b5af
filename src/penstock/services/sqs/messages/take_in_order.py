"""ReceiveMessage of FIFO queues: as much as possible of one group that is free, then of the next.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
"""

from functools import partial
from itertools import takewhile

from penstock.services.sqs.messages.groups import free_groups, hide_group, settle_group
from penstock.services.sqs.messages.passing import MAX_PASSED, pass_by, weight
from penstock.services.sqs.messages.taken import Taken, receive_row
from penstock.services.sqs.queues.queue import Queue
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


class QueueIsFull(Exception):
    """As many messages of a FIFO queue are in flight as may be: AWS then gives none, and no error either."""


def take_in_order(tx: Tx, sqs: SqsState, queue: Queue, count: int, visibility_ms: int) -> list[Taken]:
    """Returns up to ``count`` messages of free groups, each group's in its order; these groups are then hidden.

    QueueIsFull when too many are in flight.
    """
    lines, in_flight = sqs.lines, sqs.in_flight
    room = in_flight.room(tx, queue.box, count)
    if room <= 0:
        raise QueueIsFull
    taken: list[Taken] = []
    passed, groups = 0, free_groups(tx, queue, room)
    while groups and len(taken) < room and passed < MAX_PASSED:
        name = groups.pop(0)
        found, gone = _take_group(tx, lines, queue, name, room - len(taken), visibility_ms)
        taken += found
        passed += gone
    if taken:
        in_flight.add(queue.box, len(taken))
        tx.after_commit(partial(lines.expect, queue.id, tx.now_ms + visibility_ms))
    return taken


def waiting_in_order(tx: ReadTx, queue: Queue, count: int) -> list[Row]:
    """Returns the rows of up to ``count`` messages that are due, of free groups, each group's in its order."""
    rows: list[Row] = []
    for name in free_groups(tx, queue, count):
        rows += _due(tx, queue, name, 0, count - len(rows))
        if len(rows) >= count:
            break
    return rows


def _take_group(
    tx: Tx, lines: Lines, queue: Queue, name: str, room: int, visibility_ms: int
) -> tuple[list[Taken], int]:
    """Returns what was received of the group, and the weight of what was passed by."""
    taken: list[Taken] = []
    passed = last = 0
    while len(taken) < room and passed < MAX_PASSED:
        rows = _due(tx, queue, name, last, room - len(taken))
        if not rows:
            break
        for row in rows:
            last = row[14]
            if pass_by(tx, lines, queue, row):
                passed += weight(row)
            else:
                taken.append(receive_row(tx, row, visibility_ms))
    if taken:
        hide_group(tx, queue, name, tx.now_ms + visibility_ms)
    else:
        settle_group(tx, lines, queue, name)
    return taken, passed


def _due(tx: ReadTx, queue: Queue, name: str, after: int, count: int) -> list[Row]:
    """Returns the rows of the group behind the sequence number ``after``, up to the first that is delayed."""
    rows = tx.all(Q.find_ordered, queue.box, name, after, count)
    return list(takewhile(lambda row: row[16] <= tx.now_ms, rows))
