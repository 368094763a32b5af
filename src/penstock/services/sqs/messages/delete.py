"""DeleteMessage and DeleteMessageBatch."""

from collections.abc import Sequence
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.sqs.errors import missing_parameter, receipt_handle_has_expired
from penstock.services.sqs.messages.batch import Entry, check_entries, failure, outcome
from penstock.services.sqs.messages.groups import settle_group
from penstock.services.sqs.messages.receipt import read_receipt
from penstock.services.sqs.queues.queue import Asked, Queue, asked_queue, requested_queue
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.waiting import Lines
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("DeleteMessage", action="sqs:DeleteMessage", resource=queue_resource)
async def delete_message(sqs: SqsState, call: Call, params: Params) -> None:
    """Deletes the message of the handle; succeeds when it is gone, or has been received again, already."""
    handle = params.get("ReceiptHandle")
    if not handle:
        raise missing_parameter("ReceiptHandle")
    await sqs.store.write(_delete_one, sqs.lines, asked_queue(call, params), handle)


@operation("DeleteMessageBatch", action="sqs:DeleteMessage", resource=queue_resource)
async def delete_message_batch(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns what became of each entry."""
    entries = check_entries(params.get("Entries"), "DeleteMessageBatchRequestEntry")
    return await sqs.store.write(_delete_all, sqs.lines, asked_queue(call, params), entries)


def delete(tx: Tx, lines: Lines, queue: Queue, handle: str) -> None:
    """Deletes the message of the handle; AwsError ``ReceiptHandleIsInvalid``.

    With a handle from an earlier receive AWS answers success, but the message might not be deleted. Here it is not.
    A FIFO queue answers ``InvalidParameterValue`` then, and also when the message has come back.
    """
    receipt = read_receipt(handle, queue.id)
    if queue.fifo is None:
        tx.run(Q.delete_received, receipt.row, queue.box, receipt.message_id, receipt.receives)
        return
    row = tx.one(Q.find_in_flight, receipt.row, queue.box, receipt.message_id)
    if row is None:
        return
    receives, due_ms, _, group = row
    if receives != receipt.receives or due_ms <= tx.now_ms:
        raise receipt_handle_has_expired(handle)
    tx.run(Q.delete_message, receipt.row)
    settle_group(tx, lines, queue, group)


def _delete_one(tx: Tx, lines: Lines, asked: Asked, handle: str) -> None:
    delete(tx, lines, requested_queue(tx, asked), handle)


def _delete_all(tx: Tx, lines: Lines, asked: Asked, entries: Sequence[Entry]) -> dict[str, Any]:
    queue = requested_queue(tx, asked)
    successful, failed = [], []
    for entry in entries:
        try:
            delete(tx, lines, queue, entry.get("ReceiptHandle") or "")
            successful.append({"Id": entry["Id"]})
        except AwsError as error:
            failed.append(failure(entry, error))
    return outcome(successful, failed)
