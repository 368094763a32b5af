"""Takes away what nobody can receive any more: messages of purged and deleted queues, and those that are too old.

Receivers never see such messages; this only frees their room, a few hundred rows at a time.
"""

from penstock.services.sqs.messages.giving_up import record_expiry
from penstock.services.sqs.queues.queue import get_queue
from penstock.store import Tx, queries

Q = queries(__package__)

_STEP = 300
_QUEUES = 20


def empty_box(tx: Tx) -> bool:
    """Deletes some messages of a dropped box; returns whether there may be more."""
    row = tx.one(Q.find_dropped_box)
    if row is None:
        return False
    (box,) = row
    rows = tx.all(Q.find_some_of_box, box, _STEP)
    for (id,) in rows:
        tx.run(Q.delete_message, id)
    if not rows:
        tx.run(Q.delete_box, box)
    return True


def expire(tx: Tx, after: int) -> int | None:
    """Deletes some expired messages of the queues behind ``after``; returns where to go on, or None at the end."""
    rows = tx.all(Q.find_queues_after, after, _QUEUES)
    for id, account, region, name in rows:
        queue = get_queue(tx, (account, region, name))
        expired = tx.all(Q.find_some_expired, queue.box, queue.horizon_ms(tx.now_ms), _STEP)
        for message, message_id, trace in expired:
            tx.run(Q.delete_message, message)
            record_expiry(tx, queue, trace, message_id)
        after = id
        if expired:
            return after if len(expired) < _STEP else after - 1
    return after if rows else None
