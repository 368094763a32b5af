"""Takes away what nobody sees any more: events of deleted streams and groups, and those past the retention period.

Readers never see such events; this only frees their room, a few hundred rows at a time, fewer where they are long.
"""

from penstock.services.logs.group import forget_stream
from penstock.services.logs.limits import EVENT_OVERHEAD_BYTES
from penstock.services.logs.sealing import stored_message_bytes
from penstock.store import Statement, Tx, queries

Q = queries(__package__)

_STEP = 300
_STEP_BYTES = 2_000_000
_FEW = 20  # read at once: how long they are is not known before
_GROUPS = 20
_DAY_MS = 86_400_000


def empty_stream(tx: Tx) -> bool:
    """Deletes some events of a dropped stream; returns whether there may be more."""
    row = tx.one(Q.find_dropped_stream)
    if row is None:
        return False
    if not _drop(tx, Q.find_some_of_stream, row[0]):
        tx.run(Q.delete_stream, row[0])
    return True


def empty_group(tx: Tx) -> bool:
    """Deletes some events of a dropped group, then its streams, then itself; returns whether there may be more."""
    row = tx.one(Q.find_dropped_group)
    if row is None:
        return False
    if not _drop(tx, Q.find_some_of_group, row[0]):
        streams = tx.all(Q.find_some_streams, row[0], _STEP)
        for stream, name in streams:
            tx.run(Q.delete_stream, stream)
            forget_stream(tx, row[0], name)  # the next group may get this one's id
        if not streams:
            tx.run(Q.delete_keys, row[0])
            tx.run(Q.delete_group, row[0])
    return True


def expire(tx: Tx, after: int) -> int | None:
    """Deletes some events past the retention period; returns the group to go on behind, or None at the end."""
    rows = tx.all(Q.find_groups_with_retention, after, _GROUPS)
    for id, days in rows:
        if _drop(tx, Q.find_some_expired, id, tx.now_ms - days * _DAY_MS):
            return after
        after = id
    return after if rows else None


def _drop(tx: Tx, found_by: Statement, *of: int) -> bool:
    """Deletes some of the events that ``found_by`` finds, all of one group; returns whether there were any."""
    count = size = 0
    while count < _STEP and size < _STEP_BYTES and (events := tx.all(found_by, *of, _FEW)):
        for id, *_ in events:
            tx.run(Q.delete_event, id)
        length = sum(stored_message_bytes(*event[2:]) + EVENT_OVERHEAD_BYTES for event in events)
        tx.run(Q.add_stored_bytes, -length, events[0][1])
        count, size = count + len(events), size + length
    return bool(count)
