"""Tells the story of an object: change, rules, deliveries, attempts, and what the functions wrote, nested."""

from typing import Any

import orjson

from penstock.delivery.change import ObjectChange
from penstock.delivery.documents import read_rules
from penstock.delivery.job import State
from penstock.delivery.ledger import EventRow, delivery_row, event_row
from penstock.delivery.rule import Rule
from penstock.delivery.stamps import iso_time
from penstock.delivery.trace_header import claimed_parent, event_span
from penstock.store import ReadTx, Row, Statement, queries

Q = queries("penstock.delivery")

Story = dict[str, Any]

MAX_DEPTH = 8
"""How far what functions wrote is followed: one that writes what triggers it would tell its story for ever."""

MAX_ENTRIES = 400
"""Events, rules, deliveries and attempts that one story has at most: what can be read within some 20 ms."""

MAX_EVENTS = 1000
"""Newest changes of the object among which those that were asked for are looked for."""

_END = 2**62
_MAX_KEY = 257  # characters: above every key with the prefix
_NULL = "null"  # what S3 calls the version of an object in a bucket without versioning


def object_story(tx: ReadTx, bucket: str, key: str, version_id: str | None = None) -> list[Story]:
    """Returns the stories of every change of the object, oldest first; of one version when ``version_id`` is given.

    A story that is not told to its end has a ``cut`` that says what is missing; the first one's may be of all that
    came before it.
    """
    rows = tx.all(Q.find_object_events, bucket, key, _END, MAX_EVENTS + 1)
    told = [event_row(row) for row in rows[:MAX_EVENTS]]
    found = [event for event in told if version_id in (None, event.change.version_id or _NULL)]
    return _told(tx, found, is_all=len(rows) <= MAX_EVENTS)


def _told(tx: ReadTx, found: list[EventRow], *, is_all: bool) -> list[Story]:
    """Returns the stories of as many as can be told, the newest first, in the order in which they happened."""
    teller = _Teller(tx)
    stories: list[Story] = []
    for event in found:
        if teller.left <= 0:
            break
        teller.left -= 1
        stories.append(teller.event(event, 0))
    if stories and (len(stories) < len(found) or not is_all):
        stories[-1]["cut"] = "earlier changes are not told"
    return stories[::-1]


def prefix_story(tx: ReadTx, bucket: str, prefix: str) -> list[Story]:
    """Returns the stories of the newest changes of the objects whose keys begin so, oldest first."""
    end = prefix + "\U0010ffff" * _MAX_KEY
    rows = tx.all(Q.find_prefix_events, bucket, prefix, end, MAX_EVENTS + 1)
    found = sorted(map(event_row, rows[:MAX_EVENTS]), key=lambda event: -event.seq)
    return _told(tx, found, is_all=len(rows) <= MAX_EVENTS)


def _claim(event: EventRow) -> str | None:
    """Returns the header in which a client names a cause that is not known to be one."""
    header = event.change.trace
    return header if event.cause is None and claimed_parent(header) else None


def event_story(tx: ReadTx, seq: int) -> list[Story]:
    """Returns the story of one change, or nothing when it is not known any more."""
    row = tx.one(Q.find_event, seq)
    return [_Teller(tx).event(event_row(row), 0)] if row else []


class _Teller:
    """Tells one story; ``left`` is how many entries it may still have."""

    def __init__(self, tx: ReadTx) -> None:
        self._tx = tx
        self._rule_sets: dict[int, list[Rule]] = {}
        self.left = MAX_ENTRIES

    def event(self, event: EventRow, depth: int) -> Story:
        span = event_span(event.seq)
        consumers = self._some(self._tx.all(Q.find_attempts_of_cause, span, self._bound()))
        story: Story = {
            **event.entry(),
            "caused_by": self._cause(event.cause),
            "claim": _claim(event),
            "rules": self._rules(event.rule_set, event.change),
            "deliveries": self._taken(event) + self._deliveries(Q.find_deliveries_of_event, event.seq, depth),
            "consumers": [self._consumer(row, depth) for row in consumers],
        }
        return self._cut(story)

    def _cause(self, span: str | None) -> Story | None:
        if span is None:
            return None
        row = self._tx.one(Q.find_attempt, span)
        if row is None:
            return {"span": span}
        return {"function": row[0], "request_id": orjson.loads(row[6]).get("request_id")}

    def _rules(self, rule_set: int | None, change: ObjectChange) -> list[Story]:
        stories = []
        for rule in self._some(self._rule_set(rule_set) if rule_set is not None else []):
            why_not = rule.why_not(change.event_name, change.key)
            said = {"priority": rule.priority, "group_key": rule.group_key}
            stories.append(
                {"id": rule.id, "arn": rule.arn, "matched": why_not is None, "why_not": why_not, **said}
            )
        return stories

    def _rule_set(self, id: int) -> list[Rule]:
        if id not in self._rule_sets:  # most events of one object name the same
            row = self._tx.one(Q.find_rules, id)
            self._rule_sets[id] = read_rules(row[0]) if row else []
        return self._rule_sets[id]

    def _taken(self, event: EventRow) -> list[Story]:
        in_commit = {"state": State.DELIVERED, "in_commit": True, "tries": []}
        return [in_commit | taken for taken in self._some(event.taken)]

    def _deliveries(self, statement: Statement, of: int | str, depth: int) -> list[Story]:
        stories = []
        rows = self._tx.all(statement, of, self._bound())
        for row in map(delivery_row, self._some(rows)):
            tries = self._some(self._tx.all(Q.find_attempts_of_delivery, row.id, self._bound()))
            story = {**row.entry(), "tries": [self._attempt(found, depth) for found in reversed(tries)]}
            stories.append(self._cut(story))
        return stories

    def _consumer(self, row: Row, depth: int) -> Story:
        """Returns the attempt with the outcome of the event's own message, whatever became of the batch it was in."""
        *attempt, message, error = row
        story = self._attempt(tuple(attempt), depth)
        if message:
            story["message_id"] = message
        if error is not None:
            story |= {"ok": not error, "error": error}
        return story

    def _attempt(self, row: Row, depth: int) -> Story:
        arn, span, started_ms, ended_ms, ok, error, detail = row
        story: Story = {
            "arn": arn,
            "span": span,
            "started": iso_time(started_ms),
            "ended": iso_time(ended_ms),
            "ok": bool(ok),
            "error": error,
            **orjson.loads(detail),
            "wrote": [],
            "consumers": [],
            "sent": [],
        }
        if depth == MAX_DEPTH:
            return story | {"cut": "what it wrote is not told, it is too deep in the story"}
        rows = self._some(self._tx.all(Q.find_events_of_cause, span, self._bound()))
        story["wrote"] = [self.event(event_row(found), depth + 1) for found in rows]
        sent = self._some(self._tx.all(Q.find_attempts_of_cause, span, self._bound()))
        story["consumers"] = [self._consumer(found, depth + 1) for found in sent]
        story["sent"] = self._deliveries(Q.find_deliveries_of_cause, span, depth + 1)
        return self._cut(story)

    def _bound(self) -> int:
        return max(self.left, 0) + 1

    def _some(self, found: list[Any]) -> list[Any]:
        """Returns as many of ``found`` as may still be told; ``left`` is negative from the first that may not."""
        some = found[: max(self.left, 0)]
        self.left = self.left - len(some) if len(some) == len(found) else -1
        return some

    def _cut(self, story: Story) -> Story:
        return story | {"cut": "not all is told, the story is too long"} if self.left < 0 else story
