"""Whatever mix of functions shares commits, exactly the succeeding ones leave something behind."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.clock import Clock, Ids
from penstock.store import Room, SqliteStore, Tx

ROOM = Room("toy", "tests.toyroom")
ADD = "INSERT INTO toy (id, value) VALUES (?, ?) RETURNING id"
ALL = "SELECT id, value FROM toy ORDER BY id"

Step = tuple[bool, int, int]
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 2)), max_size=40)


class Refused(Exception):
    """What a failing function raises."""


def _function(tx: Tx, number: int, fails: bool, rows: int) -> int:
    for row in range(rows):
        tx.run(ADD, number * 10 + row, f"{number}")
    tx.emit(number)
    if fails:
        raise Refused(number)
    return number


def _record(tx: Tx, changes: list[int]) -> None:
    for number in changes:
        tx.run(ADD, -1 - number, "recorded")


async def _play(plan: list[Step], folder: Path) -> tuple[list[object], list[tuple[int, str]]]:
    store = SqliteStore(folder / "toy.db", [ROOM], durability="full", clock=Clock(), ids=Ids())
    store.recorder = _record
    pending = []
    for number, (fails, rows, pause) in enumerate(plan):
        pending.append(asyncio.ensure_future(store.write(_function, number, fails, rows)))
        for _ in range(pause):
            await asyncio.sleep(0)
    results = await asyncio.gather(*pending, return_exceptions=True)
    rows = await store.read(lambda tx: tx.all(ALL))
    await store.close()
    reopened = SqliteStore(folder / "toy.db", [ROOM], durability="full", clock=Clock(), ids=Ids())
    assert await reopened.read(lambda tx: tx.all(ALL)) == rows
    await reopened.close()
    return results, rows


@settings(max_examples=40, deadline=None, derandomize=True)
@given(steps)
def test_exactly_the_succeeding_functions_are_stored(plan: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        results, rows = asyncio.run(_play(plan, Path(folder)))
    expected = [
        (number * 10 + row, f"{number}")
        for number, (fails, count, _) in enumerate(plan)
        if not fails
        for row in range(count)
    ]
    recorded = [(-1 - number, "recorded") for number, (fails, _, _) in enumerate(plan) if not fails]
    assert rows == sorted(expected + recorded)
    for number, ((fails, _, _), result) in enumerate(zip(plan, results, strict=True)):
        assert isinstance(result, Refused) if fails else result == number
