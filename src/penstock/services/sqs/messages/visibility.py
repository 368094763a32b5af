"""ChangeMessageVisibility and ChangeMessageVisibilityBatch."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.sqs import limits
from penstock.services.sqs.errors import (
    invalid_value,
    message_not_available,
    missing_parameter,
    receipt_handle_has_expired,
)
from penstock.services.sqs.messages.batch import Entry, check_entries, failure, outcome
from penstock.services.sqs.messages.groups import settle_group
from penstock.services.sqs.messages.receipt import read_receipt
from penstock.services.sqs.queues.queue import Asked, Queue, asked_queue, requested_queue
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.waiting import Lines
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("ChangeMessageVisibility", action="sqs:ChangeMessageVisibility", resource=queue_resource)
async def change_message_visibility(sqs: SqsState, call: Call, params: Params) -> None:
    """Hides the message from now on for as long as the request says; 0 shows it at once."""
    for name in ("ReceiptHandle", "VisibilityTimeout"):
        if params.get(name) is None:
            raise missing_parameter(name)
    await sqs.store.write(_change_one, sqs.lines, asked_queue(call, params), params)


@operation("ChangeMessageVisibilityBatch", action="sqs:ChangeMessageVisibility", resource=queue_resource)
async def change_message_visibility_batch(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns what became of each entry."""
    entries = check_entries(params.get("Entries"), "ChangeMessageVisibilityBatchRequestEntry")
    return await sqs.store.write(_change_all, sqs.lines, asked_queue(call, params), entries)


def change_visibility(tx: Tx, lines: Lines, queue: Queue, handle: str, seconds: int) -> None:
    """Hides the message until ``seconds`` from now.

    AwsError ``ReceiptHandleIsInvalid``, or ``InvalidParameterValue`` when the message is gone or would be hidden for
    more than twelve hours since it was received. The handle may be that of an earlier receive, and its time-out over,
    unless the queue is a FIFO queue.
    """
    receipt = read_receipt(handle, queue.id)
    if not 0 <= seconds <= limits.MAX_VISIBILITY_S:
        raise invalid_value(
            seconds, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200."
        )
    row = tx.one(Q.find_in_flight, receipt.row, queue.box, receipt.message_id)
    if row is None:
        raise message_not_available(handle)
    receives, due_ms, received_ms, group = row
    if queue.fifo is not None and (receives != receipt.receives or due_ms <= tx.now_ms):
        raise receipt_handle_has_expired(handle)
    new_due_ms = tx.now_ms + seconds * 1000
    if new_due_ms - received_ms > limits.MAX_VISIBILITY_S * 1000:
        reason = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]"
        raise invalid_value(seconds, "VisibilityTimeout", reason)
    tx.run(Q.put_due, new_due_ms, receipt.row)
    if queue.fifo is not None:
        settle_group(tx, lines, queue, group)
    tx.after_commit(partial(lines.expect, queue.id, new_due_ms))


def _change_one(tx: Tx, lines: Lines, asked: Asked, entry: Entry) -> None:
    handle, seconds = entry.get("ReceiptHandle") or "", entry.get("VisibilityTimeout")
    change_visibility(tx, lines, requested_queue(tx, asked), handle, seconds or 0)


def _change_all(tx: Tx, lines: Lines, asked: Asked, entries: Sequence[Entry]) -> dict[str, Any]:
    requested_queue(tx, asked)
    successful, failed = [], []
    for entry in entries:
        try:
            _change_one(tx, lines, asked, entry)
            successful.append({"Id": entry["Id"]})
        except AwsError as error:
            failed.append(failure(entry, error))
    return outcome(successful, failed)
