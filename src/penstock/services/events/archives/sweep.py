"""Takes away the events of deleted archives, and those past the retention period, some at a time."""

from penstock.store import Tx, queries

Q = queries(__package__)

_STEP = 100
_ARCHIVES = 20
_DAY_MS = 86_400_000
_END = 1 << 62


def empty_archive(tx: Tx) -> bool:
    """Deletes some events of a dropped archive, at last itself; returns whether there may be more."""
    row = tx.one(Q.find_dropped_archive)
    if row is None:
        return False
    if not _drop(tx, row[0], _END):
        tx.run(Q.delete_archive, row[0])
    return True


def expire(tx: Tx, after: int) -> int | None:
    """Deletes some events past the retention period; returns the archive to go on behind, or None at the end."""
    rows = tx.all(Q.find_archives_with_retention, after, _ARCHIVES)
    for id, days in rows:
        if _drop(tx, id, tx.now_ms - days * _DAY_MS):
            return after
        after = id
    return after if rows else None


def _drop(tx: Tx, archive: int, before_ms: int) -> bool:
    rows = tx.all(Q.find_some_archived, archive, before_ms, _STEP)
    for id, _ in rows:
        tx.run(Q.delete_archived, id)
    if rows:
        tx.run(Q.add_to_archive, -len(rows), -sum(len(text.encode()) for _, text in rows), archive)
    return bool(rows)
