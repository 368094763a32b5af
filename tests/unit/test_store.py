"""The store: durability, snapshots, caches, migrations, lock, bodies."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from penstock.clock import Clock, Ids
from penstock.errors import StartError
from penstock.store import Bodies, DataLock, ReadTx, Room, SqliteStore, Tx

ROOM = Room("toy", "tests.toyroom")
ADD = "INSERT INTO toy (id, value) VALUES (?, ?) RETURNING id"
GET = "SELECT value FROM toy WHERE id = ?"
SET = "UPDATE toy SET value = ? WHERE id = ?"


def run(folder: Path, scenario: Callable[[SqliteStore], Awaitable[None]]) -> None:
    async def main() -> None:
        store = SqliteStore(folder / "toy.db", [ROOM], durability="full", clock=Clock(), ids=Ids())
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


def test_functions_that_arrive_together_share_a_commit(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        await asyncio.gather(*(store.write(lambda tx, n: tx.run(ADD, n, "x"), n) for n in range(50)))
        assert store.commits < 10

    run(tmp_path, scenario)


def test_after_commit_runs_only_for_functions_that_succeed(tmp_path: Path) -> None:
    ran: list[str] = []

    def good(tx: Tx) -> None:
        tx.after_commit(lambda: ran.append("good"))

    def bad(tx: Tx) -> None:
        tx.after_commit(lambda: ran.append("bad"))
        raise ValueError

    async def scenario(store: SqliteStore) -> None:
        await asyncio.gather(store.write(good), store.write(bad), return_exceptions=True)

    run(tmp_path, scenario)
    assert ran == ["good"]


def test_a_cached_value_changes_with_the_transaction_that_forgets_it(tmp_path: Path) -> None:
    def load(tx: ReadTx, id: int) -> str | None:
        row = tx.one(GET, id)
        return row[0] if row else None

    def look(tx: ReadTx) -> str | None:
        return tx.cached("toy", 1, load)

    def change(tx: Tx, value: str) -> None:
        tx.run(SET, value, 1)
        tx.forget("toy", 1)

    async def scenario(store: SqliteStore) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "old"))
        assert await store.read(look) == "old"
        writing = asyncio.ensure_future(store.write(change, "new"))
        while not writing.done():  # a reader meanwhile loads what is still committed
            await store.read(look)
            await asyncio.sleep(0)
        assert await store.read(look) == "new"

    run(tmp_path, scenario)


def test_a_rollback_takes_cached_values_with_it(tmp_path: Path) -> None:
    def load(tx: ReadTx, id: int) -> str | None:
        row = tx.one(GET, id)
        return row[0] if row else None

    def change_then_fail(tx: Tx) -> None:
        tx.run(ADD, 1, "never")
        tx.forget("toy", 1)
        assert tx.cached("toy", 1, load) == "never"
        raise ValueError

    async def scenario(store: SqliteStore) -> None:
        with pytest.raises(ValueError):
            await store.write(change_then_fail)
        assert await store.read(lambda tx: tx.cached("toy", 1, load)) is None

    run(tmp_path, scenario)


def test_a_second_process_is_refused_by_name(tmp_path: Path) -> None:
    lock = DataLock(tmp_path)
    with pytest.raises(StartError, match=r"in use by another Penstock \(process \d+\)"):
        DataLock(tmp_path)
    lock.release()
    DataLock(tmp_path).release()


def test_data_of_a_newer_release_are_refused(tmp_path: Path) -> None:
    async def scenario(store: SqliteStore) -> None:
        await store.write(lambda tx: tx.run("INSERT INTO migration VALUES ('toy', 99, 'from the future')"))

    run(tmp_path, scenario)
    with pytest.raises(StartError, match="newer Penstock"):
        SqliteStore(tmp_path / "toy.db", [ROOM], durability="full", clock=Clock(), ids=Ids())


def test_sweep_removes_files_that_no_row_names(tmp_path: Path) -> None:
    bodies = Bodies(tmp_path / "bodies", Ids(), fsync=True)
    kept, orphan, half = bodies.stage(), bodies.stage(), bodies.stage()
    for body in (kept, orphan, half):
        body.write(b"bytes of " + body.ref.encode())
    kept.seal()
    orphan.seal()
    assert bodies.sweep(lambda refs: {kept.ref} & set(refs)) == 2
    assert bodies.path(kept.ref).read_bytes() == b"bytes of " + kept.ref.encode()
    assert [path for path in (tmp_path / "bodies").rglob("*") if path.is_file()] == [bodies.path(kept.ref)]


def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    body = Bodies(tmp_path / "bodies", Ids(), fsync=True).stage()
    body.write(b"secret")
    body.seal()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600]
