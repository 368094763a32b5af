"""No statement of any room walks through a table or sorts one, unless its comment says why that is little."""

import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from penstock.app import SERVICES
from penstock.app.application import AUDIT_ROOM, DELIVERY_ROOM
from penstock.store import Room, queries
from penstock.store.migrations import migrate_sqlite

SOURCE = Path(__file__).parents[2] / "src" / "penstock"
ROOMS: list[Room] = [DELIVERY_ROOM, AUDIT_ROOM, *(service.room for service in SERVICES if service.room)]
KNOWN = {"find_files": "a backup reads the names of all files in one go"}
STATEMENTS = [
    pytest.param(
        statement.sqlite,
        path,
        statement.name,
        id=f"{path.parent.name}-{statement.name}",
        marks=[pytest.mark.xfail(reason=KNOWN[statement.name])] if statement.name in KNOWN else [],
    )
    for path in sorted(SOURCE.rglob("state.sql"))
    for statement in queries(".".join(path.parent.relative_to(SOURCE.parent).parts))
]
# Rows that the statement has made itself.
OWN = {
    "SCAN lane",
    "SCAN c",
    "SCAN e",
    "SCAN nearest",
    "SCAN returned",
    "SCAN fresh",
    "SCAN counted",
    "SCAN ahead",
    "SCAN json_each VIRTUAL TABLE INDEX 1:",
}
LITTLE = "-- Few: "


@cache
def database() -> sqlite3.Connection:
    """Returns a database with the tables of every room, empty: plans then follow from the indexes alone."""
    made = sqlite3.connect(":memory:", isolation_level=None)
    migrate_sqlite(made, ROOMS)
    return made


def walks(sql: str) -> Iterator[str]:
    """Yields the steps of the statement that take time with the size of a table.

    An index that has a condition of its own holds little: what is dropped, what runs.
    """
    for *_, step in database().execute(f"EXPLAIN QUERY PLAN {sql}", [None] * sql.count("?")):
        is_scan = step.startswith("SCAN") and step not in OWN and not set(step.split()) & partial_indexes()
        if is_scan or "TEMP B-TREE" in step:
            yield step


@cache
def partial_indexes() -> set[str]:
    rows = database().execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql LIKE '% WHERE %'")
    return {name for (name,) in rows}


def comment(path: Path, name: str) -> str:
    return path.read_text("utf-8").split(f"-- name: {name}\n", 1)[1].split("-- name: ", 1)[0]


@pytest.mark.parametrize(("sql", "path", "name"), STATEMENTS)
def test_no_statement_walks_through_a_table(sql: str, path: Path, name: str) -> None:
    walked = list(walks(sql))
    assert bool(walked) == (LITTLE in comment(path, name)), (
        walked or "its comment excuses a walk that is none"
    )


def test_the_test_sees_a_walk() -> None:
    assert list(walks("SELECT * FROM sqs_message WHERE body = ?")) == ["SCAN sqs_message"]
    assert list(walks("SELECT box FROM sqs_message")) != []
    assert list(walks("SELECT due_ms FROM sqs_message WHERE box = ? ORDER BY sent_ms")) != []


@pytest.mark.parametrize(
    ("sql", "path", "name"), [known for known in STATEMENTS if "RETURNING id" in known.values[0]]
)
def test_an_id_that_an_insert_gives_back_is_one_that_the_database_counts_up(
    sql: str, path: Path, name: str
) -> None:
    """SQLite is not asked for it as a row: see ``Statement.inserting``."""
    table = sql.split()[2]
    columns = {
        column: (kind, key)
        for _, column, kind, _, _, key in database().execute(f"PRAGMA table_info({table})")
    }
    assert columns["id"] == ("INTEGER", 1)
    assert (
        "WITHOUT ROWID"
        not in database().execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()[0]
    )
