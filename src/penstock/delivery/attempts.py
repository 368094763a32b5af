"""Tries, as the ledger keeps them."""

from collections.abc import Iterable
from typing import NamedTuple

import orjson

from penstock.delivery.job import Attempt
from penstock.delivery.trace_header import parent_of
from penstock.store import Tx, queries

Q = queries(__package__)


class Given(NamedTuple):
    """One thing that an attempt was given: its trace header, and the message that it was, "" for none.

    ``error`` says what became of this one alone, "" when all went well; None when it is what became of the attempt.
    """

    trace: str | None
    message: str = ""
    error: str | None = None


def record_attempt(
    tx: Tx, *, arn: str, span: str, given: Iterable[Given], started_ms: int, attempt: Attempt
) -> None:
    """Enters what became of messages or an invocation that are no delivery of ours any more."""
    id = add_attempt(tx, None, arn, span, started_ms, attempt)
    for trace, message, error in given:
        if cause := parent_of(trace):
            tx.run(Q.add_attempt_cause, cause, id, message, error)


def add_attempt(tx: Tx, delivery: int | None, arn: str, span: str, started_ms: int, attempt: Attempt) -> int:
    """Enters one try into the ledger and returns its id."""
    ok, detail = int(attempt.ok), orjson.dumps(attempt.detail).decode()
    return tx.insert(Q.add_attempt, delivery, arn, span, started_ms, tx.now_ms, ok, attempt.error, detail)
