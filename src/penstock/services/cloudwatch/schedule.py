"""When which alarm is looked at next. In memory: it follows from the alarms and the time of the last look at them."""

import heapq


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

    def next_id(self) -> int:
        """Returns the alarm that is due next; there is one. It stays until it is put anew."""
        return self._heap[0][1]

    def due_s(self, id: int) -> int | None:
        """Returns when the alarm is due; None when it is not."""
        return self._due.get(id)
