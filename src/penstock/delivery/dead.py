"""Dead deliveries: what each held, and how it is sent again.

A redriven delivery is the same row on a new run: its tries count from none, its ladder begins anew, and the ledger
keeps both the tries before and the word that it was sent again.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.delivery.attempts import add_attempt
from penstock.delivery.documents import read_message, read_sender
from penstock.delivery.job import Attempt, State
from penstock.delivery.ledger import DeliveryRow, Entry, delivery_row
from penstock.delivery.outbox import Delivery
from penstock.delivery.stamps import iso_time
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

MAX_REDRIVEN = 100
"""Deliveries that one transaction sends again."""

MAX_TRIES = 100
"""Newest tries that are told of one delivery."""


class Redriven(NamedTuple):
    """What was sent again; ``after`` is behind which id to go on, None at the end."""

    ids: list[int]
    after: int | None


def delivery_entry(tx: ReadTx, id: int) -> Entry | None:
    """Returns a delivery in any state with its tries, sender and payload; None when there is none.

    The payload is text, or base64 when it is none.
    """
    row = _find(tx, id)
    if row is None:
        return None
    ((body, message, sender),) = tx.all(Q.find_payload, id)
    found = read_message(body or b"", message)
    payload = {} if body is None else _payload(bytes(body))
    return {
        "id": row.id,
        "bucket": row.bucket,
        "key": row.key,
        **row.entry(),
        "sender": read_sender(sender)._asdict() if sender else None,
        "trace": found.trace,
        "attributes": {name: _attribute(value) for name, value in found.attributes.items()},
        **payload,
        "tries": _tries(tx, id),
    }


def redrive(tx: Tx, delivery: Delivery, ids: Iterable[int]) -> list[int]:
    """Returns which of ``ids`` are sent again: those that are dead. AwsError ``SlowDown``: none is."""
    return [id for id in ids if (row := _find(tx, id)) and _redrive(tx, delivery, row)]


def redrive_target(tx: Tx, delivery: Delivery, arn: str, after: int) -> Redriven:
    """Sends some dead deliveries to ``arn`` again, the oldest behind ``after``. AwsError ``SlowDown``: none is."""
    ids = [id for (id,) in tx.all(Q.find_dead_of_target, arn, after, MAX_REDRIVEN)]
    return Redriven(redrive(tx, delivery, ids), ids[-1] if len(ids) == MAX_REDRIVEN else None)


def _find(tx: ReadTx, id: int) -> DeliveryRow | None:
    row = tx.one(Q.find_delivery, id)
    return delivery_row(row) if row else None


def _redrive(tx: Tx, delivery: Delivery, row: DeliveryRow) -> bool:
    if row.state is not State.DEAD:
        return False
    delivery.revive(tx, row.id, row.arn)
    detail: dict[str, object] = {"redriven": True, "died_of": row.error, "dead_letter": row.dead_letter}
    add_attempt(tx, row.id, row.arn, tx.ids.hex(16), tx.now_ms, Attempt(ok=True, detail=detail))
    return True


def _tries(tx: ReadTx, id: int) -> list[Entry]:
    rows = tx.all(Q.find_attempts_of_delivery, id, MAX_TRIES)
    return [
        {
            "span": span,
            "started": iso_time(started_ms),
            "ended": iso_time(ended_ms),
            "ok": bool(ok),
            "error": error,
            **orjson.loads(detail),
        }
        for _, span, started_ms, ended_ms, ok, error, detail in reversed(rows)
    ]


def _payload(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _attribute(value: Mapping[str, Any]) -> Entry:
    binary = value.get("BinaryValue")
    return {**value, "BinaryValue": base64.b64encode(binary).decode()} if binary is not None else dict(value)
