"""DeleteMessage and DeleteMessageBatch."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.sqs.errors import missing_parameter, receipt_handle_has_expired
from penstock.services.sqs.messages.batch import Entry, check_entries, failure, outcome
from penstock.services.sqs.messages.groups import settle_group
from penstock.services.sqs.messages.receipt import Receipt, read_receipt
from penstock.services.sqs.messages.throughput import check_rate
from penstock.services.sqs.queues.queue import Asked, Queue, asked_queue, requested_queue
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("DeleteMessage", action="sqs:DeleteMessage", resource=queue_resource)
async def delete_message(sqs: SqsState, call: Call, params: Params) -> None:
    """Deletes the message of the handle; succeeds when it is gone, or has been received again, already."""
    handle = params.get("ReceiptHandle")
    if not handle:
        raise missing_parameter("ReceiptHandle")
    asked = asked_queue(call, params)
    await check_rate(sqs, asked, "DeleteMessage")
    await sqs.store.write(_delete_one, sqs, asked, handle)


@operation("DeleteMessageBatch", action="sqs:DeleteMessage", resource=queue_resource)
async def delete_message_batch(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns what became of each entry."""
    entries = check_entries(params.get("Entries"), "DeleteMessageBatchRequestEntry")
    asked = asked_queue(call, params)
    await check_rate(sqs, asked, "DeleteMessage")
    return await sqs.store.write(_delete_all, sqs, asked, entries)


def delete(tx: Tx, sqs: SqsState, queue: Queue, handle: str) -> None:
    """Deletes the message of the handle; AwsError ``ReceiptHandleIsInvalid``.

    With a handle from an earlier receive AWS answers success, but the message might not be deleted. Here it is not.
    A FIFO queue answers ``InvalidParameterValue`` then, and also when the message has come back.
    """
    _take_out(tx, sqs, queue, handle, read_receipt(handle, queue.id))
    tx.after_commit(partial(sqs.traffic.deleted, queue.key, tx.now_ms))


def _take_out(tx: Tx, sqs: SqsState, queue: Queue, handle: str, receipt: Receipt) -> None:
    if queue.fifo is None:
        if sqs.tenants.watches(queue.box):
            _note_tenant(tx, sqs, queue, receipt)
        if tx.run(Q.delete_received, receipt.row, queue.box, receipt.message_id, receipt.receives):
            tx.after_commit(partial(_count_off, sqs, queue.box))
        return
    row = tx.one(Q.find_in_flight, receipt.row, queue.box, receipt.message_id)
    if row is None:
        return
    receives, due_ms, _, group = row
    if receives != receipt.receives or due_ms <= tx.now_ms:
        raise receipt_handle_has_expired(handle)
    tx.run(Q.delete_message, receipt.row)
    tx.after_commit(partial(_count_off, sqs, queue.box))
    settle_group(tx, sqs.lines, queue, group)


def _count_off(sqs: SqsState, box: int) -> None:
    sqs.in_flight.add(box, -1)
    sqs.tenants.received(box, -1)


def _note_tenant(tx: Tx, sqs: SqsState, queue: Queue, receipt: Receipt) -> None:
    row = tx.one(Q.find_tenant, receipt.row, queue.box, receipt.message_id, receipt.receives)
    if row and row[0] is not None:
        spent_ms = tx.now_ms - row[1]
        tx.after_commit(partial(sqs.tenants.processed, queue.box, row[0], spent_ms, tx.now_ms))


def _delete_one(tx: Tx, sqs: SqsState, asked: Asked, handle: str) -> None:
    delete(tx, sqs, requested_queue(tx, asked), handle)


def _delete_all(tx: Tx, sqs: SqsState, asked: Asked, entries: Sequence[Entry]) -> dict[str, Any]:
    queue = requested_queue(tx, asked)
    successful, failed = [], []
    for entry in entries:
        try:
            delete(tx, sqs, queue, entry.get("ReceiptHandle") or "")
            successful.append({"Id": entry["Id"]})
        except AwsError as error:
            failed.append(failure(entry, error))
    return outcome(successful, failed)
