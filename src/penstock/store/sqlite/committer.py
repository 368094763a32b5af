"""The thread that waits for the disk.

A thread pool would do, at several times the cost of handing over: this happens some hundred times a second on the
path of every write.
"""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue

Done = Callable[[sqlite3.Error | None], None]


class Committer:
    """Commits one connection's transactions, one at a time, and tells the event loop how each went."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._orders: SimpleQueue[tuple[asyncio.AbstractEventLoop, Done] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="penstock-commit", daemon=True)
        self._thread.start()

    def commit(self, loop: asyncio.AbstractEventLoop, done: Done) -> None:
        """Promises to call ``done`` on ``loop`` with None when the transaction is durable, else with the error."""
        self._orders.put((loop, done))

    def close(self) -> None:
        """Returns when the thread has ended; nothing may be under way."""
        self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        while order := self._orders.get():
            loop, done = order
            error = None
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as refused:
                error = refused
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
                loop.call_soon_threadsafe(done, error)
