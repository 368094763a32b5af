"""Tables are brought up to date room by room; what a newer Penstock has written is left alone."""

import asyncio
import sys
from pathlib import Path

import pytest

from penstock.errors import StartError
from penstock.store import Room, Statement
from tests.stores.backends import TOY, Backend

STEPS = Statement.of("SELECT room, number FROM migration ORDER BY room, number")


def do(backend: Backend, sql: str, *params: object) -> None:
    """Runs one statement on what is there."""

    async def main() -> None:
        store = backend.open()
        await store.write(lambda tx: tx.run(Statement.of(sql), *params))
        await store.close()

    asyncio.run(main())


def steps(backend: Backend) -> list[tuple[object, ...]]:
    async def main() -> list[tuple[object, ...]]:
        store = backend.open()
        try:
            return await store.read(lambda tx: tx.all(STEPS))
        finally:
            await store.close()

    return asyncio.run(main())


def test_each_migration_runs_once_however_often_a_store_is_opened(backend: Backend) -> None:
    assert steps(backend) == steps(backend) == [("toy", 1), ("toy", 2)]


@pytest.mark.parametrize(("room", "number"), [("toy", 99), ("room of the future", 1)])
def test_data_of_a_newer_release_are_refused_by_room_and_number(
    backend: Backend, room: str, number: int
) -> None:
    do(backend, "INSERT INTO migration (room, number, name) VALUES (?, ?, 'later')", room, number)
    with pytest.raises(StartError, match=rf"newer Penstock \(migration {room} {number}\)"):
        backend.open()


def test_a_migration_that_fails_leaves_nothing_of_itself(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "brokenroom"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    first = "CREATE TABLE half (id INTEGER PRIMARY KEY);"
    (package / "migrations" / "0001_half.sql").write_text(f"{first} INSERT INTO nowhere VALUES (1);")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "brokenroom", raising=False)
    rooms = [TOY, Room("broken", "brokenroom")]
    with pytest.raises(StartError, match="nowhere"):
        backend.open(rooms)
    (package / "migrations" / "0001_half.sql").write_text(first)

    async def open_again() -> None:
        await backend.open(rooms).close()

    asyncio.run(open_again())
