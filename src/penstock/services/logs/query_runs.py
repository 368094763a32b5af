"""Queries that run, or have run: in memory, each fed its events in steps, in threads.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

import asyncio
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from penstock.clock import Clock
from penstock.errors import AwsError
from penstock.services.background import Background
from penstock.services.logs import limits
from penstock.services.logs.errors import TooMuch, too_many_queries
from penstock.services.logs.group import Key, group_arn
from penstock.services.logs.page import Event, Reader, Walk, stored_bytes
from penstock.services.logs.paging import make_token

_PAGE_EVENTS = 2000
_AT_ONCE = 2  # queries that run side by side; the others wait
_KEPT = 100
_KEPT_BYTES = 64 << 20


class Status(Enum):
    """What has become of a query, in AWS's words."""

    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class Source(NamedTuple):
    """A log group that is queried, and the walk along what is queried of it."""

    key: Key
    walk: Walk


@dataclass(slots=True)
class Run:
    """One query: whose it is, what it asks, and how far it is. Times are milliseconds."""

    id: str
    place: tuple[str, str]
    text: str
    groups: tuple[str, ...]
    caller: str
    created_ms: int
    status: Status = Status.SCHEDULED
    rows: list[list[dict[str, str]]] = field(default_factory=list)
    scanned: int = 0
    scanned_bytes: int = 0
    matched: int = 0
    ended_ms: int = 0
    size: int = 0

    @property
    def is_over(self) -> bool:
        """Returns whether nothing of it will change."""
        return self.status not in (Status.SCHEDULED, Status.RUNNING)


class Queries:
    """The queries of one server; those that are over are kept while there is room."""

    def __init__(self, reader: Reader, clock: Clock, background: Background) -> None:
        self._reader = reader
        self._clock = clock
        self._background = background
        self._runs: dict[str, Run] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)

    def start(self, run: Run, sources: Sequence[Source], limit: int) -> None:
        """Begins to run the query; MalformedQuery, AwsError ``LimitExceededException``."""
        running = sum(not other.is_over and other.place == run.place for other in self._runs.values())
        if running >= limits.MAX_RUNNING_QUERIES:
            raise too_many_queries()
        work = _Work(self._reader, run, sources, limit)
        self._runs[run.id] = run
        task = self._tasks[run.id] = self._background.spawn(f"logs: query {run.id}", self._run(run, work))
        task.add_done_callback(lambda _: self._tasks.pop(run.id))
        self._drop_old()

    def find(self, place: tuple[str, str], id: str) -> Run | None:
        """Returns the query of that account and region, or None."""
        run = self._runs.get(id)
        return run if run is not None and run.place == place else None

    def of(self, place: tuple[str, str]) -> list[Run]:
        """Returns the queries of the account and region, the newest first."""
        return [run for run in reversed(self._runs.values()) if run.place == place]

    def stop(self, run: Run) -> bool:
        """Returns whether the query was running, and runs no more."""
        if run.is_over:
            return False
        self._end(run, Status.CANCELLED)
        self._tasks[run.id].cancel()
        return True

    def stop_all(self) -> None:
        """Stops what runs: the server ends."""
        for run in self._runs.values():
            self.stop(run)

    async def settled(self) -> None:
        """Returns when no query runs."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))

    async def _run(self, run: Run, work: "_Work") -> None:
        try:
            async with self._places:
                run.status = Status.RUNNING
                await work.run()
            self._end(run, Status.COMPLETE)
        except (TooMuch, AwsError):  # or the key of a group cannot be used
            self._end(run, Status.FAILED)
        finally:
            if not run.is_over:  # the store has refused
                self._end(run, Status.FAILED)

    def _end(self, run: Run, status: Status) -> None:
        run.status, run.ended_ms = status, self._clock.now_ms()
        self._drop_old()

    def _drop_old(self) -> None:
        over = [run for run in self._runs.values() if run.is_over]
        size = sum(run.size for run in over)
        for count, run in enumerate(over):
            if len(over) - count <= _KEPT and size <= _KEPT_BYTES:
                return
            size -= run.size
            del self._runs[run.id]


class _Work:
    """Reads the events of a query's groups, the newest first, and feeds them to it."""

    def __init__(self, reader: Reader, run: Run, sources: Sequence[Source], limit: int) -> None:
        self._reader = reader
        self._run = run
        from penstock.services.logs.insights import compile_query  # loaded when the first query is started

        self._query, self._counter = compile_query(run.text, run.created_ms, limit)
        self._heads = [_Head(reader, source) for source in sources]

    async def run(self) -> None:
        """Returns when the query has its result; TooMuch, StoreUnavailable, AwsError when a key cannot be used."""
        run = self._run
        while not self._query.is_satisfied and (some := await self._next()):
            run.scanned += len(some)
            run.scanned_bytes += await asyncio.to_thread(self._feed, some)
            run.matched = self._counter.count
        await asyncio.to_thread(self._query.finish)
        run.rows = self._query.rows
        run.size = self._query.size

    def _feed(self, some: list[tuple[Key, Event]]) -> int:
        from penstock.services.logs.insights import Record

        self._query.feed([Record(fields_of(key, event)) for key, event in some])
        return sum(stored_bytes(event.message) for _, event in some)

    async def _next(self) -> list[tuple[Key, Event]]:
        """Returns the next events of all groups in the order of their times; none at the end.

        What is newer than the end of every group's page is taken: the next page of another may not come before it.
        """
        for head in self._heads:
            if not head.events and not head.is_over:
                await head.read()
        self._heads = [head for head in self._heads if head.events]
        if len(self._heads) == 1:
            head = self._heads[0]
            some, head.events = head.events, []
            return [(head.key, event) for event in some]
        bound = max((head.events[-1].place.time_ms for head in self._heads if not head.is_over), default=0)
        parts = [[(head.key, event) for event in head.until(bound)] for head in self._heads]
        return list(heapq.merge(*parts, key=lambda pair: -pair[1].place.time_ms))


class _Head:
    """How far the events of one group have been read."""

    def __init__(self, reader: Reader, source: Source) -> None:
        self.key = source.key
        self.events: list[Event] = []
        self.is_over = False
        self._reader = reader
        self._walk = source.walk

    async def read(self) -> None:
        """Reads on until there are events, or no more."""
        while not self.events and not self.is_over:
            page = await self._reader.page(self._walk, _PAGE_EVENTS, None, _PAGE_EVENTS)
            self.events = page.events
            if page.stopped is None:
                self.is_over = True
            else:
                self._walk = self._walk.beyond(page.stopped)

    def until(self, bound_ms: int) -> list[Event]:
        """Returns the events that are not before ``bound_ms``, and goes on behind them."""
        count = sum(event.place.time_ms >= bound_ms for event in self.events)
        some, self.events = self.events[:count], self.events[count:]
        return some


def fields_of(key: Key, event: Event) -> dict[str, object]:
    """Returns what queries know of an event without looking into it."""
    from penstock.services.logs.insights.record import given

    account, _, name = key
    return given(
        event.place.time_ms,
        event.ingested_ms,
        event.message,
        logStream=event.stream,
        log=f"{account}:{name}",
        ptr=make_token(group_arn(key), event.place.time_ms, event.place.id),
    )
