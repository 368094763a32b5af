"""Takes away the events of deleted buses, those past the retention period, and what is known of duplicates."""

from penstock.store import Tx, queries

Q = queries(__package__)

_STEP = 100
_DAY_MS = 86_400_000
_END = 1 << 62


def empty_bus(tx: Tx) -> bool:
    """Deletes some events of a dropped bus, at last itself; returns whether there may be more."""
    row = tx.one(Q.find_dropped_bus)
    if row is None:
        return False
    if not _drop(tx, row[0], _END):
        tx.run(Q.delete_bus, row[0])
    return True


def forget_seen(tx: Tx) -> bool:
    """Deletes some of what was a duplicate's key; returns whether there may be more."""
    rows = tx.all(Q.find_old_seen, tx.now_ms, _STEP)
    for bus, digest in rows:
        tx.run(Q.delete_seen, bus, digest)
    return len(rows) == _STEP


def expire(tx: Tx, after: int) -> int | None:
    """Deletes some events past the retention period; returns the bus to go on behind, or None at the end."""
    row = tx.one(Q.find_next_bus, after)
    if row is None:
        return None
    id, days, dropped = row
    if not dropped and _drop(tx, id, tx.now_ms - days * _DAY_MS):
        return after
    return int(id)


def _drop(tx: Tx, bus: int, before_ms: int) -> bool:
    rows = tx.all(Q.find_old_events, bus, before_ms, _STEP)
    for (number,) in rows:
        tx.run(Q.delete_event, bus, number)
    return bool(rows)
