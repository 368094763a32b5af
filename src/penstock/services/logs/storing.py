"""Stores log events, and in the same transaction what their group's filters make of them."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson

from penstock.services.logs import limits
from penstock.services.logs.group import Group, Key, get_group, get_stream
from penstock.services.logs.incoming import count_faults, count_in
from penstock.services.logs.metrics.embedded import Fault, embedded_values, may_be_embedded
from penstock.services.logs.metrics.values import Values, hand_over
from penstock.services.logs.page import Place, stored_bytes
from penstock.services.logs.state import LogsState
from penstock.services.logs.subscription import Line
from penstock.services.logs.tails import Told
from penstock.services.logs.watch import Watch, watch_of
from penstock.store import Tx, queries

Q = queries(__package__)

Events = Sequence[dict[str, Any]]
Data = Sequence[tuple[str, dict[str, Any]]]

STEP = 1000  # events in one transaction; bounds how long the event loop is held
_STEP_BYTES = 262_144  # when they are sent on, which takes longer
_DATA_STEP = 100
_LITTLE = 400  # events times filters, which are looked at on the loop


class Measured(NamedTuple):
    """What events say of metrics, and how many documents say it wrongly, and why."""

    data: Data = ()
    faults: Sequence[Fault] = ()


class Storing:
    """Stores the events of one request, after they were admitted to ``key``'s stream."""

    def __init__(self, logs: LogsState, key: Key, stream: str, watch: Watch) -> None:
        self._logs = logs
        self._key = key
        self._stream = stream
        self._watch = watch

    async def store(self, events: Events, now_ms: int) -> None:
        """Returns when the events and what they say of metrics are durable, and sent on to who subscribes."""
        measured = await self._measured(events, now_ms)
        write, first = self._logs.store.write, measured.data[:_DATA_STEP]
        *others, last = _steps(events, sends=bool(self._watch.subscriptions))
        for some in others:
            await write(store_events, self._logs, self._key, self._stream, some)
        await write(store_events, self._logs, self._key, self._stream, last, first)
        for at in range(_DATA_STEP, len(measured.data), _DATA_STEP):
            await write(_hand_over, self._logs, self._key, measured.data[at : at + _DATA_STEP])
        if measured.faults:
            count_faults(self._logs.measurements, self._key, measured.faults)

    async def _measured(self, events: Events, now_ms: int) -> Measured:
        embedded = [event for event in events if may_be_embedded(event["message"])]
        work = len(events) * len(self._watch.metric_filters) + len(embedded)
        if not work:
            return Measured()
        asked = (self._watch, events, embedded, now_ms)
        return await asyncio.to_thread(measure, *asked) if work > _LITTLE else measure(*asked)


def measure(watch: Watch, events: Events, embedded: Events, now_ms: int) -> Measured:
    """Returns what the events say of metrics: by the filters, and those ``embedded`` by themselves."""
    values = Values()
    for metric_filter in watch.metric_filters:
        metric_filter.measure(events, values)
    found = (embedded_values(event["message"], now_ms, values) for event in embedded)
    faults = [fault for fault in found if fault is not None]
    return Measured(values.data(), faults)


def store_one(tx: Tx, logs: LogsState, key: Key, stream: str, event: dict[str, Any]) -> None:
    """Stores one event that came within a transaction."""
    embedded = [event] if may_be_embedded(event["message"]) else []
    watch = watch_of(tx, get_group(tx, key))
    measured = measure(watch, [event], embedded, tx.now_ms)
    store_events(tx, logs, key, stream, [event], measured.data)
    if measured.faults:
        tx.after_commit(partial(count_faults, logs.measurements, key, measured.faults))


def store_events(
    tx: Tx, logs: LogsState, key: Key, stream_name: str, events: Events, data: Data = ()
) -> None:
    """Stores events that the stream takes, in the order of their times; ``data`` are what they say of metrics."""
    group = get_group(tx, key)
    stream = get_stream(tx, group, stream_name)
    first_ms, last_ms = events[0]["timestamp"], events[-1]["timestamp"]
    watch = watch_of(tx, group)
    if watch.subscriptions:
        lines = _insert_told(tx, group, stream, events)
        for subscription in watch.subscriptions:
            subscription.send(tx, logs.delivery, key, stream_name, lines)
    else:
        _insert(tx, group, stream, [(event["timestamp"], event["message"]) for event in events])
    tx.run(Q.put_event_times, first_ms, first_ms, last_ms, last_ms, tx.now_ms, stream)
    size = sum(stored_bytes(event["message"]) for event in events)
    tx.run(Q.add_stored_bytes, size, group.id)
    if logs.tails.of(group.id):
        told = [Told(stream_name, event["timestamp"], event["message"]) for event in events]
        tx.after_commit(partial(logs.tails.tell, group.id, tx.now_ms, told))
    if data:
        _hand_over(tx, logs, key, data)
    uploaded = size - len(events) * limits.EVENT_OVERHEAD_BYTES
    tx.after_commit(partial(count_in, logs.measurements, key, len(events), uploaded))


def _insert(tx: Tx, group: Group, stream: int, events: list[tuple[int, str]]) -> None:
    if _has_nul(events):
        for time_ms, message in events:
            tx.insert(Q.add_event, group.id, stream, time_ms, tx.now_ms, message)
    else:
        tx.run(Q.add_events, group.id, stream, tx.now_ms, orjson.dumps(events).decode())


def _insert_told(tx: Tx, group: Group, stream: int, events: Events) -> list[Line]:
    """Stores the events and returns them as they are called from now on."""
    told = [(event["timestamp"], event["message"]) for event in events]
    if _has_nul(told):
        ids = [tx.insert(Q.add_event, group.id, stream, time_ms, tx.now_ms, text) for time_ms, text in told]
    else:
        rows = tx.all(Q.add_events_told, group.id, stream, tx.now_ms, orjson.dumps(told).decode())
        ids = sorted(id for (id,) in rows)  # they were counted up in the order of the events
    return [
        Line(Place(time_ms, id).text(), time_ms, text) for id, (time_ms, text) in zip(ids, told, strict=True)
    ]


def _has_nul(events: list[tuple[int, str]]) -> bool:
    """Returns whether a message has a NUL, at which SQLite's JSON functions end a text."""
    return any("\0" in message for _, message in events)


def _hand_over(tx: Tx, logs: LogsState, key: Key, data: Data) -> None:
    if not hand_over(tx, logs.delivery, key, data):
        tx.after_commit(partial(count_faults, logs.measurements, key, [Fault.VALIDATION]))


def _steps(events: Events, *, sends: bool) -> Iterator[Events]:
    """Yields as many events as are stored in one transaction."""
    start = size = 0
    for end, event in enumerate(events):
        size += len(event["message"])
        if end - start == STEP or (sends and end > start and size > _STEP_BYTES):
            yield events[start:end]
            start, size = end, len(event["message"])
    yield events[start:]
