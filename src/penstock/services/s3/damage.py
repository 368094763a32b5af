"""Which versions have been found damaged."""

from functools import partial
from typing import Any

from penstock.services.s3.times import utc
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_PAGE = 1000

Place = tuple[int, str, int]
"""Bucket, key and ord of a version."""


class Damage:
    """A row for each damaged version, and a set of them here, so that who writes need not look for one."""

    def __init__(self) -> None:
        self.known: set[Place] = set()

    def load(self, tx: ReadTx) -> None:
        """Takes up what a former process found."""
        self.known = {(bucket, key, ord) for bucket, key, ord in tx.all(Q.find_damage)}

    def put(self, tx: Tx, place: Place, why: str) -> None:
        """Marks a version as damaged."""
        tx.run(Q.put_damage, *place, tx.now_ms, why)
        self.known.add(place)  # before the commit: who replaces the version in the same one must find it

    def clear(self, tx: Tx, place: Place) -> None:
        """Forgets what was known of a version whose bytes are gone, or whole again."""
        if place in self.known:
            tx.run(Q.delete_damage, *place)
            tx.after_commit(partial(self.known.discard, place))


def damaged_versions(tx: ReadTx) -> list[dict[str, Any]]:
    """Returns the first thousand damaged versions: bucket, key, version, when and what was found."""
    return [
        {"bucket": bucket, "key": key, "version": version, "found": utc(found_ms).isoformat(), "why": why}
        for bucket, key, version, found_ms, why in tx.all(Q.find_damage_page, _PAGE)
    ]
