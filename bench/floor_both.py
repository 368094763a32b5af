"""The limit of both parts together: reads the body, stores it as ``floor_sqlite`` does, answers 200 once it is durable.

The data goes to the folder in ``FLOOR_FOLDER``. Served by uvicorn, in one process, with one commit
for all that arrived while the last one was under way.
"""

import asyncio
import os
import sqlite3
from pathlib import Path

from bench import floor_sqlite

_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
_END = {"type": "http.response.body", "body": b""}
_RECORD = "x" * 800


class Group:
    """Commits writes together."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._busy = False
        self._number = 0

    async def write(self, data: bytes) -> None:
        """Returns when ``data`` is durable."""
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append((data, done))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._begin, loop)
        await done

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, []
        self._connection.execute("BEGIN IMMEDIATE")
        for data, _ in batch:
            floor_sqlite.write(self._connection, self._number, data, _RECORD)
            self._number += 1
        commit = loop.run_in_executor(None, self._connection.execute, "COMMIT")
        commit.add_done_callback(lambda _: self._end(loop, batch))

    def _end(self, loop: asyncio.AbstractEventLoop, batch: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        for _, done in batch:
            done.set_result(None)
        if self._waiting:
            self._begin(loop)
        else:
            self._busy = False


_group = Group(floor_sqlite.connect(Path(os.environ["FLOOR_FOLDER"]) / "floor.db"))


async def app(scope, receive, send):
    """Answers 200 once the request's body, if it has one, is on disk."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body")
    if body:
        await _group.write(body)
    await send(_START)
    await send(_END)
