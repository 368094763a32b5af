"""Whatever mix of functions shares commits, exactly the succeeding ones leave something behind."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.store import Row, Statement, Tx
from tests.stores.backends import ADD, ALL, Backend

CLEAR = Statement.of("DELETE FROM toy")

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


async def _play(plan: list[Step], backend: Backend) -> tuple[list[object], list[Row]]:
    store = backend.open()
    store.recorder = _record
    await store.write(lambda tx: tx.run(CLEAR))
    pending = []
    for number, (fails, rows, pause) in enumerate(plan):
        pending.append(asyncio.ensure_future(store.write(_function, number, fails, rows)))
        for _ in range(pause):
            await asyncio.sleep(0)
    results = await asyncio.gather(*pending, return_exceptions=True)
    found = await store.read(lambda tx: tx.all(ALL))
    await store.close()
    reopened = backend.open()
    assert await reopened.read(lambda tx: tx.all(ALL)) == found
    await reopened.close()
    return results, found


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(plan=steps)
def test_exactly_the_succeeding_functions_are_stored(backend: Backend, plan: list[Step]) -> None:
    results, rows = asyncio.run(_play(plan, backend))
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
