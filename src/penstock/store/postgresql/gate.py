"""Who may write at once: some together, or one alone.

The caches do not take part in the database's own conflict detection. So a transaction that changes what is cached runs
while no other writes: whoever decided by the old value has ended, whoever begins after it finds the new one.
"""

import asyncio
from collections import deque


class Gate:
    """Lets up to ``width`` in together, in the order of their coming; who is to be alone waits until all have left."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._inside = 0
        self._closed = False
        self._waiting: deque[tuple[bool, asyncio.Future[None]]] = deque()

    async def enter(self, *, alone: bool) -> None:
        """Returns when it is the caller's turn; it must ``leave``."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((alone, turn))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Makes room for the next."""
        self._inside -= 1
        self._closed = False
        self._admit()

    def _admit(self) -> None:
        while self._waiting and not self._closed:
            alone, turn = self._waiting[0]
            if not turn.cancelled():
                if self._inside >= (1 if alone else self._width):
                    return
                self._inside += 1
                self._closed = alone
                turn.set_result(None)
            self._waiting.popleft()
