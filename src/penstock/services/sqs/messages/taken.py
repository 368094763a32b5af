"""A message that a receiver gets, made of its row."""

from dataclasses import dataclass

from penstock.delivery.trace_header import read_header
from penstock.store import Row, Tx, queries

Q = queries(__package__)


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a receiver got; ``receives`` includes this one.

    ``sealed_for`` is the ARN of the queue whose key encrypts the body, None when none does.
    """

    row: int
    sent_ms: int
    receives: int
    message_id: str
    sender: str
    trace: str | None
    group: str | None
    dead_letter_source: str | None
    attributes: str | None
    first_received_ms: int
    body_md5: str
    body: str
    sealed_for: str | None = None
    sequence: int | None = None
    deduplication_id: str | None = None


def receive_row(tx: Tx, row: Row, visibility_ms: int) -> Taken:
    """Returns the message of the row, hidden from others for ``visibility_ms``: one more receive of it."""
    tx.run(Q.put_received, tx.now_ms + visibility_ms, tx.now_ms, tx.now_ms, row[0])
    return taken_row(row, row[2] + 1, tx.now_ms)


def taken_row(row: Row, receives: int, now_ms: int) -> Taken:
    """Returns the message of the row as of its receive number ``receives``."""
    id, sent_ms, _, _, message_id, sender, trace, group, source, attributes, first_ms = row[:11]
    md5, body, sealed_for = row[11:14]
    sequence, deduplication_id = row[14:16] or (None, None)
    return Taken(
        row=id,
        sent_ms=sent_ms,
        receives=receives,
        message_id=message_id,
        sender=sender,
        trace=read_header(trace),
        group=group,
        dead_letter_source=source,
        attributes=attributes,
        first_received_ms=now_ms if first_ms is None else first_ms,
        body_md5=md5,
        body=body,
        sealed_for=sealed_for,
        sequence=sequence,
        deduplication_id=deduplication_id,
    )
