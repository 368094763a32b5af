"""Looks at alarms when they are due by the server's clock, each as of its own time.

What was due while time was moved, or while the server did not run, is made up for in the order of those times; where
nothing can change, because no data came, it is left out.
"""

import asyncio
from typing import NamedTuple

from penstock.clock import Clock
from penstock.services.cloudwatch.alarms.alarm import Alarm, Kind, Q, alarm_by_id, alarms_by_id
from penstock.services.cloudwatch.alarms.judging import look, next_look_s
from penstock.services.cloudwatch.alarms.reasons import reason, reason_data
from penstock.services.cloudwatch.alarms.transition import Entry, Transition
from penstock.services.cloudwatch.alarms.verdict import Verdict
from penstock.services.cloudwatch.alarms.watch import Watch, watch_by_id
from penstock.services.cloudwatch.metrics.measured import Collector
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import ReadTx, Tx

_LOADED = 200
_MINUTE_S = 60


class _Loaded(NamedTuple):
    """An alarm, and what it watches; None for a composite one."""

    alarm: Alarm
    watch: Watch | None


class Evaluator:
    """One per server. It first keeps what the server has measured, for alarms may watch that."""

    def __init__(self, cloudwatch: CloudWatchState, collector: Collector) -> None:
        self._cloudwatch = cloudwatch
        self._collector = collector
        self._turn = asyncio.Lock()
        self._written_s = 0

    async def open(self) -> None:
        """Returns when it is known which alarms there are, and until when they were looked at."""
        store, after = self._cloudwatch.store, 0
        since_s = await store.read(_evaluated)
        while rows := await store.read(_due_after, after, since_s):
            for id, due_s in rows:
                if due_s is not None:
                    self._cloudwatch.schedule.put(id, due_s)
            after = rows[-1][0]
            await asyncio.sleep(0)

    async def run(self) -> None:
        """Looks at what is due, and waits for what will be, until it is cancelled."""
        clock, woken = self._cloudwatch.clock, self._cloudwatch.alarm_woken
        while True:
            woken.clear()
            await self._catch_up()
            await clock.wait_for(woken.wait(), self._next_s(clock) * 1000)

    async def settled(self) -> None:
        """Returns when no alarm is due and every minute that is over has been kept."""
        await self._catch_up()

    async def drain(self) -> None:
        """Returns when all that was measured until now has been kept."""
        async with self._turn:
            await self._collector.collect_all()

    def _next_s(self, clock: Clock) -> int:
        minute_s = (clock.now_ms() // 1000 // _MINUTE_S + 1) * _MINUTE_S
        due_s = self._cloudwatch.schedule.next_s()
        return minute_s if due_s is None else min(minute_s, due_s)

    async def _catch_up(self) -> None:
        async with self._turn:
            await self._collector.collect()
            now_s, schedule = self._cloudwatch.clock.now_ms() // 1000, self._cloudwatch.schedule
            while (at_s := schedule.next_s()) is not None and at_s <= now_s:
                await self._look_at(schedule.next_id(), at_s, now_s)
                await asyncio.sleep(0)  # a read by itself lets nobody else run
            if at_s is not None:
                await self._keep_time(now_s)

    async def _look_at(self, id: int, at_s: int, now_s: int) -> None:
        """Looks at one alarm as of ``at_s``; it is not due any more then, or due later."""
        cloudwatch, loaded = self._cloudwatch, await self._cloudwatch.store.read(_load, id)
        if loaded is None or loaded.watch is None:
            if loaded is not None:
                await cloudwatch.store.write(_release, cloudwatch, id, at_s)
            self._put_due(id, at_s, None)
            return
        alarm, watch = loaded.alarm, loaded.watch
        verdict, is_empty = await look(cloudwatch.store, alarm.key.place, watch, at_s)
        if verdict.state not in (None, alarm.state):
            await cloudwatch.store.write(_enter, cloudwatch, loaded, verdict, at_s)
        due_s = await cloudwatch.store.read(_due_s, watch, at_s, now_s, is_empty)
        self._put_due(id, at_s, due_s)

    def _put_due(self, id: int, at_s: int, due_s: int | None) -> None:
        """Sets when the alarm is due next, unless that has been set while it was looked at."""
        schedule = self._cloudwatch.schedule
        if schedule.due_s(id) != at_s:
            return
        if due_s is None:
            schedule.drop(id)
        else:
            schedule.put(id, due_s)

    async def _keep_time(self, now_s: int) -> None:
        """Writes down until when alarms were looked at, once a minute."""
        minute_s = now_s - now_s % _MINUTE_S
        if minute_s > self._written_s:
            await self._cloudwatch.store.write(_put_evaluated, minute_s)
            self._written_s = minute_s


def _load(tx: ReadTx, id: int) -> _Loaded | None:
    alarm = alarm_by_id(tx, id)
    return _Loaded(alarm, watch_by_id(tx, id)) if alarm else None


def _due_s(tx: ReadTx, watch: Watch, at_s: int, now_s: int, is_empty: bool) -> int:
    """Returns when to look again; when there are no data, not before there may be some."""
    interval_s = watch.interval_s
    due_s = (at_s // interval_s + 1) * interval_s
    if not is_empty or due_s > now_s:
        return due_s
    data_s = next_look_s(tx, watch, at_s - watch.period)
    latest_s = (now_s // interval_s + 1) * interval_s
    return latest_s if data_s is None else min(max(due_s, -(-data_s // interval_s) * interval_s), latest_s)


def _enter(tx: Tx, cloudwatch: CloudWatchState, seen: _Loaded, verdict: Verdict, at_s: int) -> None:
    """Brings the alarm into the state of a verdict, unless it was changed meanwhile: then the next look decides."""
    alarm = alarm_by_id(tx, seen.alarm.id)
    if alarm != seen.alarm or seen.watch is None or verdict.state is None:
        return
    at_ms = max(at_s * 1000, seen.alarm.updated_ms)
    text = reason(seen.watch, verdict, verdict.state)
    data = reason_data(seen.watch, verdict, at_s * 1000)
    Transition(tx, cloudwatch).enter(seen.alarm, Entry(verdict.state, text, data, at_ms))


def _release(tx: Tx, cloudwatch: CloudWatchState, id: int, at_s: int) -> None:
    """Takes a composite alarm's actions, when they have waited long enough."""
    alarm = alarm_by_id(tx, id)
    if alarm and alarm.suppressed_ms is not None and alarm.suppressed_ms <= at_s * 1000:
        Transition(tx, cloudwatch).release(alarm, at_s * 1000)


def _evaluated(tx: ReadTx) -> int | None:
    row = tx.one(Q.find_evaluated)
    return row[0] if row else None


def _put_evaluated(tx: Tx, time_s: int) -> None:
    tx.run(Q.put_evaluated, time_s)


def _due_after(tx: ReadTx, after: int, since_s: int | None) -> list[tuple[int, int | None]]:
    """Returns alarms by id and when each is due, looked at until ``since_s``; None for composite ones that wait not."""
    found: list[tuple[int, int | None]] = []
    for alarm in alarms_by_id(tx, after, _LOADED):
        if alarm.kind is Kind.COMPOSITE:
            until_ms = alarm.suppressed_ms
            found.append((alarm.id, None if until_ms is None else -(-until_ms // 1000)))
            continue
        interval_s = _interval_s(tx, alarm)
        begun_s = max(since_s or 0, alarm.configured_ms // 1000)
        found.append((alarm.id, (begun_s // interval_s + 1) * interval_s))
    return found


def _interval_s(tx: ReadTx, alarm: Alarm) -> int:
    watch = watch_by_id(tx, alarm.id)
    return watch.interval_s if watch else _MINUTE_S
