"""Finds the event whose message has an id.

A message that is written with its event has no row here and no index: that would cost each event something, and a
person asks once in a while. So the ledger is read from its newest end, some rows at a time, and others go between.
"""

from penstock.store import ReadTx, Statement, Store, queries

Q = queries(__package__)

STEP = 4000
"""Rows that one read looks at: a few milliseconds."""

_END = 2**62


async def event_of_message(store: Store, message_id: str) -> int | None:
    """Returns the number of the event that the message (or invocation) goes back to, None when none is recorded.

    ``message_id`` has no wildcards of SQL.
    """
    found = await _search(store, Q.find_event_of_message, f'%"{message_id}"%')
    return found if found is not None else await _search(store, Q.find_delivery_of_message, message_id)


async def _search(store: Store, statement: Statement, wanted: str) -> int | None:
    before: int | None = _END
    while before is not None:
        before, found = await store.read(_look, statement, wanted, before)
        if found is not None:
            return found
    return None


def _look(tx: ReadTx, statement: Statement, wanted: str, before: int) -> tuple[int | None, int | None]:
    ((last, found),) = tx.all(statement, wanted, before, STEP)
    return last, found
