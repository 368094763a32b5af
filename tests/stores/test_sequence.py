"""The numbers of a key's events grow in the order of their commits."""

import asyncio
from collections.abc import Sequence

from penstock.store import ReadTx, Room, Statement, Tx, queries
from tests.stores.backends import TOY, Backend

ROOMS: Sequence[Room] = (Room("delivery", "penstock.delivery"), TOY)
Q = queries("penstock.delivery")
NUMBERS = Statement.of("SELECT seq FROM event WHERE bucket = 'b' AND key = ? ORDER BY seq")


def change(tx: Tx, key: str) -> None:
    """Enters an event and nothing else: no other row makes the transactions of a key meet."""
    seq = tx.draw(Q.draw_seq, "b", key)
    tx.run(Q.add_event, seq, "b", key, 0, None, None, "{}", None)


def numbers(tx: ReadTx, key: str) -> list[int]:
    return [seq for (seq,) in tx.all(NUMBERS, key)]


def test_no_event_appears_below_one_that_was_there_before(backend: Backend) -> None:
    async def watch(store: object, key: str, writing: Sequence[asyncio.Future[None]]) -> None:
        before: list[int] = []
        while not all(write.done() for write in writing):
            now = await store.read(numbers, key)  # type: ignore[attr-defined]
            assert now[: len(before)] == before
            before = now
            await asyncio.sleep(0)

    async def scenario() -> None:
        store = backend.open(ROOMS)
        try:
            keys = ["a", "b"] * 20
            writing = [asyncio.ensure_future(store.write(change, key)) for key in keys]
            await asyncio.gather(watch(store, "a", writing), watch(store, "b", writing), *writing)
            found = [await store.read(numbers, key) for key in ("a", "b")]
            assert [len(each) for each in found] == [20, 20]
            assert len({*found[0], *found[1]}) == 40
        finally:
            await store.close()

    asyncio.run(scenario())


def test_a_function_that_fails_after_it_has_drawn_a_number_leaves_the_others_theirs(backend: Backend) -> None:
    def fail(tx: Tx) -> None:
        change(tx, "a")
        raise LookupError

    async def scenario() -> None:
        store = backend.open(ROOMS)
        try:
            writing = [store.write(change, "a"), store.write(fail), store.write(change, "a")]
            assert [type(found) for found in await asyncio.gather(*writing, return_exceptions=True)] == [
                type(None),
                LookupError,
                type(None),
            ]
            await store.write(change, "a")
            found = await store.read(numbers, "a")
            assert len(set(found)) == 3
        finally:
            await store.close()

    asyncio.run(scenario())
