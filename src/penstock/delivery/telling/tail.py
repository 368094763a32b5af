"""What has happened since a place in the ledger: changes, what became of them in their commits, and each try since.

The ledger itself is what a reader reads behind, so nothing is kept for readers and none holds anybody up. One that is
too far behind goes on nearer to the end, and is told how much it has missed.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from penstock.delivery.change import ObjectChange
from penstock.delivery.documents import read_change
from penstock.delivery.ledger import EventRow, event_row
from penstock.delivery.stamps import iso_time, sequencer
from penstock.matching.wildcard import Wildcard
from penstock.store import ReadTx, Row, queries

Q = queries("penstock.delivery")

MAX_BEHIND = 10_000
"""Changes, or tries, that a reader may be behind."""

_STEP = 200
_MAX_ENTRIES = 500  # one change may have some hundred deliveries
_MAX_CAUSES = 100
_YOUNG_MS = 2000  # on a store with many writers a smaller number may still be committed
_MAX_EVENT = 2**62

Entry = dict[str, Any]


class Place(NamedTuple):
    """A place in the ledger: behind a change and behind a try."""

    event: int
    attempt: int

    def __str__(self) -> str:
        return f"{self.event}.{self.attempt}"


class Wanted(NamedTuple):
    """Which entries are told; each pattern may have ``*`` and ``?``, None is all."""

    bucket: str | None = None
    key: Wildcard | None = None
    type: Wildcard | None = None
    target: Wildcard | None = None
    outcome: str | None = None

    def takes(self, entry: Entry) -> bool:
        """Returns whether the entry is one of those."""
        return (
            self.bucket in (None, entry["bucket"])
            and self.outcome in (None, entry["outcome"])
            and _fits(self.key, entry["key"])
            and _fits(self.type, entry["event"])
            and _fits(self.target, entry["target"])
        )


class Page(NamedTuple):
    """Some entries in the order of their times; ``missed`` counts the changes and tries that were passed over.

    ``is_last``: there are no more. ``is_held``: there are, but some before them may still come.
    """

    entries: list[Entry]
    place: Place
    missed: int
    is_last: bool
    is_held: bool


def end(tx: ReadTx, last: int = 0) -> Place:
    """Returns the place behind which there is nothing yet, or the ``last`` changes and tries are."""
    newest = _newest(tx)
    return Place(max(newest.event - last, 0), max(newest.attempt - last, 0))


def page(tx: ReadTx, place: Place, wanted: Wanted) -> Page:
    """Returns what of some changes and tries behind ``place`` is wanted."""
    newest = _newest(tx)
    begun = Place(_nearer(place.event, newest.event), _nearer(place.attempt, newest.attempt))
    missed = sum(max(now - asked, 0) for now, asked in zip(begun, place, strict=True))
    changes = _changes(tx, begun.event)
    tries = _tries(tx, begun.attempt)
    found = sorted(
        filter(wanted.takes, changes.entries + tries.entries), key=lambda entry: str(entry["time"])
    )
    here = Place(changes.last, tries.last)
    return Page(found, here, missed, changes.is_last and tries.is_last, changes.is_held or tries.is_held)


def _nearer(behind: int, newest: int) -> int:
    """Returns ``behind``, unless it is too far away, or behind the end: numbers of forgotten tries come again."""
    return min(max(behind, newest - MAX_BEHIND), newest)


class _Some(NamedTuple):
    """Entries of some rows; ``last`` is the number of the last row that they are of."""

    entries: list[Entry]
    last: int
    is_last: bool
    is_held: bool


def _changes(tx: ReadTx, behind: int) -> _Some:
    events = [event_row(row) for row in tx.all(Q.find_events_behind, behind, _STEP)]
    settled = _settled([(event.seq, event.change.time_ms) for event in events], behind, tx.now_ms)
    entries: list[Entry] = []
    for event in events[:settled]:
        if len(entries) > _MAX_ENTRIES:
            return _Some(entries, behind, False, False)
        entries += _of_event(event)
        behind = event.seq
    return _Some(entries, behind, len(events) < _STEP, settled < len(events))


def _tries(tx: ReadTx, behind: int) -> _Some:
    rows = tx.all(Q.find_attempts_behind, behind, _STEP)
    settled = _settled([(row[0], row[2]) for row in rows], behind, tx.now_ms)
    entries: list[Entry] = []
    for row in rows[:settled]:
        if len(entries) > _MAX_ENTRIES:
            return _Some(entries, behind, False, False)
        entries += _of_attempt(tx, row)
        behind = row[0]
    return _Some(entries, behind, len(rows) < _STEP, settled < len(rows))


def _newest(tx: ReadTx) -> Place:
    ((event,),), ((attempt,),) = tx.all(Q.find_last_seq), tx.all(Q.find_last_attempt)
    return Place(event or 0, attempt or 0)


def _settled(rows: list[tuple[int, int]], behind: int, now_ms: int) -> int:
    """Returns how many of ``rows``, numbers and times, have none before them that may still come."""
    for count, (number, time_ms) in enumerate(rows):
        if number != behind + 1 and time_ms > now_ms - _YOUNG_MS:
            return count
        behind = number
    return len(rows)


def _of_event(event: EventRow) -> Iterator[Entry]:
    change = event.change
    yield _entry(change, event.seq, change.time_ms, "recorded")
    for taken in event.taken:
        outcome = taken.get("state") or "delivered"
        told = _entry(change, event.seq, change.time_ms, outcome)
        more = {"target": taken["arn"], "message": taken["receipt"], "via": taken.get("via")}
        yield told | more | {"error": taken.get("error")}


def _of_attempt(tx: ReadTx, row: Row) -> Iterator[Entry]:
    id, arn, ended_ms, ok, error, detail, state, finished_ms, event, receipt, replay, change = row
    about = orjson.loads(detail)
    result = {"target": arn, "message": receipt, "error": error or None, "replay": replay}
    if state is not None:
        outcome = (
            "redriven"
            if about.get("redriven")
            else _outcome(ok, is_dead=state == "dead" and finished_ms == ended_ms)
        )
        yield _entry(read_change(change) if change else None, event, ended_ms, outcome) | result
        return
    for cause, message, own in tx.all(Q.find_causes_of_attempt, id, _MAX_CAUSES):
        failed = own if own is not None else error
        found = _event(tx, cause)
        told = _entry(
            found.change if found else None,
            found.seq if found else None,
            ended_ms,
            "failed" if failed else "delivered",
        )
        yield told | result | {"message": message, "error": failed or None}


def _outcome(ok: int, *, is_dead: bool) -> str:
    if ok:
        return "delivered"
    return "dead" if is_dead else "retrying"


def _event(tx: ReadTx, span: str) -> EventRow | None:
    """Returns the event that the span is of; None for that of an invocation."""
    number = int(span, 16)
    row = tx.one(Q.find_event, number) if number < _MAX_EVENT else None
    return event_row(row) if row else None


def _entry(change: ObjectChange | None, seq: int | None, time_ms: int, outcome: str) -> Entry:
    return {
        "time": iso_time(time_ms),
        "event": change.event_name if change else None,
        "bucket": change.bucket if change else None,
        "key": change.key if change else None,
        "version_id": change.version_id if change else None,
        "sequencer": sequencer(seq) if seq else None,
        "outcome": outcome,
        "target": None,
        "via": None,
        "message": None,
        "error": None,
        "replay": None,
    }


def _fits(pattern: Wildcard | None, value: str | None) -> bool:
    return pattern is None or (value is not None and pattern(value))
