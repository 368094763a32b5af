"""Whether the ledger has the event of an object version, and whether it reached everybody."""

from enum import StrEnum
from typing import NamedTuple

from penstock.delivery.job import State
from penstock.delivery.ledger import EventRow, delivery_row, event_row
from penstock.delivery.rule import Rule, RuleSet, encode_key
from penstock.store import ReadTx, queries

Q = queries("penstock.delivery")

MAX_EVENTS = 1000
"""Newest changes of a key among which the one that made a version is looked for."""

_MAX_DELIVERIES = 100
_END = 2**62
_NULL = "null"


class Coverage(StrEnum):
    """What the ledger says of a version.

    ``MISSED``: a rule of today would take its event, and its destination has not had it. ``TOO_OLD``: that the ledger
    has nothing of it says nothing.
    """

    COMPLETE = "complete"
    WAITING = "waiting"
    DEAD = "dead"
    NO_EVENT = "no event"
    MISSED = "missed"
    TOO_OLD = "too old"


class Covered(NamedTuple):
    """How a version is covered.

    ``dead`` are its dead deliveries, ``read`` is how many changes were read for it; ``event`` is the one that made it,
    ``missed`` are the rules whose destinations have not had that.
    """

    coverage: Coverage
    dead: tuple[int, ...]
    read: int
    event: EventRow | None = None
    missed: tuple[Rule, ...] = ()


class Stored(NamedTuple):
    """A version as it is stored."""

    bucket: str
    key: str
    version: str
    etag: str
    modified_ms: int


def covered(tx: ReadTx, stored: Stored, kept_since_ms: int) -> Covered:
    """Returns how the ledger covers the version; it has every event since ``kept_since_ms``."""
    rows = tx.all(Q.find_object_events, stored.bucket, stored.key, _END, MAX_EVENTS)
    for read, row in enumerate(rows, 1):
        event = event_row(row)
        if _made(event, stored):
            coverage, dead = _of_event(tx, event)
            return Covered(coverage, dead, read, event)
    is_known = stored.modified_ms >= kept_since_ms and len(rows) < MAX_EVENTS
    return Covered(Coverage.NO_EVENT if is_known else Coverage.TOO_OLD, (), len(rows) + 1)


def with_rules(tx: ReadTx, found: Covered, rules: RuleSet) -> Covered:
    """Returns what was found with the rules that would take the event and whose destinations have not had it."""
    event = found.event
    if event is None:
        return found
    reached = {taken["arn"] for taken in event.taken if "state" not in taken}
    matched = rules.match(event.change.event_name, encode_key(event.change.key))
    missed = tuple(rule for rule in matched if rule.arn not in reached and not _has_delivery(tx, event, rule))
    complete = Coverage.MISSED if missed else Coverage.COMPLETE
    coverage = complete if found.coverage is Coverage.COMPLETE else found.coverage
    return found._replace(coverage=coverage, missed=missed)


def _has_delivery(tx: ReadTx, event: EventRow, rule: Rule) -> bool:
    return bool(tx.all(Q.find_deliveries_of_event_to, event.seq, rule.arn, 1))


def _made(event: EventRow, stored: Stored) -> bool:
    change = event.change
    return (
        change.event_name.startswith("ObjectCreated:")
        and (change.version_id or _NULL) == stored.version
        and change.etag == stored.etag
    )


def _of_event(tx: ReadTx, event: EventRow) -> tuple[Coverage, tuple[int, ...]]:
    rows = map(delivery_row, tx.all(Q.find_open_deliveries, event.seq, _MAX_DELIVERIES))
    is_dead = {row.id: row.state is State.DEAD for row in rows}
    if dead := tuple(id for id in is_dead if is_dead[id]):
        return Coverage.DEAD, dead
    return (Coverage.WAITING if is_dead else Coverage.COMPLETE), ()
