"""Events and deliveries, newest first, a page at a time: what a console lists.

A page reads a bounded number of rows of the index that fits best and leaves out those that do not match the other
conditions; so it may be short, or empty, and there may be more all the same: ``before`` says where to read on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from penstock.delivery.change import ObjectChange
from penstock.delivery.documents import read_change, read_taken
from penstock.delivery.job import State
from penstock.delivery.priority import Priority
from penstock.delivery.stamps import iso_time, sequencer
from penstock.store import ReadTx, Row, queries

Q = queries(__package__)

Entry = dict[str, Any]

MAX_PAGE = 1000
"""Rows that one page reads at most."""

MAX_OBJECT_EVENTS = 1000
"""Newest changes of an object whose deliveries are listed."""

_END = 2**62


class Page(NamedTuple):
    """Some entries; ``before`` is what to ask for next, None at the end."""

    entries: list[Entry]
    before: int | None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery that has a row, with the object whose change it is of."""

    id: int
    bucket: str | None
    key: str | None
    event: int | None
    rule: str | None
    arn: str
    state: State
    attempts: int
    created_ms: int
    due_ms: int | None
    finished_ms: int | None
    receipt: str | None
    error: str | None
    dead_letter: str | None
    redriven_ms: int | None
    replay: str | None
    rank: int
    group: str | None

    @property
    def is_behind(self) -> bool:
        """Returns whether it waits for another of its group."""
        return self.group is not None and self.state is State.DUE and self.due_ms is None

    def entry(self) -> Entry:
        """Returns it as people read it."""
        return {
            "rule": self.rule,
            "arn": self.arn,
            "state": self.state,
            "attempts": self.attempts,
            "receipt": self.receipt,
            "error": self.error,
            "dead_letter": self.dead_letter,
            "created": iso_time(self.created_ms),
            "due": iso_time(self.due_ms) if self.due_ms is not None and self.state is State.DUE else None,
            "finished": iso_time(self.finished_ms) if self.finished_ms is not None else None,
            "redriven": iso_time(self.redriven_ms) if self.redriven_ms is not None else None,
            "replay": self.replay,
            "in_commit": False,
            "priority": Priority.ranked(self.rank),
            "group": self.group,
            "is_behind": self.is_behind,
        }


class EventRow(NamedTuple):
    """One event and the change that it is of; ``taken`` are the deliveries that were part of its commit."""

    seq: int
    rule_set: int | None
    cause: str | None
    change: ObjectChange
    taken: list[Entry]

    def entry(self) -> Entry:
        """Returns it as people read it."""
        change = self.change
        return {
            "event": change.event_name,
            "bucket": change.bucket,
            "key": change.key,
            "version_id": change.version_id,
            "size": change.size,
            "etag": change.etag,
            "time": iso_time(change.time_ms),
            "sequencer": sequencer(self.seq),
            "requester": change.requester,
            "source_ip": change.source_ip,
            "request_id": change.request_id,
        }


def deliveries(
    tx: ReadTx,
    *,
    state: State | None = None,
    target: str | None = None,
    rule: str | None = None,
    bucket: str | None = None,
    key: tuple[str, str] | None = None,
    since_ms: int = 0,
    before: int | None = None,
    limit: int = 100,
) -> Page:
    """Returns deliveries that have rows: in ``state``, to the ARN ``target``, of ``rule``, of ``bucket``, of a
    bucket and ``key``.

    ``since_ms`` is the oldest time of making. Those that were part of a commit are told with their events.
    """
    limit = min(limit, MAX_PAGE)
    if key is not None:
        found = tx.all(Q.find_deliveries_of_object, *key, MAX_OBJECT_EVENTS, before or _END, limit)
    elif rule is not None:
        found = tx.all(Q.find_deliveries_of_rule, rule, before or _END, limit)
    elif target is not None:
        found = _of_target(tx, target, [state] if state else list(State), before or _END, limit)
    elif state not in (None, State.DELIVERED):
        found = tx.all(Q.find_unfinished_deliveries, str(state), before or _END, limit)
    else:
        found = tx.all(Q.find_deliveries, before or _END, limit)
    rows = [delivery_row(row) for row in found]
    entries = [
        {"id": row.id, "bucket": row.bucket, "key": row.key, **row.entry()}
        for row in rows
        if row.created_ms >= since_ms
        and state in (None, row.state)
        and target in (None, row.arn)
        and rule in (None, row.rule)
        and bucket in (None, row.bucket)
    ]
    ended = len(rows) < limit or rows[-1].created_ms < since_ms
    return Page(entries, None if ended else rows[-1].id)


def events(
    tx: ReadTx,
    *,
    bucket: str | None = None,
    key: str | None = None,
    name: str = "",
    since_ms: int = 0,
    before: int | None = None,
    limit: int = 100,
) -> Page:
    """Returns events of ``bucket`` and its ``key`` whose names begin with ``name`` (``ObjectCreated:``)."""
    limit = min(limit, MAX_PAGE)
    if bucket is not None and key is not None:
        found = tx.all(Q.find_object_events, bucket, key, before or _END, limit)
    else:
        found = tx.all(Q.find_events, before or _END, limit)
    rows = [event_row(row) for row in found]
    entries = [
        row.entry()
        for row in rows
        if row.change.time_ms >= since_ms
        and bucket in (None, row.change.bucket)
        and key in (None, row.change.key)
        and row.change.event_name.startswith(name)
    ]
    ended = len(rows) < limit or rows[-1].change.time_ms < since_ms
    return Page(entries, None if ended else rows[-1].seq)


def delivery_row(row: Row) -> DeliveryRow:
    """Returns the delivery in a row of one of the ``find_…deliveries…`` statements."""
    fields: list[Any] = [*row[:6], State(row[6]), *row[7:]]
    return DeliveryRow(*fields)


def event_row(row: Row) -> EventRow:
    """Returns the event in a row of one of the ``find_…events…`` statements."""
    seq, rule_set, cause, change, stored = row
    return EventRow(seq, rule_set, cause, read_change(change), read_taken(stored))


def _of_target(tx: ReadTx, target: str, states: Iterable[State], before: int, limit: int) -> list[Row]:
    found = [tx.all(Q.find_deliveries_of_target, target, state.value, before, limit) for state in states]
    return list(islice(merge(*found, key=lambda row: -int(row[0])), limit))
