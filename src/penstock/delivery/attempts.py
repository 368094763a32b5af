"""Tries, as the ledger keeps them."""

import orjson

from penstock.delivery.job import Attempt
from penstock.delivery.trace_header import parent_of
from penstock.store import Tx, queries

Q = queries(__package__)


def record_attempt(
    tx: Tx, *, arn: str, span: str, causes: list[str], started_ms: int, attempt: Attempt
) -> None:
    """Enters what became of a message or an invocation that is no delivery of ours any more.

    ``causes`` are the trace headers of what it was given.
    """
    id = add_attempt(tx, None, arn, span, started_ms, attempt)
    for cause in {parent for header in causes if (parent := parent_of(header))}:
        tx.run(Q.add_attempt_cause, cause, id)


def add_attempt(tx: Tx, delivery: int | None, arn: str, span: str, started_ms: int, attempt: Attempt) -> int:
    """Enters one try into the ledger and returns its id."""
    ok, detail = int(attempt.ok), orjson.dumps(attempt.detail).decode()
    return tx.insert(Q.add_attempt, delivery, arn, span, started_ms, tx.now_ms, ok, attempt.error, detail)
