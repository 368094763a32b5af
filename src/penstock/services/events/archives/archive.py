"""An archive as a value, and what goes into it."""

import logging
from datetime import UTC, datetime
from typing import Any, NamedTuple

from penstock.arn import arn
from penstock.matching.event_pattern import EventPattern
from penstock.server import Call, Params
from penstock.services.customer_keys import CustomerKeys, KeyRefusal
from penstock.services.events.arns import Key
from penstock.services.events.errors import no_archive
from penstock.services.events.keys import sealed
from penstock.services.events.rules.pattern import compiled
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Row, Tx, queries

log = logging.getLogger(__name__)
Q = queries(__package__)

REPLAY_NAME = "replay-name"
"""The member by which a replayed event is known; such ones are not archived."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Archive(NamedTuple):
    """One archive, by account, region and name; ``retention_days`` 0 keeps events for ever."""

    key: Key
    id: int
    bus: str
    description: str | None
    pattern: str | None
    retention_days: int
    events: int
    bytes: int
    created_ms: int
    kms_key: str | None

    @property
    def arn(self) -> str:
        """Returns the archive's ARN."""
        return archive_arn(self.key)

    @property
    def bus_key(self) -> Key:
        """Returns which bus it is of."""
        return (*self.key[:2], self.bus)


class _Keeping(NamedTuple):
    """What is remembered of an archive, to put events into it."""

    id: int
    name: str
    pattern: EventPattern | None
    kms_key: str | None


def archive_arn(key: Key) -> str:
    """Returns the ARN of an archive."""
    account, region, name = key
    return arn("events", region, account, f"archive/{name}")


def find_archive(tx: ReadTx, key: Key) -> Archive | None:
    """Returns the archive, or None."""
    row = tx.one(Q.find_archive, *key)
    return archive_of(key, (key[2], *row)) if row else None


def get_archive(tx: ReadTx, key: Key) -> Archive:
    """Returns the archive; AwsError ``ResourceNotFoundException``."""
    archive = find_archive(tx, key)
    if archive is None:
        raise no_archive(key[2])
    return archive


def archive_of(key: Key, row: Row) -> Archive:
    """Returns the archive in a row of ``find_archives``."""
    name, *fields = row
    return Archive((*key[:2], name), *fields)


def forget_archives(tx: Tx, bus: Key) -> None:
    """Drops what is known of the bus's archives; call it in the transaction that changes one."""
    tx.forget("events.archives", bus)


def keep_in_archives(tx: Tx, keys: CustomerKeys, bus: Key, document: dict[str, Any], text: bytes) -> None:
    """Stores the event in every archive of the bus that takes it, but where its key keeps EventBridge from it."""
    archives = tx.cached("events.archives", bus, _load)
    if not archives or REPLAY_NAME in document:
        return
    for archive in archives:
        if archive.pattern is None or archive.pattern.matches(document):
            try:
                stored = sealed(tx, keys, bus, archive.kms_key, text.decode())
            except KeyRefusal as refusal:
                log.warning(
                    "the archive %s of %s has no event %s: %s", archive.name, bus, document["id"], refusal
                )
                continue
            tx.insert(Q.add_archived, archive.id, _time_ms(document["time"], tx.now_ms), tx.now_ms, stored)
            tx.run(Q.add_to_archive, 1, len(stored.encode()), archive.id)


def archive_resource(events: EventsState, call: Call, params: Params) -> str:
    """Returns the ARN of the archive that ``ArchiveName`` says."""
    return archive_arn((call.account, call.region, params["ArchiveName"]))


def _load(tx: ReadTx, bus: Key) -> tuple[_Keeping, ...]:
    rows = tx.all(Q.find_archives_of_bus, *bus)
    return tuple(
        _Keeping(id, name, compiled(pattern) if pattern else None, kms_key)
        for id, name, pattern, kms_key in rows
    )


def _time_ms(text: str, now_ms: int) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return now_ms
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((moment - _EPOCH).total_seconds()) * 1000
