"""Finds the event whose message has an id.

A message that is written with its event has no row here and no index: that would cost each event something, and a
person asks once in a while. So the ledger is read from its newest end, some rows at a time, and others go between.
"""

from penstock.store import ReadTx, Statement, Store, queries

Q = queries("penstock.delivery")

STEP = 4000
"""Rows that one read looks at: a few milliseconds."""

_END = 2**62
_MAX_ATTEMPTS = 32  # as many as a lineage counts


async def event_of_message(store: Store, message_id: str) -> int | None:
    """Returns the number of the event that the message (or invocation) goes back to, None when none is recorded.

    ``message_id`` has no wildcards of SQL.
    """
    if (found := await _search(store, Q.find_event_of_message, f'%"{message_id}"%')) is not None:
        return int(found)
    if (found := await _search(store, Q.find_delivery_of_message, message_id)) is not None:
        return await store.read(_event_of_delivery, int(found))
    cause = await _search(store, Q.find_cause_of_message, message_id)
    return None if cause is None else await store.read(event_of_span, str(cause))


def _event_of_delivery(tx: ReadTx, id: int) -> int | None:
    event, cause = tx.one(Q.find_source_of_delivery, id) or (None, None)
    return event_of_span(tx, cause) if event is None and cause is not None else event


def event_of_span(tx: ReadTx, span: str) -> int | None:
    """Returns the number of the event that the span goes back to, through the attempts before it; None: to none."""
    for _ in range(_MAX_ATTEMPTS):
        row = tx.one(Q.find_origin_of_attempt, span)
        if row is None:
            number = int(span, 16)
            return number if number < _END and tx.one(Q.find_event, number) else None
        id, event, cause = row
        if event is not None:
            return int(event)
        if cause is not None:
            span = cause
            continue
        causes = tx.all(Q.find_causes_of_attempt, id, 1)
        if not causes:
            return None
        span = causes[0][0]
    return None


async def _search(store: Store, statement: Statement, wanted: str) -> int | str | None:
    before: int | None = _END
    while before is not None:
        before, found = await store.read(_look, statement, wanted, before)
        if found is not None:
            return found
    return None


def _look(tx: ReadTx, statement: Statement, wanted: str, before: int) -> tuple[int | None, int | str | None]:
    ((last, found),) = tx.all(statement, wanted, before, STEP)
    return last, found
