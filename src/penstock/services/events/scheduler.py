"""Sends the events of scheduled rules when they are due.

What was due while the server did not run is made up for once at the start of the next one; a clock that is moved sends
what falls into the time that it leaves out, each at its own time.
"""

import orjson

from penstock.delivery import Message
from penstock.delivery.trace_header import child_header
from penstock.errors import AwsError
from penstock.services.events.arns import Key, rule_arn
from penstock.services.events.putting.event import event_time, read_event
from penstock.services.events.putting.fan_out import FanOut
from penstock.services.events.rules.rule_set import active_rule
from penstock.services.events.schedules.expression import parse_schedule
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.events.rules")

_STEP = 20
_PAUSE_MS = 1000


class Scheduler:
    """One per server."""

    def __init__(self, events: EventsState) -> None:
        self._events = events

    async def catch_up(self) -> None:
        """Returns when each rule that was due has sent one event; AwsError ``SlowDown``."""
        while await self._events.store.write(_catch_up, self._events):
            pass

    async def run(self) -> None:
        """Sends what is due, and waits for what will be, until it is cancelled."""
        clock, woken = self._events.clock, self._events.schedule_woken
        while True:
            woken.clear()
            try:
                due_ms = await self._step()
            except AwsError:  # too much waits already
                due_ms = clock.now_ms() + _PAUSE_MS
            if due_ms is None:
                await woken.wait()
            else:
                await clock.wait_for(woken.wait(), due_ms)

    async def settled(self) -> None:
        """Returns when nothing is due; AwsError ``SlowDown``."""
        # Looking must not commit: `settle` goes on for as long as anything does.
        while (due_ms := await self._events.store.read(_next_due)) and due_ms <= self._events.clock.now_ms():
            await self._events.store.write(_send_due, self._events)

    async def _step(self) -> int | None:
        due_ms = await self._events.store.read(_next_due)
        if due_ms is None or due_ms > self._events.clock.now_ms():
            return due_ms
        return await self._events.store.write(_send_due, self._events)


def _send_due(tx: Tx, events: EventsState) -> int | None:
    """Sends some events that are due and returns when the next one is."""
    for row in tx.all(Q.find_due_rules, tx.now_ms, _STEP):
        _send(tx, events, row)
        _put_next(tx, row, row[5])
    return _next_due(tx)


def _catch_up(tx: Tx, events: EventsState) -> bool:
    rows = tx.all(Q.find_due_rules, tx.now_ms, _STEP)
    for row in rows:
        _send(tx, events, row)
        _put_next(tx, row, tx.now_ms)
    return bool(rows)


def _next_due(tx: ReadTx) -> int | None:
    row = tx.one(Q.find_next_due)
    return row[0] if row else None


def _send(tx: Tx, events: EventsState, row: Row) -> None:
    bus, name, due_ms = (row[1], row[2], row[3]), row[4], row[5]
    rule = active_rule(tx, bus, name)
    if rule is None:
        return
    event = read_event(_scheduled_event(tx.ids.uuid(), bus, name, due_ms))
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    FanOut(tx, events, event, Message(event.text, trace)).to_rule(rule)


def _put_next(tx: Tx, row: Row, after_ms: int) -> None:
    tx.run(Q.put_rule_due, parse_schedule(row[6]).next_ms(after_ms), row[0])


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
