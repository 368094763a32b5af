"""When which alarm is looked at next. In memory: it follows from the alarms and the time of the last look at them."""

import heapq
from collections.abc import Iterator


class Schedule:
    """Alarms by their ids, and the second of the server's clock at which each is due."""

    def __init__(self) -> None:
        self._due: dict[int, int] = {}
        self._heap: list[tuple[int, int]] = []

    def put(self, id: int, due_s: int) -> None:
        """Sets when the alarm is due, and nothing else of it."""
        self._due[id] = due_s
        heapq.heappush(self._heap, (due_s, id))

    def drop(self, id: int) -> None:
        """Forgets the alarm."""
        self._due.pop(id, None)

    def next_s(self) -> int | None:
        """Returns when the next alarm is due; None when there is none."""
        while self._heap:
            due_s, id = self._heap[0]
            if self._due.get(id) == due_s:
                return due_s
            heapq.heappop(self._heap)
        return None

    def due(self, limit: int) -> list[int]:
        """Returns some of the alarms that are due next, all at the same second; they stay until they are put anew."""
        due_s = self.next_s()
        return [] if due_s is None else list(self._next(due_s, limit))

    def _next(self, due_s: int, limit: int) -> Iterator[int]:
        found = set[int]()
        # The heap is in no order but that of its first: what is taken from it goes back.
        while self._heap and self._heap[0][0] == due_s and len(found) < limit:
            _, id = heapq.heappop(self._heap)
            if self._due.get(id) == due_s:
                found.add(id)
        for id in found:
            heapq.heappush(self._heap, (due_s, id))
        yield from sorted(found)
