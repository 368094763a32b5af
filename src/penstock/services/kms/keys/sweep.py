"""Rotates and deletes keys when it is time, some at a time.

Whoever reads does not depend on it: a key that is due counts as deleted, and is rotated before it is used.
"""

from penstock.services.kms.keys.imports import forget_imported
from penstock.services.kms.keys.key import drop_key, find_key
from penstock.services.kms.keys.material import catch_up
from penstock.store import Tx, queries

Q = queries(__package__)

_STEP = 20


def delete_due(tx: Tx) -> bool:
    """Deletes some keys that are due; returns whether there may be more."""
    rows = tx.all(Q.find_deletable, tx.now_ms, _STEP)
    for (id,) in rows:
        drop_key(tx, id)
    return len(rows) == _STEP


def expire_due(tx: Tx) -> bool:
    """Takes away some imported material that has expired; returns whether there may be more."""
    rows = tx.all(Q.find_expired, tx.now_ms, _STEP)
    for (id,) in rows:
        if key := find_key(tx, id):
            forget_imported(tx, key)
        else:
            drop_key(tx, id)
    return len(rows) == _STEP


def rotate_due(tx: Tx) -> bool:
    """Rotates some keys that are due; returns whether there may be more."""
    rows = tx.all(Q.find_rotatable, tx.now_ms, _STEP)
    again = [rotate_one(tx, id) for (id,) in rows]
    return any(again) or len(rows) == _STEP


def rotate_one(tx: Tx, id: str) -> bool:
    """Rotates the key if it is due still; returns whether it is due again."""
    key = find_key(tx, id)
    return key is not None and key.is_due(tx.now_ms) and catch_up(tx, key)
