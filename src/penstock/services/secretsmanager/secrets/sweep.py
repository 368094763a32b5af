"""Takes away secrets whose recovery window is over, some at a time."""

from penstock.store import Tx, queries

Q = queries(__package__)

_STEP = 20


def delete_due(tx: Tx) -> bool:
    """Deletes some secrets that are due, with their versions; returns whether there may be more."""
    rows = tx.all(Q.find_due, tx.now_ms, _STEP)
    for (id,) in rows:
        drop(tx, id)
    return len(rows) == _STEP


def drop(tx: Tx, id: int) -> None:
    """Deletes one secret with its versions, of which there are about a hundred at most."""
    tx.run(Q.delete_versions, id)
    tx.run(Q.delete_rotation, id)
    tx.run(Q.delete_secret, id)
