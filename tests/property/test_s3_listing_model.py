"""Listings against a naive model: every page, in order, for any keys, prefix, delimiter and page size."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.clock import Clock, Ids
from penstock.services.s3 import S3
from penstock.services.s3.listing.keyspace import ObjectRow, Page, Position, start
from penstock.services.s3.prefixes import end_of
from penstock.store import SqliteStore, Statement

ADD = Statement.of("INSERT INTO s3_object VALUES (1, ?, ?, ?, ?, 0, '', 0, NULL, NULL, '{}')")

keys = st.text("ab/é\U0010ffff\x00", min_size=1, max_size=5)
histories = st.dictionaries(keys, st.lists(st.booleans(), min_size=1, max_size=3), max_size=12)
delimiters = st.sampled_from(["", "/", "a", "//", "b/"])


def rows_of(history: dict[str, list[bool]]) -> list[tuple[str, int, str, bool]]:
    """One row per version, newest first; True is a delete marker."""
    return [
        (key, -len(versions) + n, f"v{n}", marker)
        for key, versions in sorted(history.items())
        for n, marker in enumerate(versions)
    ]


def expected(
    rows: list[tuple[str, int, str, bool]], prefix: str, delimiter: str, *, versions: bool
) -> list[object]:
    """What a listing shows in all, computed by looking at every row."""
    shown: list[object] = []
    former = None
    for key, _, version, marker in rows:
        newest, former = key != former, key
        if not key.startswith(prefix) or (not versions and (marker or not newest)):
            continue
        rest = key[len(prefix) :]
        if delimiter and delimiter in rest:
            common = prefix + rest[: rest.index(delimiter) + len(delimiter)]
            if common not in shown:
                shown.append(common)
        else:
            shown.append((key, version))
    return shown


async def pages(
    store: SqliteStore, prefix: str, delimiter: str, limit: int, *, versions: bool
) -> list[list[object]]:
    """Every page, each continued from what the one before showed last."""
    found: list[list[object]] = []
    position = start("", prefix, delimiter)
    while True:
        page = Page(1, position, limit, prefix, delimiter, versions)
        while not page.done:
            await store.read(page.step)
        found.append([(e.key, e.version) if isinstance(e, ObjectRow) else e for e in page.entries])
        if not page.truncated:
            return found
        last = page.entries[-1]
        if versions and isinstance(last, ObjectRow):
            position = Position(last.key, last.ord)
        else:
            position = start(last if isinstance(last, str) else last.key, prefix, delimiter)


@settings(max_examples=150, deadline=None)
@given(histories, st.text("ab/é", max_size=2), delimiters, st.integers(1, 4), st.booleans())
def test_pages_show_every_entry_once_and_in_order(
    history: dict[str, list[bool]], prefix: str, delimiter: str, limit: int, versions: bool
) -> None:
    async def scenario(folder: Path) -> list[list[object]]:
        store = SqliteStore(folder / "db", [S3.room], durability="off", clock=Clock(), ids=Ids())
        try:
            await store.write(lambda tx: [tx.run(ADD, *row) for row in rows_of(history)])
            return await pages(store, prefix, delimiter, limit, versions=versions)
        finally:
            await store.close()

    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(scenario(Path(folder)))
    whole = expected(rows_of(history), prefix, delimiter, versions=versions)
    assert [entry for page in found for entry in page] == whole
    assert all(len(page) == limit for page in found[:-1])


@given(keys, keys)
def test_the_end_of_a_prefix_is_above_exactly_what_has_it_or_is_below(prefix: str, key: str) -> None:
    below = key.encode() < end_of(prefix).encode()
    assert below == (key.startswith(prefix) or key.encode() < prefix.encode())


def test_a_page_reads_little_of_a_large_bucket(tmp_path: Path) -> None:
    class Counting:
        """A read transaction that counts the rows it hands out."""

        rows = 0

        def __init__(self, tx: object) -> None:
            self.tx = tx

        def all(self, *query: object) -> list[object]:
            found: list[object] = self.tx.all(*query)  # type: ignore[attr-defined]
            Counting.rows += len(found)
            return found

    async def scenario() -> None:
        store = SqliteStore(tmp_path / "db", [S3.room], durability="off", clock=Clock(), ids=Ids())

        def fill(tx: object) -> None:
            for prefix in range(20):
                for n in range(2000):
                    tx.run(ADD, f"{prefix:02d}/{n:04d}", -1, "v", False)  # type: ignore[attr-defined]
            for n in range(5000):
                tx.run(ADD, "99", -n - 1, "v", False)  # type: ignore[attr-defined]

        await store.write(fill)
        page = Page(1, start("", "", "/"), 1000, "", "/")
        while not page.done:
            await store.read(lambda tx: page.step(Counting(tx)))  # type: ignore[arg-type]
        await store.close()
        assert len(page.entries) == 21
        assert Counting.rows < 500

    asyncio.run(scenario())
