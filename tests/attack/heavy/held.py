"""How long a server's event loop is held: a task that runs in every turn of the loop times the turns."""

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from penstock.store import Statement, Tx
from penstock.testing import LocalServer

SCALE = float(os.environ.get("HEAVY_SCALE", "0.01"))
MOST_MS = 20 if "HEAVY_SCALE" in os.environ else 60
"""What the loop may be held for; a machine that runs all tests at once is given more."""

_CHUNK = 5000


class Held(NamedTuple):
    """The longest turn of the loop in milliseconds: on the processor, and by the clock.

    A machine that does other things lengthens the second, so tests go by the first.
    """

    busy_ms: float
    wall_ms: float


def scaled(count: int) -> int:
    """Returns how many of ``count`` rows this run is about."""
    return max(1, int(count * SCALE))


def fill(server: LocalServer, statement: Statement, rows: Iterable[tuple[object, ...]]) -> None:
    """Runs the statement for each of ``rows``, some thousands in a transaction."""

    def some(tx: Tx, chunk: list[tuple[object, ...]]) -> None:
        for row in chunk:
            tx.run(statement, *row)

    chunk: list[tuple[object, ...]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            server.wait(server.app.store.write(some, chunk))
            chunk = []
    server.wait(server.app.store.write(some, chunk))


def held_by(server: LocalServer, work: Callable[[], object]) -> Held:
    """Returns how long the loop was held while ``work``, which may block, ran in this thread."""

    async def start() -> asyncio.Task[Held]:
        return asyncio.create_task(_watch(over))

    over = asyncio.Event()
    with _collecting_as_a_server():
        watching = server.wait(start())
        try:
            work()
        finally:
            server.wait(_set(over))
        held = server.wait(_result(watching))
    print(f"{os.environ.get('PYTEST_CURRENT_TEST', '')}: {held.busy_ms:.1f} ms busy, {held.wall_ms:.1f} ms")
    return held


def on_loop(
    server: LocalServer, work: Callable[[], Awaitable[Any]], seconds: float = 3
) -> Callable[[], None]:
    """Returns a function that runs ``work`` on the server's loop, ``seconds`` at most: its steps are alike."""

    async def some_time() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(work(), seconds)

    return lambda: server.wait(some_time())


@contextmanager
def _collecting_as_a_server() -> Iterator[None]:
    """Keeps what this process has besides the server, test tools and clients, out of collections, as ``serve`` does."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _watch(over: asyncio.Event) -> Held:
    busy_s = wall_s = 0.0
    before, before_wall = time.thread_time(), time.perf_counter()
    while not over.is_set():
        await asyncio.sleep(0)
        now, now_wall = time.thread_time(), time.perf_counter()
        busy_s, wall_s = max(busy_s, now - before), max(wall_s, now_wall - before_wall)
        before, before_wall = now, now_wall
    return Held(busy_s * 1000, wall_s * 1000)


async def _set(over: asyncio.Event) -> None:
    over.set()


async def _result(watching: asyncio.Task[Held]) -> Held:
    return await watching
