"""The heart of ReceiveMessage: which messages a receiver gets, and what else happens to those it passes."""

from dataclasses import dataclass
from functools import partial

from penstock.delivery.trace_header import read_header
from penstock.services.sqs import limits
from penstock.services.sqs.errors import over_limit
from penstock.services.sqs.in_flight import InFlight
from penstock.services.sqs.messages.giving_up import record_expiry, record_move
from penstock.services.sqs.queues.queue import Queue, find_queue, key_of_arn
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_MAX_PASSED = 500  # expired or moved messages in one transaction; bounds how long the event loop is held
_CHARS_OF_ONE = 8192  # a longer body counts as several: all of it is written anew


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a receiver got; ``receives`` includes this one."""

    row: int
    sent_ms: int
    receives: int
    message_id: str
    sender: str
    trace: str | None
    group: str | None
    dead_letter_source: str | None
    attributes: str | None
    first_received_ms: int
    body_md5: str
    body: str


def next_due_ms(tx: ReadTx, queue: Queue) -> int | None:
    """Returns when the queue's next message is visible (now or before: it is), or None when it has none."""
    horizon_ms = queue.horizon_ms(tx.now_ms)
    row = tx.one(Q.find_next_due, queue.box, horizon_ms, queue.box, horizon_ms)
    return row[0] if row else None


def visible(tx: ReadTx, queue: Queue, count: int) -> list[Row]:
    """Returns the rows of up to ``count`` messages that are visible now: first those that were received before."""
    return tx.all(Q.find_visible, queue.box, queue.horizon_ms(tx.now_ms), tx.now_ms, count)


def take(
    tx: Tx, lines: Lines, in_flight: InFlight, queue: Queue, count: int, visibility_ms: int
) -> list[Taken]:
    """Returns up to ``count`` visible messages, hidden from others for ``visibility_ms``.

    Messages that are too old go; those received too often move to the dead-letter queue.
    AwsError ``OverLimit`` when too many are in flight.
    """
    room = in_flight.room(tx, queue.box, count)
    if room <= 0:
        raise over_limit(queue.name, limits.MAX_IN_FLIGHT)
    taken: dict[int, Taken] = {}
    passed, horizon_ms = 0, queue.horizon_ms(tx.now_ms)
    while passed < _MAX_PASSED:
        rows = visible(tx, queue, room + len(taken))
        gone = 0
        for row in rows:
            # With a visibility timeout of 0, a message taken a moment ago is visible still.
            if row[0] in taken or len(taken) == room:
                continue
            if _pass(tx, lines, queue, row, horizon_ms):
                gone += 1 + len(row[-1]) // _CHARS_OF_ONE
            else:
                taken[row[0]] = _receive(tx, row, visibility_ms)
        passed += gone
        if not gone:
            break
    if taken:
        in_flight.add(queue.box, len(taken))
        tx.after_commit(partial(lines.expect, queue.id, tx.now_ms + visibility_ms))
    return list(taken.values())


def give_back(tx: Tx, lines: Lines, queue: Queue, taken: list[Taken]) -> None:
    """Makes messages visible at once whose receiver went away before it got them."""
    for message in taken:
        tx.run(Q.put_given_back, tx.now_ms, message.row, queue.box, message.message_id, message.receives)
    tx.after_commit(partial(lines.expect, queue.id, tx.now_ms))


def _receive(tx: Tx, row: Row, visibility_ms: int) -> Taken:
    id, sent_ms, receives, _, message_id, sender, trace, group, source, attributes, first_ms, md5, body = row
    tx.run(Q.put_received, tx.now_ms + visibility_ms, tx.now_ms, tx.now_ms, id)
    first_ms = tx.now_ms if first_ms is None else first_ms
    return Taken(
        row=id,
        sent_ms=sent_ms,
        receives=receives + 1,
        message_id=message_id,
        sender=sender,
        trace=read_header(trace),
        group=group,
        dead_letter_source=source,
        attributes=attributes,
        first_received_ms=first_ms,
        body_md5=md5,
        body=body,
    )


def _pass(tx: Tx, lines: Lines, queue: Queue, row: Row, horizon_ms: int) -> bool:
    id, sent_ms, receives, earlier, message_id, _, trace = row[:7]
    if sent_ms <= horizon_ms:
        tx.run(Q.delete_message, id)
        record_expiry(tx, queue, trace, message_id)
        return True
    if queue.redrive is None or receives - earlier < queue.redrive.max_receives:
        return False
    key = key_of_arn(queue.redrive.arn)
    target = find_queue(tx, key) if key else None
    if target is None:
        return False  # the dead-letter queue has been deleted: rather receive once more than lose the message
    tx.run(Q.put_dead_letter, target.box, tx.now_ms, queue.arn, id)
    tx.after_commit(partial(lines.expect, target.id, tx.now_ms))
    record_move(tx, queue, trace, message_id, receives - earlier, target.arn)
    return True
