"""What a store promises about writes and reads, on every database."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from penstock.errors import AwsError, StoreDefect
from penstock.store import ReadTx, Row, Statement, Store, Tx
from tests.stores.backends import ADD, ADD_NEXT, ALL, GET, SET, Backend, change, look

COUNT = Statement.of("SELECT count(*), sum(id) FROM toy")
ADD_THING = Statement.of("INSERT INTO thing (flag, amount, data, note) VALUES (?, ?, ?, ?) RETURNING id")
THINGS = Statement.of("SELECT id, flag, amount, data, note FROM thing ORDER BY id")
PUT = Statement.of(
    "INSERT INTO toy (id, value) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value"
)
TEXTS = (
    "",
    "A",
    "B",
    "a",
    "b",
    "a\x00",
    "a\x00b",
    "a\x01",
    "a\x02",
    "é",
    "z",
    "\ue000",
    "\U0001f600",
    "a b",
    "a%b?",
)


def run(backend: Backend, scenario: Callable[[Store], Awaitable[None]]) -> None:
    """Plays ``scenario`` on a store, which is closed in the end."""

    async def main() -> None:
        store = backend.open()
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


def everything(tx: ReadTx) -> list[Row]:
    return tx.all(ALL)


def test_what_was_written_is_there_in_the_next_store(backend: Backend) -> None:
    async def write(store: Store) -> None:
        assert await store.write(lambda tx: tx.insert(ADD, 7, "x")) == 7

    async def find(store: Store) -> None:
        assert await store.read(everything) == [(7, "x")]

    run(backend, write)
    run(backend, find)


def test_functions_that_fail_leave_nothing_and_hurt_no_neighbour(backend: Backend) -> None:
    def function(tx: Tx, number: int) -> int:
        tx.run(ADD, number, "x")
        if number % 3 == 0:
            raise AwsError("No", str(number))
        return number

    async def scenario(store: Store) -> None:
        results = await asyncio.gather(*(store.write(function, n) for n in range(30)), return_exceptions=True)
        kept = [n for n in range(30) if n % 3]
        assert [result for result in results if not isinstance(result, AwsError)] == kept
        assert [id for id, _ in await store.read(everything)] == kept

    run(backend, scenario)


def test_changes_are_recorded_in_the_transaction_that_emits_them(backend: Backend) -> None:
    def record(tx: Tx, changes: list[int]) -> None:
        for number in changes:
            tx.run(ADD, -number, "recorded")

    def emit(tx: Tx, number: int, fail: bool) -> None:
        tx.run(ADD, number, "x")
        tx.emit(number)
        if fail:
            raise AwsError("No")

    async def scenario(store: Store) -> None:
        store.recorder = record
        await asyncio.gather(*(store.write(emit, n, n == 2) for n in (1, 2, 3)), return_exceptions=True)
        assert [id for id, _ in await store.read(everything)] == [-3, -1, 1, 3]

    run(backend, scenario)


def test_a_read_holds_every_write_that_has_returned(backend: Backend) -> None:
    async def one(store: Store, number: int) -> None:
        await store.write(lambda tx: tx.run(ADD, number, "x"))
        assert await store.read(lambda tx: tx.one(GET, number)) == ("x",)

    async def scenario(store: Store) -> None:
        await asyncio.gather(*(one(store, number) for number in range(40)))

    run(backend, scenario)


def test_a_read_sees_one_moment(backend: Backend) -> None:
    def move(tx: Tx, amount: int) -> None:
        for id, sign in ((1, -1), (2, 1)):
            (value,) = tx.one(GET, id) or ("",)
            tx.run(SET, str(int(value) + sign * amount), id)

    def total(tx: ReadTx) -> int:
        first = int((tx.one(GET, 1) or ("",))[0])
        time.sleep(0.002)  # on a store that reads in threads, writes get their chance
        return first + int((tx.one(GET, 2) or ("",))[0])

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: [tx.run(ADD, id, "100") for id in (1, 2)])
        moves = [store.write(move, amount) for amount in range(20)]
        looks = [store.read(total) for _ in range(20)]
        results = await asyncio.gather(*moves, *looks)
        assert results[20:] == [200] * 20

    run(backend, scenario)


def test_no_increment_is_lost_when_many_write_one_row(backend: Backend) -> None:
    def increment(tx: Tx) -> int:
        (value,) = tx.one(GET, 1) or ("0",)
        tx.run(PUT, 1, str(int(value) + 1))
        return int(value)

    async def scenario(store: Store) -> None:
        seen = await asyncio.gather(*(store.write(increment) for _ in range(60)))
        assert sorted(seen) == list(range(60))
        assert await store.read(lambda tx: tx.one(GET, 1)) == ("60",)

    run(backend, scenario)


def test_transactions_that_read_what_the_other_writes_behave_as_if_one_after_the_other(
    backend: Backend,
) -> None:
    def write_skew(tx: Tx, mine: int, others: int) -> None:
        if tx.one(GET, others) is None:
            tx.run(ADD, mine, "only me")

    async def scenario(store: Store) -> None:
        for pair in range(0, 40, 2):
            await asyncio.gather(
                store.write(write_skew, pair, pair + 1), store.write(write_skew, pair + 1, pair)
            )
        assert len(await store.read(everything)) == 20

    run(backend, scenario)


def test_callbacks_run_on_the_loop_once_for_functions_that_succeed(backend: Backend) -> None:
    ran: list[tuple[str, asyncio.AbstractEventLoop]] = []

    def note(text: str) -> None:
        ran.append((text, asyncio.get_running_loop()))

    def function(tx: Tx, text: str, fail: bool) -> None:
        tx.run(ADD_NEXT, text)
        tx.after_commit(lambda: note(text))
        if fail:
            raise ValueError

    async def scenario(store: Store) -> None:
        await asyncio.gather(
            *(store.write(function, text, text == "bad") for text in ("one", "bad", "two")),
            return_exceptions=True,
        )
        assert sorted(ran) == [("one", asyncio.get_running_loop()), ("two", asyncio.get_running_loop())]

    run(backend, scenario)


def test_a_callback_that_raises_keeps_nobody_waiting(
    backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    ran = asyncio.Event()

    def spoil(tx: Tx) -> None:
        tx.after_commit(lambda: 1 // 0)
        tx.after_commit(ran.set)

    async def scenario(store: Store) -> None:
        await store.write(spoil)
        async with asyncio.timeout(10):
            await ran.wait()
            await asyncio.gather(*(store.write(lambda tx, n: tx.run(ADD, n, "x"), n) for n in range(5)))

    run(backend, scenario)
    assert "ZeroDivisionError" in caplog.text


def test_a_value_is_cached_until_the_transaction_that_forgets_it(backend: Backend) -> None:
    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "old"))
        assert await store.read(look) == "old"
        writing = asyncio.ensure_future(store.write(change, "new"))
        while not writing.done():  # a reader meanwhile loads what is still committed
            await store.read(look)
            await asyncio.sleep(0)
        assert await store.read(look) == "new"

    run(backend, scenario)


def test_a_cached_value_is_loaded_once(backend: Backend) -> None:
    loads: list[int] = []

    def count(tx: ReadTx, id: int) -> int:
        loads.append(id)
        return id

    async def scenario(store: Store) -> None:
        for _ in range(3):
            await store.read(lambda tx: tx.cached("counted", 1, count))
            await store.write(lambda tx: tx.cached("counted", 2, count))

    run(backend, scenario)
    assert loads == [1, 2]


def test_a_function_sees_at_once_what_it_has_forgotten_and_nobody_does_when_it_fails(
    backend: Backend,
) -> None:
    def change_then_fail(tx: Tx) -> None:
        change(tx, "never")
        assert look(tx) == "never"
        raise ValueError

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "old"))
        with pytest.raises(ValueError):
            await store.write(change_then_fail)
        assert await store.read(look) == "old"

    run(backend, scenario)


def test_a_neighbour_that_fails_takes_no_forgotten_value_back(backend: Backend) -> None:
    def fail(tx: Tx) -> None:
        change(tx, "never")
        look(tx)
        raise ValueError

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "old"))
        await store.read(look)
        await asyncio.gather(store.write(change, "new"), store.write(fail), return_exceptions=True)
        assert await store.read(look) == "new"

    run(backend, scenario)


def test_a_decision_from_a_cached_value_never_meets_its_change_half_way(backend: Backend) -> None:
    def close(tx: Tx) -> int:
        (count, _) = tx.one(COUNT) or (0, 0)
        change(tx, "closed")
        return int(count) - 1

    def enter(tx: Tx, number: int) -> None:
        if look(tx) == "open":
            tx.run(ADD, number, "in")

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "open"))
        await store.read(look)
        entering = [store.write(enter, number) for number in range(2, 30)]
        entering.insert(14, store.write(close))
        results = await asyncio.gather(*entering)
        assert len(await store.read(everything)) - 1 == results[14]

    run(backend, scenario)


def test_keys_that_the_database_gives_are_unique_and_come_back(backend: Backend) -> None:
    async def scenario(store: Store) -> None:
        ids = await asyncio.gather(*(store.write(lambda tx: tx.insert(ADD_NEXT, "x")) for _ in range(20)))
        assert len(set(ids)) == 20
        assert [id for id, _ in await store.read(everything)] == sorted(ids)

    run(backend, scenario)


def test_rows_changed_are_counted(backend: Backend) -> None:
    def count(tx: Tx) -> tuple[int, int, int]:
        return tx.run(PUT, 1, "x"), tx.run(SET, "y", 1), tx.run(SET, "y", 2)

    async def scenario(store: Store) -> None:
        assert await store.write(count) == (1, 1, 0)

    run(backend, scenario)


def test_values_come_back_as_they_went_in(backend: Backend) -> None:
    rows = [
        (1, 2**63 - 1, bytes(range(256)), "é\U0001f600"),
        (0, -(2**63), b"", ""),
        (1, 0, None, None),
    ]

    def put(tx: Tx) -> None:
        for flag, amount, data, note in rows:
            tx.insert(ADD_THING, bool(flag), amount, data, note)

    async def scenario(store: Store) -> None:
        await store.write(put)
        found = await store.read(lambda tx: tx.all(THINGS))
        assert [row[1:] for row in found] == rows
        assert all(type(row[3]) in (bytes, type(None)) for row in found)

    run(backend, scenario)


def test_sums_are_integers(backend: Backend) -> None:
    async def scenario(store: Store) -> None:
        await store.write(lambda tx: [tx.run(ADD, n, "x") for n in (2**62, 1)])
        found = await store.read(lambda tx: tx.one(COUNT))
        assert found == (2, 2**62 + 1)
        assert [type(value) for value in found or ()] == [int, int]

    run(backend, scenario)


def test_text_is_in_the_order_of_its_bytes(backend: Backend) -> None:
    by_value = Statement.of("SELECT value FROM toy ORDER BY value")
    above = Statement.of("SELECT value FROM toy WHERE value > ? ORDER BY value")

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: [tx.insert(ADD_NEXT, text) for text in TEXTS])
        expected = sorted(TEXTS, key=str.encode)
        assert [text for (text,) in await store.read(lambda tx: tx.all(by_value))] == expected
        found = await store.read(lambda tx: tx.all(above, "a\x00"))
        assert [text for (text,) in found] == expected[expected.index("a\x00") + 1 :]

    run(backend, scenario)


@pytest.mark.parametrize(
    "statement",
    [Statement.of("SELECT nothing FROM nowhere"), Statement.of("SELEC"), ADD],
    ids=["no such table", "no statement", "a key twice"],
)
def test_a_statement_that_cannot_be_is_a_defect_for_its_caller_alone(
    backend: Backend, statement: Statement
) -> None:
    params: tuple[object, ...] = (1, "again") if statement is ADD else ()

    def broken(tx: Tx) -> None:
        tx.run(SET, "never", 1)
        tx.run(statement, *params)

    async def scenario(store: Store) -> None:
        await store.write(lambda tx: tx.run(ADD, 1, "x"))
        results = await asyncio.gather(
            store.write(broken), store.write(lambda tx: tx.run(ADD, 2, "y")), return_exceptions=True
        )
        assert isinstance(results[0], StoreDefect)
        assert await store.read(everything) == [(1, "x"), (2, "y")]

    run(backend, scenario)


def test_a_read_that_cannot_be_is_a_defect_and_the_next_one_is_served(backend: Backend) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(StoreDefect):
            await store.read(lambda tx: tx.all(Statement.of("SELECT nothing FROM nowhere")))
        assert await store.read(everything) == []

    run(backend, scenario)


def test_a_caller_that_goes_away_stops_nothing(backend: Backend) -> None:
    async def scenario(store: Store) -> None:
        writing = asyncio.ensure_future(store.write(lambda tx: tx.run(ADD, 1, "x")))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await store.write(lambda tx: tx.run(ADD, 2, "y"))
        assert [id for id, _ in await store.read(everything)] in ([1, 2], [2])

    run(backend, scenario)


def test_flushed_returns_when_what_was_written_before_is_durable(backend: Backend) -> None:
    async def scenario(store: Store) -> None:
        writing = [asyncio.ensure_future(store.write(lambda tx: tx.insert(ADD_NEXT, "x"))) for _ in range(10)]
        await asyncio.sleep(0)
        await store.flushed()
        assert all(write.done() for write in writing)

    run(backend, scenario)
