"""Takes away what nobody can receive any more: messages of purged and deleted queues, and those that are too old.

Receivers never see such messages; this only frees their room, a few hundred rows at a time, fewer where they are long:
the pages of a long body are let go one by one.
"""

from penstock.services.sqs.messages.giving_up import record_expiry
from penstock.services.sqs.messages.groups import settle_group
from penstock.services.sqs.queues.queue import Queue, get_queue
from penstock.services.sqs.waiting import Lines
from penstock.store import Tx, queries

Q = queries(__package__)

_STEP = 300
_STEP_CHARS = 2_000_000
_FEW = 5  # read at once: their lengths are not known before, and may be a million each
_QUEUES = 20


def empty_box(tx: Tx) -> bool:
    """Deletes some messages of a dropped box; returns whether there may be more."""
    row = tx.one(Q.find_dropped_box)
    if row is None:
        return False
    (box,) = row
    left = _STEP_CHARS
    for _ in range(_STEP // _FEW):
        rows = tx.all(Q.find_some_of_box, box, _FEW)
        for id, length in rows:
            tx.run(Q.delete_message, id)
            left -= length
        if len(rows) < _FEW:
            if tx.run(Q.delete_groups, box, box, _STEP) < _STEP:
                tx.run(Q.delete_box, box)
            break
        if left < 0:
            break
    return True


def forget(tx: Tx) -> bool:
    """Deletes some deduplication and attempt ids whose time is over; returns whether there may be more."""
    found = tx.run(Q.delete_duplicates, tx.now_ms, _STEP), tx.run(Q.delete_attempts, tx.now_ms, _STEP)
    return max(found) == _STEP


def expire(lines: Lines, tx: Tx, after: int) -> int | None:
    """Deletes some expired messages of the queues behind ``after``; returns where to go on, or None at the end."""
    rows = tx.all(Q.find_queues_after, after, _QUEUES)
    for id, account, region, name in rows:
        queue = get_queue(tx, (account, region, name))
        count, is_more = _expire_some(tx, lines, queue)
        after = id
        if count:
            return after - 1 if is_more else after
    return after if rows else None


def _expire_some(tx: Tx, lines: Lines, queue: Queue) -> tuple[int, bool]:
    """Deletes some expired messages of the queue; returns how many, and whether there may be more."""
    horizon_ms, count, left = queue.horizon_ms(tx.now_ms), 0, _STEP_CHARS
    for received in (1, 0):
        is_more = True
        while is_more:
            if count >= _STEP or left <= 0:
                return count, True
            expired = tx.all(Q.find_some_expired, queue.box, received, horizon_ms, _FEW)
            for message, message_id, trace, group, length in expired:
                tx.run(Q.delete_message, message)
                record_expiry(tx, queue, trace, message_id)
                left -= length
                if queue.fifo is not None:
                    settle_group(tx, lines, queue, group)
            count += len(expired)
            is_more = len(expired) == _FEW
    return count, False
