"""Reads the story of an object: change, rules, deliveries, attempts, and what the functions wrote, nested."""

from typing import Any

import orjson

from penstock.clock import Clock
from penstock.delivery.change import ObjectChange
from penstock.delivery.outbox import load_rule_set
from penstock.delivery.record import iso_time, sequencer
from penstock.delivery.trace_header import event_span
from penstock.store import ReadTx, Row, Store, Tx, queries

Q = queries(__package__)

Story = dict[str, Any]

_MAX_DEPTH = 8  # a function that writes what triggers it would tell its story for ever
_PRUNE_STEP = 200
_PRUNE_EVERY_S = 3600
_DAY_MS = 86_400_000
_NULL = "null"  # what S3 calls the version of an object in a bucket without versioning


def object_story(tx: ReadTx, bucket: str, key: str, version_id: str | None = None) -> list[Story]:
    """Returns the stories of every change of the object, oldest first; of one version when ``version_id`` is given."""
    stories = []
    for row in tx.all(Q.events_of_object, bucket, key):
        change = _change(row)
        if version_id is None or (change.version_id or _NULL) == version_id:
            stories.append(_event_story(tx, row, change, 0))
    return stories


async def keep_pruned(store: Store, clock: Clock, days: int) -> None:
    """Forgets what finished more than ``days`` ago, now and every hour; returns when cancelled."""
    while True:
        before_ms = clock.now_ms() - days * _DAY_MS
        while await store.write(prune, before_ms):
            pass
        await clock.sleep(_PRUNE_EVERY_S)


def prune(tx: Tx, before_ms: int) -> bool:
    """Forgets some of what finished before ``before_ms``; returns whether there may be more."""
    events = tx.all(Q.old_events, before_ms, _PRUNE_STEP)
    for (seq,) in events:
        tx.run(Q.drop_event, seq)
    deliveries = tx.all(Q.old_deliveries, before_ms, _PRUNE_STEP)
    for (id,) in deliveries:
        tx.run(Q.drop_attempts, id)
        tx.run(Q.drop_delivery, id)
    attempts = tx.all(Q.old_attempts, before_ms, _PRUNE_STEP)
    for (id,) in attempts:
        tx.run(Q.drop_attempt_causes, id)
        tx.run(Q.drop_attempt, id)
    return max(len(events), len(deliveries), len(attempts)) == _PRUNE_STEP


def _change(row: Row) -> ObjectChange:
    return ObjectChange(*orjson.loads(row[3]))


def _event_story(tx: ReadTx, row: Row, change: ObjectChange, depth: int) -> Story:
    seq, rule_set, cause, _, stored = row
    return {
        "event": change.event_name,
        "bucket": change.bucket,
        "key": change.key,
        "version_id": change.version_id,
        "size": change.size,
        "etag": change.etag,
        "time": iso_time(change.time_ms),
        "sequencer": sequencer(seq),
        "requester": change.requester,
        "source_ip": change.source_ip,
        "request_id": change.request_id,
        "caused_by": _cause_story(tx, cause),
        "rules": _rule_stories(tx, rule_set, change),
        "deliveries": _stored_stories(stored) + _delivery_stories(tx, seq, depth),
        "consumers": [
            _attempt_story(tx, found, depth) for found in tx.all(Q.attempts_of_cause, event_span(seq))
        ],
    }


def _cause_story(tx: ReadTx, span: str | None) -> Story | None:
    if span is None:
        return None
    row = tx.one(Q.attempt_by_span, span)
    return (
        {"function": row[0], "request_id": orjson.loads(row[6]).get("request_id")} if row else {"span": span}
    )


def _rule_stories(tx: ReadTx, rule_set: int | None, change: ObjectChange) -> list[Story]:
    row = tx.one(Q.rule_set_by_id, rule_set) if rule_set is not None else None
    if row is None or rule_set is None:
        return []
    stories = []
    for rule in load_rule_set(rule_set, row[0]).rules:
        why_not = rule.why_not(change.event_name, change.key)
        stories.append({"id": rule.id, "arn": rule.arn, "matched": why_not is None, "why_not": why_not})
    return stories


def _stored_stories(stored: str | None) -> list[Story]:
    return [
        {"rule": rule, "arn": arn, "state": "delivered", "receipt": receipt, "in_commit": True, "tries": []}
        for rule, arn, receipt in (orjson.loads(stored) if stored else ())
    ]


def _delivery_stories(tx: ReadTx, seq: int, depth: int) -> list[Story]:
    stories = []
    for id, rule, arn, state, attempts, created, due, finished, receipt, error, dead in tx.all(
        Q.deliveries_of_event, seq
    ):
        stories.append(
            {
                "rule": rule,
                "arn": arn,
                "state": state,
                "attempts": attempts,
                "receipt": receipt,
                "error": error,
                "dead_letter": dead,
                "created": iso_time(created),
                "due": iso_time(due) if due is not None else None,
                "finished": iso_time(finished) if finished is not None else None,
                "in_commit": False,
                "tries": [_attempt_story(tx, row, depth) for row in tx.all(Q.attempts_of_delivery, id)],
            }
        )
    return stories


def _attempt_story(tx: ReadTx, row: Row, depth: int) -> Story:
    arn, span, started_ms, ended_ms, ok, error, detail = row
    return {
        "arn": arn,
        "span": span,
        "started": iso_time(started_ms),
        "ended": iso_time(ended_ms),
        "ok": bool(ok),
        "error": error,
        **orjson.loads(detail),
        "wrote": [
            _event_story(tx, found, _change(found), depth + 1) for found in tx.all(Q.events_of_cause, span)
        ]
        if depth < _MAX_DEPTH
        else [],
    }
