"""Scenarios: syncs that fail, a disk that is full, a database that cannot be read for a while."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

from tests.attack.book import EVERYTHING, Book
from tests.attack.outcome import Outcome
from tests.crash.crash_server import LOST, NotStarted
from tests.faults.faulty import FaultyServer

_WRITES = 120
_LOST_COMMIT = 74  # EX_IOERR: docs/decisions/0009
_UNREADABLE_S = 2
_PAUSE_S = 0.2  # the check of what is acknowledged takes longer than its writing
_HOUR_S = 3600
_PATIENCE_S = 20

_DATABASE, _BODY, _FOLDER, _TIME = "*/penstock.db-wal", "*/bodies/staging/*", "*/bodies/??", "*/.time.new"
SYNCS: dict[str, Callable[[FaultyServer], None]] = {
    "the log's, once": lambda server: server.fail_fsync_once(_DATABASE),
    "the log's, always": lambda server: server.fail_fsync(_DATABASE),
    "a body's, once": lambda server: server.fail_fsync_once(_BODY),
    "a body's, always": lambda server: server.fail_fsync(_BODY),
    "a folder's, once": lambda server: server.fail_fsync_once(_FOLDER),
    "a folder's, always": lambda server: server.fail_fsync(_FOLDER),
}
STAGES = {
    "everything": [("create", "*"), ("mkdir", "*"), ("write", "*")],
    "a body is begun": [("create", _BODY)],
    "a body is written": [("write", _BODY)],
    "a body's folder is made": [("mkdir", _FOLDER)],
    "a body is named": [("rename", _BODY)],
    "a commit is written": [("write", _DATABASE)],
    "a checkpoint is written": [("write", "*/penstock.db")],
    "the time is kept": [("create", _TIME), ("write", _TIME), ("rename", _TIME)],
}


def failed_syncs(folder: Path, rounds: int, seed: int) -> Outcome:
    """Lets each kind of sync fail under load. After one of the log's the server ends by itself; all are restarted."""
    outcome = Outcome("fsync fails, once and always")
    server, book = _begun(folder / "syncs", seed)
    for number in range(rounds):
        name = list(SYNCS)[number % len(SYNCS)]
        asyncio.run(book.load(_WRITES // 4))
        SYNCS[name](server)
        asyncio.run(book.load(_WRITES))
        _was_struck(server, outcome, name)
        _end(server, outcome, name)
        _look(server, book, outcome)
    server.kill9()
    return outcome


def full_disk(folder: Path, rounds: int, seed: int) -> Outcome:
    """Fills the disk at each stage of the work under load, frees it, and goes on; every other time over a kill."""
    outcome = Outcome("the disk is full, then has room")
    server, book = _begun(folder / "full", seed)
    for number in range(rounds):
        name = list(STAGES)[number % len(STAGES)]
        for operation, pattern in STAGES[name]:
            server.refuse_room(operation, pattern)
        asyncio.run(book.load(_WRITES))
        asyncio.run(_moves_time(book, 1))
        _was_struck(server, outcome, name)
        server.restore()
        if number % 2:
            asyncio.run(_all_is_taken(book, outcome))
            asyncio.run(_until_well(server, outcome))
            outcome.rounds += 1
            outcome.add(asyncio.run(book.check()))
        else:
            server.kill9()
            _look(server, book, outcome)
    server.kill9()
    return outcome


def unreadable_database(folder: Path, rounds: int, seed: int) -> Outcome:
    """Lets reads of the database fail for some seconds under load, with every hourly task due meanwhile."""
    outcome = Outcome("the database cannot be read for 2 s")
    server, book = _begun(folder / "unreadable", seed)
    for _ in range(rounds):
        asyncio.run(book.load(_WRITES))
        server.fail_reads("*/penstock.db*")
        asyncio.run(_unreadable(book))
        _was_struck(server, outcome, "reads")
        server.restore()
        outcome.rounds += 1
        asyncio.run(_until_well(server, outcome))
        asyncio.run(_all_is_taken(book, outcome))
        outcome.add(asyncio.run(book.check()))
    server.kill9()
    return outcome


def _begun(folder: Path, seed: int) -> tuple[FaultyServer, Book]:
    server = FaultyServer(folder, "--clock", "adjustable")
    server.start()
    book = Book(server, seed)
    book.build()
    return server, book


def _was_struck(server: FaultyServer, outcome: Outcome, fault: str) -> None:
    if not server.struck():
        outcome.failures.append(f"{fault}: the fault was never met")


def _end(server: FaultyServer, outcome: Outcome, sync: str) -> None:
    if not sync.startswith("the log's"):
        server.kill9()
        return
    status = server.wait_for_end()
    if status != _LOST_COMMIT:
        outcome.failures.append(f"{sync}: the server has ended with {status}")
    if sync.endswith("always"):
        try:
            server.start()
            server.kill9()  # a start that needs no sync promises nothing
        except NotStarted:
            pass


def _look(server: FaultyServer, book: Book, outcome: Outcome) -> None:
    server.restart()
    outcome.restarts_s.append(server.start_s)
    outcome.rounds += 1
    asyncio.run(_all_is_taken(book, outcome))
    outcome.add(asyncio.run(book.check()))


async def _all_is_taken(book: Book, outcome: Outcome) -> None:
    """Writes of each kind succeed again."""
    async with book.connection() as connection:
        for kind in EVERYTHING:
            answer = await book.write(connection, kind)
            if answer.status != 200:
                outcome.failures.append(f"{kind} is refused although all is well: {answer}")


async def _unreadable(book: Book) -> None:
    async def asks() -> None:
        while True:
            await book.load(_WRITES // 4)
            await asyncio.sleep(_PAUSE_S)

    loading = asyncio.create_task(asks())
    await _moves_time(book, _HOUR_S + 1)
    await asyncio.sleep(_UNREADABLE_S)
    loading.cancel()
    await asyncio.gather(loading, return_exceptions=True)


async def _moves_time(book: Book, seconds: int) -> None:
    """Asks for it; it may be refused as everything else."""
    with contextlib.suppress(AssertionError, *LOST):
        async with book.connection() as connection:
            await connection.control("clock", advance_s=seconds)


async def _until_well(server: FaultyServer, outcome: Outcome) -> None:
    """Waits until health says that everything runs."""
    problems: object = None
    for _ in range(_PATIENCE_S * 10):
        problems = await asyncio.to_thread(_problems, server)
        if not problems:
            return
        await asyncio.sleep(0.1)
    outcome.failures.append(f"not well after {_PATIENCE_S} s: {problems}")


def _problems(server: FaultyServer) -> object:
    with urlopen(f"{server.endpoint}/_penstock/health") as answer:
        return json.loads(answer.read())["problems"]
