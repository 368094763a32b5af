"""Receivers that wait for a message: first come, first served, woken by a commit or by the clock.

Whoever leaves the line wakes the next one, which looks for itself: so no wake is lost with a receiver that was
cancelled, and one that took its message does not leave others lying. A wake too many costs one look.
"""

import asyncio
from collections import OrderedDict

from penstock.clock import Clock


class Line:
    """Those who wait for one queue, and the alarm for its next message that is delayed or in flight."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: OrderedDict[int, asyncio.Event] = OrderedDict()
        self._next = 0
        self._due_ms: int | None = None
        self._alarm: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self) -> tuple[int, asyncio.Event]:
        """Returns a place at the end of the line and the event that wakes it."""
        self._next += 1
        event = self._waiting[self._next] = asyncio.Event()
        return self._next, event

    def leave(self, place: int) -> None:
        """Gives the place up and lets the next one look."""
        del self._waiting[place]
        self.wake(1)
        if not self._waiting:
            self._stop()

    def wake(self, count: int) -> None:
        """Wakes the first ``count`` that are not awake already."""
        for event in self._waiting.values():
            if count <= 0:
                return
            if not event.is_set():
                event.set()
                count -= 1

    def expect(self, due_ms: int) -> None:
        """Promises to wake one receiver when the server's time is ``due_ms``."""
        if due_ms <= self._clock.now_ms():
            self.wake(1)
        elif self._waiting and (self._due_ms is None or due_ms < self._due_ms):
            self._stop()
            self._due_ms = due_ms
            self._alarm = asyncio.get_running_loop().create_task(self._ring(due_ms))

    async def _ring(self, due_ms: int) -> None:
        await self._clock.wait_until(due_ms)
        self._due_ms = self._alarm = None
        self.wake(1)

    def _stop(self) -> None:
        if self._alarm:
            self._alarm.cancel()
        self._due_ms = self._alarm = None


class Lines:
    """The lines of every queue that somebody waits for, by the queue's id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.by_queue: dict[int, Line] = {}
        """Whoever tells of a message need not call ``expect`` for a queue that is not here."""
        self.closed = False

    def __len__(self) -> int:
        return sum(len(line) for line in self.by_queue.values())

    def join(self, queue: int) -> tuple[Line, int, asyncio.Event]:
        """Returns the queue's line, a place in it and the event that wakes it."""
        line = self.by_queue.setdefault(queue, Line(self._clock))
        return line, *line.join()

    def leave(self, queue: int, place: int) -> None:
        """Gives the place up."""
        line = self.by_queue[queue]
        line.leave(place)
        if not line:
            del self.by_queue[queue]

    def expect(self, queue: int, due_ms: int) -> None:
        """Called after a commit: a message of the queue is visible from ``due_ms`` on."""
        if line := self.by_queue.get(queue):
            line.expect(due_ms)

    def close(self) -> None:
        """Tells everybody who waits, now or later, that waiting is over."""
        self.closed = True
        for queue in self.by_queue:
            self.wake_all(queue)

    def wake_all(self, queue: int) -> None:
        """Called when the queue has changed under its receivers."""
        if line := self.by_queue.get(queue):
            line.wake(1 << 30)
