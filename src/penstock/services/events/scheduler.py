"""Sends the events of scheduled rules when they are due.

What was due while the server did not run is made up for once at the start of the next one; a clock that is moved sends
what falls into the time that it leaves out, each at its own time.
"""

from collections.abc import Callable, Sequence

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


Send = Callable[[Tx, EventsState, Sequence[int]], None]


class Scheduler:
    """One per server. A rule whose targets have no room for its event waits, and no other waits with it."""

    def __init__(self, events: EventsState) -> None:
        self._events = events
        self._waiting: dict[int, int] = {}  # by rule: until when

    async def catch_up(self) -> None:
        """Returns when each rule that was due has sent one event, or will send it when there is room."""
        while ids := await self._due():
            await self._send(_catch_up, ids)
        if self._waiting:
            await self._events.store.write(_catch_up_later, list(self._waiting))

    async def run(self) -> None:
        """Sends what is due, and waits for what will be, until it is cancelled."""
        events, woken = self._events, self._events.schedule_woken
        while True:
            woken.clear()
            await self.settled()
            due_ms = await events.store.read(_next_due)
            times_ms = [*self._waiting.values(), *([] if due_ms is None else [due_ms])]
            if times_ms:
                await events.clock.wait_for(woken.wait(), min(times_ms))
            else:
                await woken.wait()

    async def settled(self) -> None:
        """Returns when nothing is due but what waits for room."""
        # Looking must not commit: `settle` goes on for as long as anything does.
        while ids := await self._due():
            await self._send(_send_due, ids)

    async def _due(self) -> list[int]:
        now_ms = self._events.clock.now_ms()
        self._waiting = {id: until_ms for id, until_ms in self._waiting.items() if until_ms > now_ms}
        found = await self._events.store.read(_find_due, _STEP + len(self._waiting))
        return [id for id in found if id not in self._waiting][:_STEP]

    async def _send(self, send: Send, ids: Sequence[int]) -> None:
        """Sends the events of some rules; of each for itself when they cannot be sent together."""
        try:
            await self._events.store.write(send, self._events, ids)
        except AwsError:  # too much waits already for a target of one of them
            if len(ids) == 1:
                self._waiting[ids[0]] = self._events.clock.now_ms() + _PAUSE_MS
                return
            for id in ids:
                await self._send(send, [id])


def _find_due(tx: ReadTx, count: int) -> list[int]:
    return [id for (id,) in tx.all(Q.find_due_rules, tx.now_ms, count)]


def _send_due(tx: Tx, events: EventsState, ids: Sequence[int]) -> None:
    for row in _still_due(tx, ids):
        _send(tx, events, row)
        _put_next(tx, row, row[5])


def _catch_up(tx: Tx, events: EventsState, ids: Sequence[int]) -> None:
    for row in _still_due(tx, ids):
        _send(tx, events, row)
        _put_next(tx, row, tx.now_ms)


def _catch_up_later(tx: Tx, ids: Sequence[int]) -> None:
    """Leaves one event due of each rule, in the place of all that were."""
    for row in _still_due(tx, ids):
        tx.run(Q.put_rule_due, tx.now_ms, row[0])


def _still_due(tx: ReadTx, ids: Sequence[int]) -> list[Row]:
    return [row for id in ids if (row := tx.one(Q.find_due_rule, id, tx.now_ms))]


def _next_due(tx: ReadTx) -> int | None:
    row = tx.one(Q.find_next_due, tx.now_ms)
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
