"""What PostgreSQL does besides: who may have it, and how it fails."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import psycopg
import pytest

from penstock.clock import Clock, Ids
from penstock.errors import CommitUnknown, StartError, StoreUnavailable
from penstock.store import ReadTx, Statement, Store, Tx, open_store
from penstock.store.postgresql import session
from tests.kit.postgresql import make_database
from tests.stores.backends import ADD, ADD_NEXT, ALL, TOY, Postgresql, change, look

DIE = Statement.of("SELECT pg_terminate_backend(pg_backend_pid())")
DIE_AT_COMMIT = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER die AFTER INSERT ON toy DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.value = 'die') EXECUTE FUNCTION die();
"""


@pytest.fixture
def backend(database: str, tmp_path: Path) -> Postgresql:
    """An empty database."""
    return Postgresql(database, tmp_path)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that does not wait for a former process to end."""
    monkeypatch.setattr(session, "_PATIENCE_MS", 50)


def run(backend: Postgresql, scenario: Callable[[Store], Awaitable[None]]) -> None:
    """Plays ``scenario`` on a store, which is closed in the end."""

    async def main() -> None:
        store = backend.open()
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


def sql(backend: Postgresql, statements: str) -> None:
    """Runs statements from outside."""
    with psycopg.connect(backend.url, autocommit=True) as connection:
        connection.execute(statements.encode())


@pytest.mark.usefixtures("impatient")
def test_a_second_process_is_refused(backend: Postgresql) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(StartError, match="in use by another Penstock"):
            await asyncio.to_thread(backend.open)

    run(backend, scenario)
    run(backend, lambda store: store.flushed())


@pytest.mark.usefixtures("impatient")
def test_a_process_that_lost_its_lock_keeps_a_second_one_out_while_it_can_still_write(
    backend: Postgresql,
) -> None:
    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "x"))
        owner = store._ownership.connection.info.backend_pid  # type: ignore[attr-defined]
        await asyncio.to_thread(sql, backend, f"SELECT pg_terminate_backend({owner}, 5000)")
        with pytest.raises(StartError, match="in use by another Penstock"):
            await asyncio.to_thread(backend.open)

    run(backend, scenario)


def test_a_process_that_lost_its_lock_ends_when_it_wants_another_connection(backend: Postgresql) -> None:
    told = asyncio.Event()

    async def scenario(store: Store) -> None:
        store.on_lost = told.set
        owner = store._ownership.connection.info.backend_pid  # type: ignore[attr-defined]
        await asyncio.to_thread(sql, backend, f"SELECT pg_terminate_backend({owner}, 5000)")
        with pytest.raises(StoreUnavailable):
            await store.write(lambda tx: tx.run(ADD, 1, "never"))
        assert told.is_set()
        with pytest.raises(StoreUnavailable, match="has ended"):
            await store.write(lambda tx: tx.run(ADD, 2, "never"))

    run(backend, scenario)


def test_another_data_directory_is_refused_and_so_is_another_database(
    backend: Postgresql, tmp_path: Path
) -> None:
    run(backend, lambda store: store.flushed())
    other = tmp_path / "other"
    other.mkdir()
    for url, folder in ((backend.url, other), (make_database(), tmp_path)):
        with pytest.raises(StartError, match="do not belong together"):
            open_store(url, folder, [TOY], durability="full", clock=Clock(), ids=Ids())


def test_a_data_directory_never_changes_its_kind_of_store(backend: Postgresql, tmp_path: Path) -> None:
    run(backend, lambda store: store.flushed())
    with pytest.raises(StartError, match="belongs to a PostgreSQL database"):
        open_store("", tmp_path, [TOY], durability="full", clock=Clock(), ids=Ids())
    (tmp_path / "database").unlink()
    (tmp_path / "penstock.db").touch()
    with pytest.raises(StartError, match="holds a SQLite store"):
        backend.open()


def test_a_start_that_was_cut_off_after_its_first_mark_is_taken_up(
    backend: Postgresql, tmp_path: Path
) -> None:
    sql(backend, "CREATE TABLE data_directory (id TEXT NOT NULL)")
    sql(backend, "INSERT INTO data_directory VALUES ('marked')")
    run(backend, lambda store: store.flushed())
    assert (tmp_path / "database").read_text() == "marked"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://x", "store must be empty"),
        ("postgresql://localhost:1/none?connect_timeout=2", "cannot open the database"),
    ],
)
def test_a_store_that_is_not_there_is_a_reason_not_to_start(url: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(StartError, match=reason):
        open_store(url, tmp_path, [TOY], durability="full", clock=Clock(), ids=Ids())


def test_a_commit_whose_outcome_is_unknown_ends_all_writing(backend: Postgresql) -> None:
    told = asyncio.Event()

    async def scenario(store: Store) -> None:
        store.on_lost = told.set
        await asyncio.to_thread(sql, backend, DIE_AT_COMMIT)
        with pytest.raises(CommitUnknown):
            await store.write(lambda tx: tx.run(ADD, 1, "die"))
        assert told.is_set()
        with pytest.raises(StoreUnavailable, match="has ended"):
            await store.write(lambda tx: tx.run(ADD, 2, "never"))

    run(backend, scenario)


def test_a_connection_that_breaks_before_the_commit_fails_one_write_and_is_made_anew(
    backend: Postgresql,
) -> None:
    def broken(tx: Tx) -> None:
        tx.run(ADD, 1, "never")
        tx.one(DIE)

    async def scenario(store: Store) -> None:
        with pytest.raises(StoreUnavailable):
            await store.write(broken)
        with pytest.raises(StoreUnavailable):
            await store.read(lambda tx: tx.one(DIE))
        for _ in range(20):
            await store.write(lambda tx: tx.insert(ADD_NEXT, "x"))
            await store.read(lambda tx: tx.all(ALL))

    run(backend, scenario)


def test_a_function_that_goes_on_after_a_statement_failed_is_not_taken_for_committed(
    backend: Postgresql,
) -> None:
    def swallow(tx: Tx) -> None:
        tx.run(ADD, 1, "never")
        try:
            tx.one(Statement.of("SELECT nothing FROM nowhere"))
        except psycopg.Error:
            return

    async def scenario(store: Store) -> None:
        with pytest.raises(Exception, match="went on after"):
            await store.write(swallow)
        assert await store.read(lambda tx: tx.all(ALL)) == []

    run(backend, scenario)


def test_what_the_caches_hold_is_read_on_the_event_loop(backend: Postgresql) -> None:
    def where(tx: ReadTx) -> threading.Thread:
        look(tx)
        return threading.current_thread()

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "x"))
        assert await store.read(where) is not threading.main_thread()
        assert await store.read(where) is threading.main_thread()

    run(backend, scenario)


def test_a_value_from_an_old_snapshot_is_not_published_after_a_commit_forgot_it(backend: Postgresql) -> None:
    loaded, go_on = threading.Event(), threading.Event()

    def slow(tx: ReadTx) -> str | None:
        found = look(tx)
        loaded.set()
        assert go_on.wait(10)
        return found

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "old"))
        reading = asyncio.ensure_future(store.read(slow))
        await asyncio.to_thread(loaded.wait, 10)
        await store.write(change, "new")
        go_on.set()
        assert await reading == "old"
        assert await store.read(look) == "new"

    run(backend, scenario)


def test_functions_that_always_meet_are_run_alone_in_the_end(backend: Postgresql) -> None:
    count = Statement.of("SELECT count(*) FROM toy")

    def append(tx: Tx) -> None:
        (rows,) = tx.one(count) or (0,)
        tx.run(ADD, rows, "x")

    async def scenario(store: Store) -> None:
        await asyncio.gather(*(store.write(append) for _ in range(40)))
        assert [id for id, _ in await store.read(lambda tx: tx.all(ALL))] == list(range(40))

    run(backend, scenario)
