"""The ledger as spans of traces: each change, each message that was part of its commit, each attempt.

A trace is all that came of one change, however many functions it went through. Its id is the root that a client has
sent with the request, else one made of the change, so that whoever asks again gets the same.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from penstock.delivery.change import ObjectChange
from penstock.delivery.documents import kept_trace
from penstock.delivery.ledger import EventRow, event_row
from penstock.delivery.stamps import sequencer
from penstock.delivery.trace_header import claimed_parent, event_root, event_span, root_of
from penstock.store import ReadTx, Row, queries

Q = queries("penstock.delivery")

_STEP = 50  # rows of each kind
_MAX_TAKEN = 16
_MAX_DEPTH = 16  # changes from which one came: functions that write what triggers them end much earlier
_MAX_CAUSES = 10
_MAX_ERROR = 1024
_END = 1 << 62


class Place(NamedTuple):
    """Behind which event and which attempt to read on."""

    event: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took from ``started_ms`` to ``ended_ms``; ``trace`` has 32 hexadecimal digits, ``id`` 16.

    ``links`` are further causes, ``error`` is "" when all went well.
    """

    trace: str
    id: str
    parent: str | None
    name: str
    started_ms: int
    ended_ms: int
    attributes: Mapping[str, str | int]
    error: str = ""
    links: list[tuple[str, str]] = field(default_factory=list)


def last_place(tx: ReadTx) -> Place:
    """Returns the end of the ledger."""
    (event,), (attempt,) = tx.one(Q.find_last_seq) or (None,), tx.one(Q.find_last_attempt) or (None,)
    return Place(event or 0, attempt or 0)


def spans_behind(tx: ReadTx, place: Place) -> tuple[list[Span], Place]:
    """Returns some spans behind ``place``, and where to read on: at ``place`` when there are none."""
    events = [event_row(row) for row in tx.all(Q.find_events_behind, place.event, _STEP)]
    attempts = tx.all(Q.find_tries_behind, place.attempt, _STEP)
    spans: list[Span] = []
    for event in events:
        spans += _event_spans(event)
    spans += [_attempt_span(tx, row) for row in attempts]
    return spans, Place(
        events[-1].seq if events else place.event, attempts[-1][0] if attempts else place.attempt
    )


def _event_spans(event: EventRow) -> list[Span]:
    change, span = event.change, event_span(event.seq)
    trace = _trace_of_event(event)
    parent = event.cause or (_named(claimed_parent(change.trace)) if root_of(change.trace) else None)
    about = _about(event.seq, change)
    spans = [Span(trace, span, parent, change.event_name, change.time_ms, change.time_ms, about)]
    for number, taken in enumerate(event.taken[:_MAX_TAKEN]):
        id = _digits(f"taken:{event.seq}:{number}", 16)
        attributes = {name: value for name, value in taken.items() if isinstance(value, str)}
        name = f"deliver {_resource(str(taken.get('arn', '')))}"
        spans.append(Span(trace, id, span, name, change.time_ms, change.time_ms, attributes))
    return spans


def _attempt_span(tx: ReadTx, row: Row) -> Span:
    _, delivery, arn, id, started_ms, ended_ms, ok, error, detail = row
    trace = _trace_of_attempt(tx, row[0], delivery, id, 0)
    causes = _causes(tx, row[0], delivery)
    found = {name: value for name, value in orjson.loads(detail).items() if isinstance(value, str | int)}
    attributes: dict[str, str | int] = {"arn": arn, **found}
    if delivery is not None:
        attributes["delivery"] = delivery
    name = f"{'invoke' if ':lambda:' in arn else 'attempt'} {_resource(arn)}"
    return Span(
        trace,
        id,
        causes[0] if causes else None,
        name,
        started_ms,
        ended_ms,
        attributes,
        "" if ok else error[:_MAX_ERROR] or "failed",
        [(_trace_of_span(tx, cause), cause) for cause in causes[1:]],
    )


def _causes(tx: ReadTx, attempt: int, delivery: int | None) -> list[str]:
    if delivery is not None:
        row = tx.one(Q.find_cause_of_delivery, delivery)
        return [event_span(row[0])] if row and row[0] is not None else []
    # A batch may have several messages of one event.
    return list(
        dict.fromkeys(cause for cause, _, _ in tx.all(Q.find_causes_of_attempt, attempt, _MAX_CAUSES))
    )


def _trace_of_event(event: EventRow) -> str:
    change = event.change
    root = event_root(event.seq, change.time_ms, f"{change.bucket}/{change.key}")
    return _trace_of_root(root_of(change.trace)) or _trace_of_root(root) or ""


def _trace_of_attempt(tx: ReadTx, id: int, delivery: int | None, span: str, depth: int) -> str:
    """Returns the trace of the message that was delivered, or else of what caused the attempt."""
    row = tx.one(Q.find_cause_of_delivery, delivery) if delivery is not None else None
    if row and (trace := _trace_of_root(root_of(kept_trace(row[1])))):
        return trace
    causes = _causes(tx, id, delivery) if depth < _MAX_DEPTH else []
    return _trace_of_span(tx, causes[0], depth + 1) if causes else _digits(f"attempt:{span}", 32)


def _trace_of_span(tx: ReadTx, span: str, depth: int = 0) -> str:
    number = int(span, 16)
    if row := tx.one(Q.find_event, number) if number < _END else None:
        return _trace_of_event(event_row(row))
    if found := tx.one(Q.find_attempt_of_span, span):
        id, delivery = found
        return _trace_of_attempt(tx, id, delivery, span, depth)
    return _digits(f"attempt:{span}", 32)


def _trace_of_root(root: str | None) -> str | None:
    return _named(root[2:].replace("-", "")) if root else None


def _named(id: str | None) -> str | None:
    """Returns the id unless it is all zeros, which names nothing: a collector would refuse what has it."""
    return id if id and id.strip("0") else None


def _about(seq: int, change: ObjectChange) -> dict[str, str | int]:
    found = {
        "bucket": change.bucket,
        "key": change.key,
        "version_id": change.version_id,
        "size": change.size,
        "requester": change.requester,
        "request_id": change.request_id,
        "sequencer": sequencer(seq),
    }
    return {name: value for name, value in found.items() if isinstance(value, str | int) and value != ""}


def _resource(arn: str) -> str:
    return arn.split(":", 5)[-1]


def _digits(text: str, count: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:count]
