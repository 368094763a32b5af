"""The embedded store's log: written back beside the writer, short again under load, kept when the disk is in doubt."""

import asyncio
import errno
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from penstock.clock import Clock, Ids
from penstock.errors import StoreUnavailable
from penstock.store import SqliteStore
from penstock.store.sqlite import checkpointer
from penstock.store.sqlite import store as module
from penstock.store.sqlite.wal import Wal
from tests.stores.backends import ADD_NEXT, ALL, GET, TOY

PAGES = "x" * 40_000  # ten of them


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log counts as grown, and as long, after a few writes."""
    monkeypatch.setattr(checkpointer, "_STEP_FRAMES", 50)
    monkeypatch.setattr(checkpointer, "_LONG_FRAMES", 200)
    monkeypatch.setattr(checkpointer, "_AGAIN_S", 0.01)


class Refusing(sqlite3.Connection):
    """A connection that fails to write the log back as long as there is a ``failure``."""

    failure: sqlite3.Error | None = None

    def execute(self, sql: str, *params: object) -> sqlite3.Cursor:
        """Returns what the statement gives, if nothing stands in its way."""
        if self.failure and sql.startswith("PRAGMA wal_checkpoint"):
            raise self.failure
        return super().execute(sql, *params)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Refusing]]:
    """Stores opened in the test have such connections."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Refusing, **k))
    yield Refusing
    Refusing.failure = None


def run(folder: Path, scenario: Callable[[SqliteStore], Awaitable[None]], durability: str = "full") -> None:
    """Plays ``scenario`` on a store, which is closed in the end."""

    async def main() -> None:
        store = SqliteStore(folder / "toy.db", [TOY], durability=durability, clock=Clock(), ids=Ids())
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


@contextmanager
def another(folder: Path, begin: str) -> Iterator[sqlite3.Connection]:
    """Has a transaction of somebody else open in the block."""
    with closing(sqlite3.connect(folder / "toy.db", isolation_level=None)) as connection:
        connection.execute(begin)
        connection.execute("SELECT count(*) FROM toy").fetchone()
        yield connection
        connection.execute("COMMIT")


def failure(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as the disk wanted")
    error.sqlite_errorcode = code
    return error


async def write(store: SqliteStore) -> None:
    await store.write(lambda tx: tx.insert(ADD_NEXT, PAGES))


async def write_until(store: SqliteStore, reached: Callable[[], bool]) -> None:
    """Several write without a pause until it is so."""

    async def writes() -> None:
        while not reached():
            await write(store)

    await asyncio.gather(*(writes() for _ in range(4)))


async def until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - what is waited for comes from a thread
        await asyncio.sleep(0.001)


def count(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder / 'toy.db'}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute("SELECT count(*) FROM toy").fetchone()
        return int(found)


async def begins_anew(store: SqliteStore) -> None:
    """Writes until the log is shorter than it was."""
    wal = store._connections.wal
    longest = 0

    def shorter() -> bool:
        nonlocal longest
        longest = max(longest, wal.frames())
        return wal.frames() < longest

    await write_until(store, shorter)


def test_the_log_begins_anew_again_and_again_while_writers_never_pause(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        for _ in range(3):
            await begins_anew(store)
        assert store.problems() == {}

    run(tmp_path, scenario)


def test_the_log_begins_anew_although_reads_keep_their_snapshot(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        async def read() -> None:
            while True:
                await store.read(lambda tx: tx.one(GET, 1))
                await asyncio.sleep(0)

        reading = asyncio.ensure_future(read())
        await begins_anew(store)
        reading.cancel()

    run(tmp_path, scenario)


def test_an_orderly_end_leaves_no_log(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        await write_until(store, lambda: store._connections.wal.frames() > 100)

    run(tmp_path, scenario)
    assert not (tmp_path / "toy.db-wal").exists()
    assert count(tmp_path) > 0


def test_the_log_grows_while_another_process_reads_is_told_of_and_becomes_short_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpointer, "_TOO_LONG_BYTES", 1000 * 4096)

    async def scenario(store: SqliteStore) -> None:
        await write(store)
        with another(tmp_path, "BEGIN"):
            await write_until(store, lambda: store._connections.wal.frames() > 1000)
            assert "another process" in store.problems()["log"]
        await begins_anew(store)
        assert store.problems() == {}

    run(tmp_path, scenario)


def test_a_write_waits_for_another_process_that_writes_and_the_loop_does_not(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        with another(tmp_path, "BEGIN IMMEDIATE"):
            writing = asyncio.ensure_future(write(store))
            await until(lambda: "database" in store.problems())
            assert not writing.done()
            assert await store.read(lambda tx: tx.all(ALL)) == []
        await writing
        assert store.problems() == {}

    run(tmp_path, scenario)


def test_writes_are_refused_when_another_process_writes_for_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BUSY_TRIES", 3)

    async def scenario(store: SqliteStore) -> None:
        with another(tmp_path, "BEGIN IMMEDIATE"):
            results = await asyncio.gather(*(write(store) for _ in range(300)), return_exceptions=True)
            assert {type(result) for result in results} == {StoreUnavailable}
        await write(store)
        assert store.problems() == {}

    run(tmp_path, scenario)
    assert count(tmp_path) == 1


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_READ])
def test_a_log_that_cannot_be_written_back_is_told_of_until_it_can(
    tmp_path: Path, refusing: type[Refusing], code: int
) -> None:
    async def scenario(store: SqliteStore) -> None:
        refusing.failure = failure(code)
        await write_until(store, lambda: "checkpoint" in store.problems())
        await write(store)
        refusing.failure = None
        await until(lambda: store.problems() == {})
        await begins_anew(store)

    run(tmp_path, scenario)


def test_a_written_back_step_whose_sync_fails_ends_all_writing_and_keeps_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    written = 0

    def fail(self: Wal) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def scenario(store: SqliteStore) -> None:
        nonlocal written
        store.on_lost = lambda: told.append("lost")
        await write(store)
        with another(tmp_path, "BEGIN"):  # so that a step can only be a part
            monkeypatch.setattr(Wal, "sync_database", fail)
            with pytest.raises(StoreUnavailable):
                while True:
                    await write(store)
        assert told == ["lost"]
        written = store.writes

    run(tmp_path, scenario)
    assert (tmp_path / "toy.db-wal").stat().st_size > 0
    assert count(tmp_path) >= written > 1


def test_without_a_sync_of_each_commit_a_checkpoint_s_failed_sync_ends_all_writing(
    tmp_path: Path, refusing: type[Refusing]
) -> None:
    async def scenario(store: SqliteStore) -> None:
        refusing.failure = failure(sqlite3.SQLITE_IOERR_FSYNC)
        with pytest.raises(StoreUnavailable):
            while True:
                await write(store)

    run(tmp_path, scenario, "normal")
    assert (tmp_path / "toy.db-wal").stat().st_size > 0
