"""What the ledger is told when a queue gives up a message that nobody deleted.

Only messages that an event caused are told of: their trace header names it.
"""

from penstock.delivery import Attempt, Given, record_attempt
from penstock.delivery.trace_header import parent_of, read_header
from penstock.services.sqs.queues.queue import Queue
from penstock.store import Tx


def record_move(tx: Tx, queue: Queue, trace: str | None, message_id: str, receives: int, to: str) -> None:
    """Enters that the message has gone to the dead-letter queue ``to``."""
    error = f"received {receives} times and not deleted, so it was moved to {to}"
    detail: dict[str, object] = {"message_id": message_id, "dead_letter": to}
    _record(tx, queue, Given(read_header(trace), message_id), Attempt(ok=False, error=error, detail=detail))


def record_expiry(tx: Tx, queue: Queue, trace: str | None, message_id: str) -> None:
    """Enters that the message was too old for the queue."""
    error = f"not deleted within {queue.retention_ms // 1000} s, so it was dropped"
    detail: dict[str, object] = {"message_id": message_id, "dead_letter": None}
    _record(tx, queue, Given(read_header(trace), message_id), Attempt(ok=False, error=error, detail=detail))


def _record(tx: Tx, queue: Queue, given: Given, attempt: Attempt) -> None:
    if parent_of(given.trace):
        record_attempt(
            tx, arn=queue.arn, span=tx.ids.hex(16), given=[given], started_ms=tx.now_ms, attempt=attempt
        )
