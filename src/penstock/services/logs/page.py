"""Events in the order of their time: places between them, and walks along a stream or a group."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from penstock.server import Params
from penstock.services.customer_keys import CustomerKeys
from penstock.services.logs import limits
from penstock.services.logs.group import Group
from penstock.services.logs.paging import MAX_NUMBER
from penstock.services.logs.sealing import Opened, opened_keys
from penstock.store import ReadTx, Row, Store, queries

Q = queries(__package__)

_FIRST_STEP, _LAST_STEP = 8, 256  # rows in one transaction: more each time, for as long as messages are short
_STEP_CHARS = 1_000_000
_LITTLE_CHARS = 200_000  # opened at once: what is more is opened in a thread
_MESSAGE, _SEALED_BY = 3, 6  # columns of a row


class Place(NamedTuple):
    """The place of an event: events of one moment stand in the order in which they were stored."""

    time_ms: int
    id: int

    def text(self) -> str:
        """Returns 56 digits, as long as AWS's event ids."""
        return f"{self.time_ms:016d}{self.id:040d}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Returns the place that 56 digits stand for, or None."""
        place = cls(int(text[:16]), int(text[16:])) if len(text) == 56 and text.isdecimal() else None
        return place if place and place.id <= MAX_NUMBER else None


LAST = Place((1 << 52) - 1, 0)


def span(group: Group, params: Params, now_ms: int, *, last_ms: int) -> tuple[Place, Place]:
    """Returns the places around the events from ``startTime`` to ``endTime`` that have not expired.

    ``last_ms`` is 1 where ``endTime`` itself is included, else 0. Times beyond any clock are as good as the last one.
    """
    start_ms = max(params.get("startTime") or 0, group.horizon_ms(now_ms))
    end_ms = params.get("endTime")
    start = min(Place(start_ms, 0), LAST)
    return start, LAST if end_ms is None else min(Place(end_ms + last_ms, 0), LAST)


class Event(NamedTuple):
    """One event with the name of its stream."""

    place: Place
    ingested_ms: int
    message: str
    stream: str


def stored_bytes(message: str) -> int:
    """Returns what an event counts for, in bytes."""
    return len(message.encode()) + limits.EVENT_OVERHEAD_BYTES


@dataclass(frozen=True, slots=True)
class Walk:
    """Where to look: between two places (both exclusive) of a stream, or of a whole group when ``stream`` is None."""

    group: int
    stream: int | None
    after: Place
    before: Place
    forward: bool

    def beyond(self, place: Place) -> "Walk":
        """Returns the rest of the walk once ``place`` has been reached."""
        if self.forward:
            return Walk(self.group, self.stream, place, self.before, True)
        return Walk(self.group, self.stream, self.after, place, False)


class Page(NamedTuple):
    """Events in walking order, and where the walk stopped; None when it came to its end."""

    events: list[Event]
    stopped: Place | None


class Reader:
    """Reads events, and opens those that are under a key."""

    def __init__(self, store: Store, keys: CustomerKeys) -> None:
        self._store = store
        self._keys = keys

    async def page(
        self, walk: Walk, limit: int, wanted: Callable[[Event], bool] | None, max_scanned: int
    ) -> Page:
        """Returns the next events that are ``wanted``: ``limit`` or 1 MB at most, of the next ``max_scanned``.

        AwsError ``AccessDeniedException`` when the key of some of the events cannot be used.
        """
        events: list[Event] = []
        size = scanned = 0
        step = _FIRST_STEP
        while True:
            rows = await self._read(walk, step)
            for row in rows:
                event = Event(Place(row[1], row[0]), row[2], row[3], row[4])
                if not row[5] and (wanted is None or wanted(event)):
                    size += len(event.message)
                    if events and size > limits.MAX_PAGE_BYTES:
                        return Page(events, events[-1].place)
                    events.append(event)
                    if len(events) == limit:
                        return Page(events, event.place)
            if len(rows) < step:
                return Page(events, None)
            last = Place(rows[-1][1], rows[-1][0])
            walk = walk.beyond(last)
            scanned += len(rows)
            if scanned >= max_scanned:
                return Page(events, last)
            step = _next_step(step, sum(len(row[3]) for row in rows))
            await asyncio.sleep(0)  # others have their turn

    async def _read(self, walk: Walk, count: int) -> list[Row]:
        rows, keys = await self._store.read(_step, self._keys, walk, count)
        if not keys:
            return rows
        if sum(len(row[_MESSAGE]) for row in rows) > _LITTLE_CHARS:
            return await asyncio.to_thread(_opened, rows, keys)
        return _opened(rows, keys)


def _next_step(step: int, read: int) -> int:
    """Returns how many rows to read after ``step`` rows with ``read`` characters in all."""
    if read * 2 > _STEP_CHARS:
        return max(step // 2, 1)
    return min(step * 2, _LAST_STEP)


def _step(tx: ReadTx, keys: CustomerKeys, walk: Walk, count: int) -> tuple[list[Row], Mapping[int, Opened]]:
    if walk.stream is None:
        statement, id = (Q.find_group_events if walk.forward else Q.find_group_events_backward), walk.group
    else:
        statement, id = (Q.find_stream_events if walk.forward else Q.find_stream_events_backward), walk.stream
    bounds: tuple[Any, ...] = (*walk.after, *walk.before)
    rows = tx.all(statement, id, *bounds, count)
    return rows, opened_keys(tx, keys, (row[_SEALED_BY] for row in rows))


def _opened(rows: list[Row], keys: Mapping[int, Opened]) -> list[Row]:
    return [
        (*row[:_MESSAGE], keys[row[_SEALED_BY]].unseal(row[_MESSAGE]), *row[_MESSAGE + 1 :])
        if row[_SEALED_BY] is not None
        else row
        for row in rows
    ]
