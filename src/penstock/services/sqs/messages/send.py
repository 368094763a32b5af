"""SendMessage and SendMessageBatch."""

from collections.abc import Mapping, Sequence
from typing import Any

from penstock.access import Principal
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.sqs import limits
from penstock.services.sqs.errors import batch_too_long
from penstock.services.sqs.messages.batch import Entry, check_entries, failure, outcome
from penstock.services.sqs.messages.groups import sequence_text
from penstock.services.sqs.messages.insert import Sent, check_identified, insert_message
from penstock.services.sqs.messages.message import NewMessage, new_message
from penstock.services.sqs.messages.message_attributes import attributes_md5
from penstock.services.sqs.messages.sealing import stored_body
from penstock.services.sqs.messages.throughput import check_rate
from penstock.services.sqs.queues.queue import Asked, asked_queue, requested_queue
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.store import Tx


@operation("SendMessage", action="sqs:SendMessage", resource=queue_resource, max_body=8 * 1024 * 1024)
async def send_message(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the message's id and digests once it is durable."""
    asked = asked_queue(call, params)
    await check_rate(sqs, asked, "SendMessage", [params.get("MessageGroupId")])
    message = new_message(params, call.trace)
    (result,) = await sqs.store.write(send_all, sqs, asked, [message], call.principal)
    if isinstance(result, AwsError):
        raise result
    return _sent(params, message, result)


@operation("SendMessageBatch", action="sqs:SendMessage", resource=queue_resource, max_body=8 * 1024 * 1024)
async def send_message_batch(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns what became of each entry; those that are well are stored in one transaction."""
    asked = asked_queue(call, params)
    entries = check_entries(params.get("Entries"), "SendMessageBatchRequestEntry")
    await check_rate(sqs, asked, "SendMessage", [entry.get("MessageGroupId") for entry in entries])
    messages, failed = _new_messages(entries, call.trace)
    if (size := sum(message.size for _, message in messages)) > limits.MAX_BATCH_BYTES:
        raise batch_too_long(size, limits.MAX_BATCH_BYTES)
    stored = await sqs.store.write(send_all, sqs, asked, [message for _, message in messages], call.principal)
    successful = []
    for (entry, message), result in zip(messages, stored, strict=True):
        if isinstance(result, AwsError):
            failed.append(failure(entry, result))
        else:
            successful.append({"Id": entry["Id"], **_sent(entry, message, result)})
    return outcome(successful, failed)


def send_all(
    tx: Tx, sqs: SqsState, asked: Asked, messages: Sequence[NewMessage], sender: Principal
) -> list[Sent | AwsError]:
    """Returns what was sent; the AwsError of a message that the queue does not take stands in its place.

    AwsError when one has not what a queue of this kind must know it by, or the queue's key cannot be used: then none
    is sent.
    """
    queue = requested_queue(tx, asked)
    for message in messages:
        check_identified(queue, message)
    results: list[Sent | AwsError] = []
    bodies = [stored_body(tx, queue, sqs.keys, sender, message.body) for message in messages]
    for message, body in zip(messages, bodies, strict=True):
        try:
            sent = insert_message(tx, sqs.traffic, queue, message, sender.user_id, body)
        except AwsError as error:
            results.append(error)
        else:
            if message.group is not None:
                sqs.tenants.sent(queue.box, message.group, tx.now_ms)
            results.append(sent)
    return results


def _new_messages(
    entries: Sequence[Entry], trace: str | None
) -> tuple[list[tuple[Entry, NewMessage]], list[dict[str, Any]]]:
    messages, failed = [], []
    for entry in entries:
        try:
            messages.append((entry, new_message(entry, trace)))
        except AwsError as error:
            failed.append(failure(entry, error))
    return messages, failed


def _sent(params: Mapping[str, Any], message: NewMessage, sent: Sent) -> Params:
    result = {"MD5OfMessageBody": message.md5}
    if attributes := params.get("MessageAttributes"):
        result["MD5OfMessageAttributes"] = attributes_md5(attributes)
    if system := params.get("MessageSystemAttributes"):
        result["MD5OfMessageSystemAttributes"] = attributes_md5(system)
    result["MessageId"] = sent.message_id
    if sent.sequence is not None:
        result["SequenceNumber"] = sequence_text(sent.sequence)
    return result
