"""How many messages of each queue are with their receivers."""

import threading

from penstock.services.sqs import limits
from penstock.store import ReadTx, queries

Q = queries(__package__)


class InFlight:
    """An upper bound of the messages in flight per box, so that a receive need not count them.

    It counts receives and takes off deletes; when that reaches AWS's limit, the messages are counted, and those that
    have come back do not count any more.
    """

    def __init__(self) -> None:
        self._bounds: dict[int, int] = {}
        self._lock = threading.Lock()  # a store may run transactions in threads

    def room(self, tx: ReadTx, box: int, wanted: int) -> int:
        """Returns how many of ``wanted`` more messages may be in flight."""
        bound = self._bounds.get(box, limits.MAX_IN_FLIGHT)
        if bound + wanted > limits.MAX_IN_FLIGHT:
            row = tx.one(Q.count_in_flight, box, tx.now_ms)
            bound = row[0] if row else 0
            with self._lock:
                self._bounds[box] = bound
        return min(wanted, limits.MAX_IN_FLIGHT - bound)

    def of(self, box: int) -> int:
        """Returns the bound."""
        return self._bounds.get(box, 0)

    def forget(self, box: int) -> None:
        """Called when a queue has let go of the box."""
        self._bounds.pop(box, None)

    def add(self, box: int, count: int) -> None:
        """Counts messages that a receiver got; less than none when they were deleted."""
        with self._lock:
            if box in self._bounds:
                self._bounds[box] = max(0, self._bounds[box] + count)
