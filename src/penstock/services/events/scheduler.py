"""Sends the events of scheduled rules when they are due.

What was due while the server did not run is made up for once at the start of the next one; a clock that is moved sends
what falls into the time that it leaves out, each at its own time.
"""

from collections.abc import Sequence

import orjson

from penstock.delivery import Message
from penstock.delivery.trace_header import child_header
from penstock.schedules import parse_rule_schedule
from penstock.services.events.arns import Key, rule_arn
from penstock.services.events.putting.event import event_time, read_event
from penstock.services.events.putting.fan_out import FanOut
from penstock.services.events.rules.rule_set import active_rule
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.events.rules")


class ScheduledRules:
    """The rules that have a schedule, as what is done when it is due."""

    def __init__(self, events: EventsState) -> None:
        self._events = events

    def find_due(self, tx: ReadTx, count: int) -> list[int]:
        """Returns some rules that are due."""
        return [id for (id,) in tx.all(Q.find_due_rules, tx.now_ms, count)]

    def next_due(self, tx: ReadTx) -> int | None:
        """Returns when the next rule is due that is not due yet."""
        row = tx.one(Q.find_next_due, tx.now_ms)
        return row[0] if row else None

    def do(self, tx: Tx, ids: Sequence[int]) -> None:
        """Sends the events of some rules; AwsError ``SlowDown``."""
        for row in _still_due(tx, ids):
            _send(tx, self._events, row)
            _put_next(tx, row, row[5])

    def make_up(self, tx: Tx, ids: Sequence[int]) -> None:
        """Sends one event of each of some rules; AwsError ``SlowDown``."""
        for row in _still_due(tx, ids):
            _send(tx, self._events, row)
            _put_next(tx, row, tx.now_ms)

    def make_up_later(self, tx: Tx, ids: Sequence[int]) -> None:
        """Leaves one event due of each rule, in the place of all that were."""
        for row in _still_due(tx, ids):
            tx.run(Q.put_rule_due, tx.now_ms, row[0])


def _still_due(tx: ReadTx, ids: Sequence[int]) -> list[Row]:
    return [row for id in ids if (row := tx.one(Q.find_due_rule, id, tx.now_ms))]


def _send(tx: Tx, events: EventsState, row: Row) -> None:
    bus, name, due_ms = (row[1], row[2], row[3]), row[4], row[5]
    rule = active_rule(tx, bus, name)
    if rule is None:
        return
    event = read_event(_scheduled_event(tx.ids.uuid(), bus, name, due_ms))
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    FanOut(tx, events, event, Message(event.text, trace)).to_rule(rule)


def _put_next(tx: Tx, row: Row, after_ms: int) -> None:
    tx.run(Q.put_rule_due, parse_rule_schedule(row[6]).next_ms(after_ms), row[0])


def _scheduled_event(id: str, bus: Key, rule: str, due_ms: int) -> bytes:
    return orjson.dumps(
        {
            "version": "0",
            "id": id,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": bus[0],
            "time": event_time(due_ms),
            "region": bus[1],
            "resources": [rule_arn(bus, rule)],
            "detail": {},
        }
    )
