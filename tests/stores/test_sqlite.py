"""What only the embedded store can do, and how it fails."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from penstock.clock import Clock, Ids
from penstock.errors import CommitUnknown, StartError, StoreUnavailable
from penstock.store import DataLock, SqliteStore, Statement, Tx
from tests.stores.backends import ADD, ADD_NEXT, ALL, TOY, change, look

LARGE = "x" * 100_000


class Faulty(sqlite3.Connection):
    """A connection whose commits wait for ``gate``, and fail with ``failure`` if there is one."""

    gate = threading.Event()
    failure: sqlite3.Error | None = None
    committing = threading.Event()

    def execute(self, sql: str, *params: object) -> sqlite3.Cursor:
        """Returns what the statement gives, if nothing stands in its way."""
        if sql == "COMMIT" and threading.current_thread() is not threading.main_thread():
            self.committing.set()
            assert self.gate.wait(20)
            if self.failure:
                raise self.failure
        return super().execute(sql, *params)


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Faulty]]:
    """Stores opened in the test have faulty connections; at first nothing is wrong with them."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Faulty, **k))
    Faulty.failure = None
    Faulty.gate.set()
    Faulty.committing.clear()
    yield Faulty
    Faulty.gate.set()


def open_store(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "toy.db", [TOY], durability="full", clock=Clock(), ids=Ids())


def run(folder: Path, scenario: Callable[[SqliteStore], Awaitable[None]]) -> None:
    """Plays ``scenario`` on a store, which is closed in the end."""

    async def main() -> None:
        store = open_store(folder)
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


def failure(code: int) -> sqlite3.Error:
    """Returns what SQLite raises with ``code``."""
    error = sqlite3.OperationalError("as the disk wanted")
    error.sqlite_errorcode = code
    return error


def test_functions_that_arrive_together_share_a_commit(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        await asyncio.gather(*(store.write(lambda tx: tx.insert(ADD_NEXT, "x")) for _ in range(50)))
        assert store.commits < 10

    run(tmp_path, scenario)


def test_what_a_commit_under_way_has_changed_is_in_no_cached_read(
    tmp_path: Path, faults: type[Faulty]
) -> None:
    async def scenario(store: SqliteStore) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "old"))
        await store.write(look)  # published
        faults.gate.clear()
        faults.committing.clear()

        def change_and_look(tx: Tx) -> str | None:
            change(tx, "new")
            return look(tx)

        writing = asyncio.ensure_future(store.write(change_and_look))
        await asyncio.to_thread(faults.committing.wait, 20)
        assert await store.read(look) == "old"
        faults.gate.set()
        assert await writing == "new"
        assert await store.read(look) == "new"

    run(tmp_path, scenario)


def test_a_commit_that_fails_takes_what_it_had_loaded_with_it(tmp_path: Path, faults: type[Faulty]) -> None:
    async def scenario(store: SqliteStore) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "old"))
        faults.failure = failure(sqlite3.SQLITE_FULL)
        with pytest.raises(StoreUnavailable):
            await store.write(lambda tx: (change(tx, "never"), look(tx)))
        faults.failure = None
        assert await store.read(look) == "old"
        assert await store.write(look) == "old"

    run(tmp_path, scenario)


def test_a_commit_that_finds_no_room_is_taken_back_and_writing_goes_on(
    tmp_path: Path, faults: type[Faulty]
) -> None:
    async def scenario(store: SqliteStore) -> None:
        faults.failure = failure(sqlite3.SQLITE_FULL)
        with pytest.raises(StoreUnavailable) as refused:
            await store.write(lambda tx: tx.run(ADD, 1, "never"))
        assert not isinstance(refused.value, CommitUnknown)
        faults.failure = None
        await store.write(lambda tx: tx.run(ADD, 2, "x"))
        assert await store.read(lambda tx: tx.all(ALL)) == [(2, "x")]

    run(tmp_path, scenario)


def test_a_commit_whose_outcome_is_unknown_ends_all_writing(tmp_path: Path, faults: type[Faulty]) -> None:
    told: list[str] = []

    async def scenario(store: SqliteStore) -> None:
        store.on_lost = lambda: told.append("lost")
        faults.failure = failure(sqlite3.SQLITE_IOERR_FSYNC)
        faults.gate.clear()
        first = asyncio.ensure_future(store.write(lambda tx: tx.run(ADD, 1, "?")))
        await asyncio.to_thread(faults.committing.wait, 20)
        waiting = asyncio.ensure_future(store.write(lambda tx: tx.run(ADD, 2, "never")))
        await asyncio.sleep(0)
        faults.gate.set()
        outcomes = await asyncio.gather(first, waiting, return_exceptions=True)
        faults.failure = None
        assert [type(outcome) for outcome in outcomes] == [CommitUnknown, StoreUnavailable]
        assert told == ["lost"]
        assert store._writer.in_transaction  # nothing was rolled back
        with pytest.raises(StoreUnavailable, match="has ended"):
            await store.write(lambda tx: tx.run(ADD, 3, "never"))

    run(tmp_path, scenario)


def test_a_disk_that_is_full_fails_the_function_that_meets_it(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        (pages,) = store._writer.execute("PRAGMA page_count").fetchone()
        store._writer.execute(f"PRAGMA max_page_count = {pages + 2}")
        results = await asyncio.gather(
            store.write(lambda tx: tx.run(ADD, 1, "small")),
            store.write(lambda tx: tx.run(ADD, 2, LARGE)),
            return_exceptions=True,
        )
        assert isinstance(results[1], StoreUnavailable)
        await store.write(lambda tx: tx.run(ADD, 3, "small"))
        found = await store.read(lambda tx: tx.all(ALL))
        assert (3, "small") in found
        assert ((1, "small") in found) == (not isinstance(results[0], Exception))

    run(tmp_path, scenario)


def test_after_sqlite_took_a_batch_back_no_neighbour_commits_by_itself(tmp_path: Path) -> None:
    def lose_the_batch(tx: Tx) -> None:
        tx.run(ADD, 1, "never")
        tx.run(Statement.of("ROLLBACK"))  # as SQLite does by itself when the disk fails
        tx.run(Statement.of("SELECT nothing FROM nowhere"))

    async def scenario(store: SqliteStore) -> None:
        results = await asyncio.gather(
            store.write(lose_the_batch),
            store.write(lambda tx: tx.run(ADD, 2, "never")),
            return_exceptions=True,
        )
        assert all(isinstance(result, Exception) for result in results)
        assert await store.read(lambda tx: tx.all(ALL)) == []
        await store.write(lambda tx: tx.run(ADD, 3, "x"))

    run(tmp_path, scenario)


def test_a_commit_that_cannot_be_handed_over_fails_its_writes_and_the_next_one_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(store: SqliteStore) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(store._committer, "commit", lambda *_: 1 // 0)
            with pytest.raises(StoreUnavailable):
                await store.write(lambda tx: tx.run(ADD, 1, "never"))
        await store.write(lambda tx: tx.run(ADD, 2, "x"))
        assert await store.read(lambda tx: tx.all(ALL)) == [(2, "x")]

    run(tmp_path, scenario)


def test_a_read_of_a_broken_page_is_no_raw_error(tmp_path: Path) -> None:
    async def fill(store: SqliteStore) -> None:
        await store.write(lambda tx: [tx.insert(ADD_NEXT, LARGE) for _ in range(20)])

    async def find(store: SqliteStore) -> None:
        with pytest.raises(StoreUnavailable):
            await store.read(lambda tx: tx.all(ALL))

    run(tmp_path, fill)
    file = tmp_path / "toy.db"
    whole = file.read_bytes()
    start = 8 * 4096
    file.write_bytes(whole[:start] + b"\xff" * (len(whole) - start))
    run(tmp_path, find)


def test_a_file_that_is_no_database_is_refused_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "toy.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StartError, match=r"cannot open the database .*toy\.db"):
        open_store(tmp_path)


def test_a_second_process_is_refused_by_name(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    with pytest.raises(StartError, match=r"in use by another Penstock \(process \d+\)"):
        DataLock(tmp_path)
    lock.release()
    DataLock(tmp_path).release()


def test_the_default_store_loads_no_driver_of_another(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, penstock.app; print('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_reads_between_two_commits_share_a_snapshot(tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario(store: SqliteStore) -> None:
        store._connections.reader.set_trace_callback(said.append)
        for value in ("x", "y"):
            await store.write(lambda tx, value=value: tx.insert(ADD_NEXT, value))
            for _ in range(3):
                assert (await store.read(lambda tx: tx.all(ALL)))[-1][1] == value

    run(tmp_path, scenario)
    assert said.count("BEGIN") == 2
