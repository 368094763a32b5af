"""Stores log events, and in the same transaction what their group's filters make of them."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import compress
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from penstock.services.logs import limits
from penstock.services.logs.group import Group, Key, get_group, get_stream
from penstock.services.logs.incoming import count_faults, count_in
from penstock.services.logs.metrics.embedded import Fault, embedded_values, may_be_embedded
from penstock.services.logs.metrics.values import Values, hand_over
from penstock.services.logs.page import Place, stored_bytes
from penstock.services.logs.sealing import Timed, sealed
from penstock.services.logs.state import LogsState
from penstock.services.logs.subscription import Subscription
from penstock.services.logs.tails import Session
from penstock.services.logs.watch import Watch, watch_of
from penstock.store import Tx, queries

Q = queries(__package__)

Events = Sequence[dict[str, Any]]
Data = Sequence[tuple[str, dict[str, Any]]]

STEP = 1000  # events in one transaction; bounds how long the event loop is held
_STEP_BYTES = 262_144  # when they are sent on, which takes longer
_DATA_STEP = 100
_LITTLE = 400  # looks at events
_LITTLE_CHARS = 20_000  # looked at: what is more is looked at in a thread

Looker = Subscription | Session
"""Who wants to have some of the events."""


class Looked(NamedTuple):
    """What was found in events before they are stored: data, documents that are wrong, and which events who wants."""

    data: Data = ()
    faults: Sequence[Fault] = ()
    wanted: Mapping[Looker, Sequence[bool]] = MappingProxyType({})


class Batch(NamedTuple):
    """What is stored in one transaction: a stream's events, what they say of metrics, and which of them who wants."""

    stream: str
    events: Events
    data: Data = ()
    wanted: Mapping[Looker, Sequence[bool]] = MappingProxyType({})

    def of(self, looker: Looker) -> Events:
        """Returns the events that ``looker`` wants; looks at them if nobody has."""
        flags = self.wanted.get(looker)
        if flags is None:
            flags = [looker.wants(self.stream, event["message"]) for event in self.events]
        return list(compress(self.events, flags))


class Storing:
    """Stores the events of one request, after they were admitted to ``group``'s stream."""

    def __init__(self, logs: LogsState, group: Group, stream: str, watch: Watch) -> None:
        self._logs = logs
        self._group = group
        self._stream = stream
        self._watch = watch

    async def store(self, events: Events, now_ms: int) -> None:
        """Returns when the events and what they say of metrics are durable, and sent on to who subscribes."""
        looked = await self._look(events, now_ms)
        write, key = self._logs.store.write, self._group.key
        whole = Batch(self._stream, events, wanted=looked.wanted)
        *others, last = _steps(whole, sends=bool(self._watch.subscriptions))
        for some in others:
            await write(store_events, self._logs, key, some)
        await write(store_events, self._logs, key, last._replace(data=looked.data[:_DATA_STEP]))
        for at in range(_DATA_STEP, len(looked.data), _DATA_STEP):
            await write(_hand_over, self._logs, key, looked.data[at : at + _DATA_STEP])
        if looked.faults:
            count_faults(self._logs.measurements, key, looked.faults)

    async def _look(self, events: Events, now_ms: int) -> Looked:
        embedded = [event for event in events if may_be_embedded(event["message"])]
        lookers: list[Looker] = [*self._watch.subscriptions, *self._logs.tails.of(self._group.id)]
        looks = len(self._watch.metric_filters) + len(lookers)
        if not looks and not embedded:
            return Looked()
        asked = (self._watch, lookers, Batch(self._stream, events), embedded, now_ms)
        looked_at = events if looks else embedded
        is_much = len(looked_at) * (looks or 1) > _LITTLE
        if is_much or sum(len(event["message"]) for event in looked_at) * (looks or 1) > _LITTLE_CHARS:
            return await asyncio.to_thread(look, *asked)
        return look(*asked)


def look(watch: Watch, lookers: Iterable[Looker], batch: Batch, embedded: Events, now_ms: int) -> Looked:
    """Returns what the events say of metrics, by the filters, ``embedded`` ones by themselves, and who wants them."""
    values = Values()
    measuring = [metric_filter.begin(values) for metric_filter in watch.metric_filters]
    wanted: dict[Looker, list[bool]] = {looker: [] for looker in lookers}
    for event in batch.events:
        for one in measuring:
            one.take(event)
        for looker, flags in wanted.items():
            flags.append(looker.wants(batch.stream, event["message"]))
    for one in measuring:
        one.end()
    found = (embedded_values(event["message"], now_ms, values) for event in embedded)
    faults = [fault for fault in found if fault is not None]
    return Looked(values.data(), faults, wanted)


def store_one(tx: Tx, logs: LogsState, key: Key, stream: str, event: dict[str, Any]) -> None:
    """Stores one event that came within a transaction."""
    embedded = [event] if may_be_embedded(event["message"]) else []
    batch = Batch(stream, [event])
    looked = look(watch_of(tx, get_group(tx, key)), (), batch, embedded, tx.now_ms)
    store_events(tx, logs, key, batch._replace(data=looked.data))
    if looked.faults:
        tx.after_commit(partial(count_faults, logs.measurements, key, looked.faults))


def store_events(tx: Tx, logs: LogsState, key: Key, batch: Batch) -> None:
    """Stores events that the stream takes, in the order of their times, and passes on what was found in them.

    AwsError when the group's key cannot be used: then nothing is written.
    """
    group, events = get_group(tx, key), batch.events
    stream = get_stream(tx, group, batch.stream)
    first_ms, last_ms = events[0]["timestamp"], events[-1]["timestamp"]
    watch = watch_of(tx, group)
    if watch.subscriptions:
        told = batch._replace(events=_insert_told(tx, logs, group, stream, events))
        for subscription in watch.subscriptions:
            subscription.send(tx, logs.delivery, key, batch.stream, told.of(subscription))
    else:
        _insert(tx, logs, group, stream, [(event["timestamp"], event["message"]) for event in events])
    tx.run(Q.put_event_times, first_ms, first_ms, last_ms, last_ms, tx.now_ms, stream)
    size = sum(stored_bytes(event["message"]) for event in events)
    tx.run(Q.add_stored_bytes, size, group.id)
    for session in logs.tails.of(group.id):
        tx.after_commit(partial(session.tell, group.id, batch.stream, tx.now_ms, batch.of(session)))
    if batch.data:
        _hand_over(tx, logs, key, batch.data)
    uploaded = size - len(events) * limits.EVENT_OVERHEAD_BYTES
    tx.after_commit(partial(count_in, logs.measurements, key, len(events), uploaded))


def _insert(tx: Tx, logs: LogsState, group: Group, stream: int, events: Timed) -> None:
    events = sealed(tx, logs.keys, group, events)
    if _has_nul(events):
        for time_ms, message in events:
            tx.insert(Q.add_event, group.id, stream, time_ms, tx.now_ms, group.data_key, message)
    else:
        tx.run(Q.add_events, group.id, stream, tx.now_ms, group.data_key, orjson.dumps(events).decode())


def _insert_told(tx: Tx, logs: LogsState, group: Group, stream: int, events: Events) -> Events:
    """Stores the events and returns them with the ids by which they are called from now on."""
    told = [(event["timestamp"], event["message"]) for event in events]
    stored = sealed(tx, logs.keys, group, told)
    if _has_nul(stored):
        ids = [
            tx.insert(Q.add_event, group.id, stream, time_ms, tx.now_ms, group.data_key, text)
            for time_ms, text in stored
        ]
    else:
        packed = orjson.dumps(stored).decode()
        rows = tx.all(Q.add_events_told, group.id, stream, tx.now_ms, group.data_key, packed)
        ids = sorted(id for (id,) in rows)  # they were counted up in the order of the events
    return [
        {"id": Place(time_ms, id).text(), "timestamp": time_ms, "message": text}
        for id, (time_ms, text) in zip(ids, told, strict=True)
    ]


def _has_nul(events: Timed) -> bool:
    """Returns whether a message has a NUL, at which SQLite's JSON functions end a text."""
    return any("\0" in message for _, message in events)


def _hand_over(tx: Tx, logs: LogsState, key: Key, data: Data) -> None:
    if not hand_over(tx, logs.delivery, key, data):
        tx.after_commit(partial(count_faults, logs.measurements, key, [Fault.VALIDATION]))


def _steps(whole: Batch, *, sends: bool) -> Iterator[Batch]:
    """Yields as many events as are stored in one transaction."""
    start = size = 0
    for end, event in enumerate(whole.events):
        size += len(event["message"])
        if end - start == STEP or (sends and end > start and size > _STEP_BYTES):
            yield _part(whole, start, end)
            start, size = end, len(event["message"])
    yield _part(whole, start, len(whole.events))


def _part(whole: Batch, start: int, end: int) -> Batch:
    wanted = {looker: flags[start:end] for looker, flags in whole.wanted.items()}
    return whole._replace(events=whole.events[start:end], wanted=wanted)
