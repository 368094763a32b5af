"""The thread that writes the log back into the database, so that no commit waits for it.

While others write, SQLite writes back what it finds at the beginning of a step, and does not sync it; it begins the log
anew only when all of it is written back and synced, and nobody reads in it. So that the log stays short under a load
that never pauses, each step is synced here; and when the log is long, the writer pauses for the little that is left.

A sync that fails says nothing of what is on the disk, and the next one may succeed without having written anything. Who
reads, and the next step, must therefore never rely on pages whose sync has failed:

- SQLite's own sync fails: it does not count the step, so that these pages are still read from the log, which is on the
  disk, and the next step writes all of them again. Health says so until one has succeeded.
- The sync of a step that SQLite counts fails: its pages are read from the database from now on, and no step writes them
  again. The process has to end, as after a commit whose outcome is unknown; the next one reads the log from its start.
"""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import NamedTuple

from penstock.store.callbacks import Callback
from penstock.store.sqlite.errors import is_failed_sync
from penstock.store.sqlite.wal import Wal

log = logging.getLogger(__name__)

_STEP_FRAMES = 2000  # 8 MiB: pages that change often are written back once for many commits
_LONG_FRAMES = 8000  # 32 MiB, from which on the writer pauses
_TOO_LONG_BYTES = 1 << 30
_AGAIN_S = 1.0  # after a failure


class _Order(NamedTuple):
    """To write back; ``done`` is called on ``loop``."""

    loop: asyncio.AbstractEventLoop
    done: Callback | None


class Checkpointer:
    """Writes the log of one database back whenever it has grown.

    With ``durability`` other than ``full`` commits rely on its syncs: one that fails is the end at once. ``on_lost`` is
    called on the loop with the error when the process has to end.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        wal: Wal,
        durability: str,
        on_lost: Callable[[Exception], object],
    ) -> None:
        self.behind = False
        """The log is long, and nearly all of it is written back: ``finish`` is worth a pause."""
        self._connection = connection
        self._wal = wal
        self._durability = durability
        self._on_lost = on_lost
        self._asked = False
        self._long_frames = _LONG_FRAMES
        self._failure = ""
        self._lost = False
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="penstock-checkpoint", daemon=True)
        self._thread.start()

    def committed(self, loop: asyncio.AbstractEventLoop) -> None:
        """Has the log written back when it has grown; call it after each commit."""
        if not self._asked and self._wal.pending() >= _STEP_FRAMES:
            self._asked = True
            self._orders.put(_Order(loop, None))

    def finish(self, loop: asyncio.AbstractEventLoop, done: Callback) -> None:
        """Promises to call ``done`` on ``loop`` when the rest has been written back, or could not be.

        Write nothing until then: it is little, and the next commit begins the log anew.
        """
        self.behind = False
        self._orders.put(_Order(loop, done))

    def problems(self) -> dict[str, str]:
        """Returns what is to be said of the log."""
        found = {}
        if self._failure:
            found["checkpoint"] = f"the log cannot be written back into the database: {self._failure}"
        if self._wal.bytes() > _TOO_LONG_BYTES:
            size = self._wal.bytes() >> 20
            found["log"] = (
                f"the database's log has {size} MiB: another process, or a backup, reads the database"
            )
        return found

    def close(self) -> None:
        """Returns when the thread has ended."""
        self._orders.put(None)
        self._thread.join()

    # In the thread

    def _run(self) -> None:
        order = self._orders.get()
        while order and not self._lost:
            self._write_back(order.loop)
            self._asked = False
            if order.done:
                _call(order.loop, order.done)
            order = self._next(order)

    def _next(self, last: _Order) -> _Order | None:
        try:
            return self._orders.get(timeout=_AGAIN_S if self._failure else None)
        except Empty:
            return _Order(last.loop, None)

    def _write_back(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            busy, frames, done = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            self._fail(loop, error)
            return
        if self._failure:
            log.warning("the log is written back again")
            self._failure = ""
        if not busy:  # else another process is at it
            self._sync(loop, done)
            self._look(frames, done)

    def _sync(self, loop: asyncio.AbstractEventLoop, done: int) -> None:
        if self._durability == "off" or self._wal.frames() == done:
            return  # nobody has written meanwhile, so SQLite has synced it
        try:
            self._wal.sync_database()
        except OSError as error:
            self._lose(loop, error)

    def _look(self, frames: int, done: int) -> None:
        """Sees whether a pause would let the log begin anew; if one has not, for somebody reads it, not soon again."""
        if frames < _LONG_FRAMES:
            self._long_frames = _LONG_FRAMES
        elif frames >= self._long_frames and frames - done < _STEP_FRAMES:
            self._long_frames = frames + _LONG_FRAMES
            self.behind = True

    def _fail(self, loop: asyncio.AbstractEventLoop, error: sqlite3.Error) -> None:
        if is_failed_sync(error) and self._durability != "full":
            self._lose(loop, error)
        elif not self._failure:
            log.error("the log cannot be written back into the database: %s", error)
        self._failure = str(error)

    def _lose(self, loop: asyncio.AbstractEventLoop, error: Exception) -> None:
        """Writes nothing back any more: the next step could let the log begin anew."""
        self._lost = True
        _call(loop, partial(self._on_lost, error))


def _call(loop: asyncio.AbstractEventLoop, callback: Callback) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits any more
        loop.call_soon_threadsafe(callback)
