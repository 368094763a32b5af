"""ReceiveMessage, with long polling."""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from penstock.server import Call, Params, operation
from penstock.services.customer_keys import KeyUser
from penstock.services.sqs import limits
from penstock.services.sqs.errors import invalid_for_queue_type, invalid_value, unknown_attribute
from penstock.services.sqs.messages.attempts import remember_attempt, take_again
from penstock.services.sqs.messages.groups import sequence_text
from penstock.services.sqs.messages.message import checked_id
from penstock.services.sqs.messages.message_attributes import (
    attributes_md5,
    choose_attributes,
    unpack_attributes,
)
from penstock.services.sqs.messages.receipt import Receipt
from penstock.services.sqs.messages.sealing import key_user, opened
from penstock.services.sqs.messages.take import give_back, next_due_ms, take
from penstock.services.sqs.messages.take_in_order import QueueIsFull
from penstock.services.sqs.messages.taken import Taken
from penstock.services.sqs.messages.throughput import check_rate
from penstock.services.sqs.queues.attributes import is_known
from penstock.services.sqs.queues.queue import Asked, Queue, asked_queue, requested_queue
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.store import ReadTx, Tx

SYSTEM_ATTRIBUTES = frozenset(
    {
        "All",
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SequenceNumber",
        "MessageDeduplicationId",
        "MessageGroupId",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
    }
)


class Wish(NamedTuple):
    """What a receiver asks for; None: as the queue has it. ``user`` is for whom bodies are decrypted."""

    max_messages: int
    visibility_s: int | None
    wait_s: int | None
    attempt: str | None
    user: KeyUser


@operation("ReceiveMessage", action="sqs:ReceiveMessage", resource=queue_resource)
async def receive_message(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns up to ten messages; waits for the first as long as the request or the queue says."""
    asked = asked_queue(call, params)
    count = _count(params.get("MaxNumberOfMessages"))
    visibility_s = _visibility_s(params.get("VisibilityTimeout"))
    wait_s = _wait_s(params.get("WaitTimeSeconds"))
    system = _system_names(params)
    attempt = checked_id(params, "ReceiveRequestAttemptId")
    await check_rate(sqs, asked, "ReceiveMessage")
    try:
        wish = Wish(count, visibility_s, wait_s, attempt, key_user(call.principal, asked.key))
        queue, taken = await _receive(sqs, call, asked, wish)
    except QueueIsFull:
        taken = []
    sqs.traffic.received(asked.key, len(taken), sqs.clock.now_ms())
    if not taken:
        return {}
    names = params.get("MessageAttributeNames") or ()
    return {"Messages": [_message(queue, message, system, names) for message in taken]}


async def _receive(sqs: SqsState, call: Call, asked: Asked, wish: Wish) -> tuple[Queue, list[Taken]]:
    clock = sqs.clock
    if wish.attempt is not None:  # what it gave out before is hidden, so looking would find nothing
        queue, taken = await _take(sqs, asked, wish)
        if taken:
            return queue, taken
    queue, due_ms = await sqs.store.read(_look, asked)
    deadline_ms = clock.now_ms() + (queue.wait_ms if wish.wait_s is None else wish.wait_s * 1000)
    while due_ms is not None and due_ms <= clock.now_ms():
        queue, taken = await _take(sqs, asked, wish)
        if taken:
            return queue, taken
        queue, due_ms = await sqs.store.read(_look, asked)
    if deadline_ms <= clock.now_ms():
        return queue, []
    return await _wait(sqs, call, asked, queue, wish, deadline_ms)


async def _wait(
    sqs: SqsState, call: Call, asked: Asked, queue: Queue, wish: Wish, deadline_ms: int
) -> tuple[Queue, list[Taken]]:
    clock, id = sqs.clock, queue.id
    line, place, woken = sqs.lines.join(id)
    gone = asyncio.ensure_future(call.disconnected()) if call.disconnected else None
    if gone:
        gone.add_done_callback(lambda _: woken.set())
    try:
        while True:
            woken.clear()
            # Whoever waits in process is cancelled by its owner; an empty answer would only make it ask again.
            if gone and (gone.done() or sqs.lines.closed):
                return queue, []
            queue, due_ms = await sqs.store.read(_look, asked)
            if due_ms is not None and due_ms <= clock.now_ms():
                queue, taken = await _take(sqs, asked, wish)
                if taken:
                    return queue, taken
                continue
            if deadline_ms <= clock.now_ms():
                return queue, []
            if due_ms is not None:
                line.expect(due_ms)
            await clock.wait_for(woken.wait(), deadline_ms)
    finally:
        sqs.lines.leave(id, place)
        if gone:
            gone.cancel()


async def _take(sqs: SqsState, asked: Asked, wish: Wish) -> tuple[Queue, list[Taken]]:
    work = asyncio.ensure_future(sqs.store.write(_take_from, sqs, asked, wish))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        # The client went away: what is being committed for it must not stay hidden from the others.
        work.add_done_callback(partial(_undo, sqs))
        raise


def _undo(sqs: SqsState, work: "asyncio.Future[tuple[Queue, list[Taken]]]") -> None:
    if not work.cancelled() and work.exception() is None:
        queue, taken = work.result()
        if taken:
            sqs.supervisor.spawn("sqs: give back", sqs.store.write(give_back, sqs.lines, queue, taken))


def _look(tx: ReadTx, asked: Asked) -> tuple[Queue, int | None]:
    queue = requested_queue(tx, asked)
    return queue, next_due_ms(tx, queue)


def _take_from(tx: Tx, sqs: SqsState, asked: Asked, wish: Wish) -> tuple[Queue, list[Taken]]:
    queue = requested_queue(tx, asked)
    visibility_ms = queue.visibility_ms if wish.visibility_s is None else wish.visibility_s * 1000
    if wish.attempt is not None:
        taken = _take_for(tx, sqs, queue, wish, wish.attempt, visibility_ms)
    else:
        taken = take(tx, sqs, queue, wish.max_messages, visibility_ms)
    return queue, opened(tx, sqs.keys, wish.user, taken)


def _take_for(
    tx: Tx, sqs: SqsState, queue: Queue, wish: Wish, attempt: str, visibility_ms: int
) -> list[Taken]:
    if queue.fifo is None:
        raise invalid_for_queue_type(attempt, "ReceiveRequestAttemptId")
    if taken := take_again(tx, sqs.lines, queue, attempt, visibility_ms):
        return taken
    taken = take(tx, sqs, queue, wish.max_messages, visibility_ms)
    if taken:
        remember_attempt(tx, queue, attempt, taken, tx.now_ms + visibility_ms)
    return taken


def _message(queue: Queue, taken: Taken, system: frozenset[str], names: Iterable[str]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "MessageId": taken.message_id,
        "ReceiptHandle": Receipt(queue.id, taken.row, taken.receives, taken.message_id).handle(),
        "MD5OfBody": taken.body_md5,
        "Body": taken.body,
    }
    if system:
        message["Attributes"] = {
            name: value
            for name, value in _system_attributes(taken).items()
            if "All" in system or name in system
        }
    if (
        taken.attributes
        and names
        and (chosen := choose_attributes(unpack_attributes(taken.attributes), names))
    ):
        message["MD5OfMessageAttributes"] = attributes_md5(chosen)
        message["MessageAttributes"] = chosen
    return message


def _system_attributes(taken: Taken) -> dict[str, str]:
    attributes = {
        "SenderId": taken.sender,
        "SentTimestamp": str(taken.sent_ms),
        "ApproximateReceiveCount": str(taken.receives),
        "ApproximateFirstReceiveTimestamp": str(taken.first_received_ms),
    }
    if taken.trace:
        attributes["AWSTraceHeader"] = taken.trace
    if taken.group:
        attributes["MessageGroupId"] = taken.group
    if taken.sequence is not None:
        attributes["SequenceNumber"] = sequence_text(taken.sequence)
    if taken.deduplication_id:
        attributes["MessageDeduplicationId"] = taken.deduplication_id
    if taken.dead_letter_source:
        attributes["DeadLetterQueueSourceArn"] = taken.dead_letter_source
    return attributes


def _system_names(params: Mapping[str, Any]) -> frozenset[str]:
    # The older parameter may name attributes of queues, too, which messages have not.
    older = {name for name in params.get("AttributeNames") or () if not is_known(name) or name == "All"}
    names = frozenset((*older, *(params.get("MessageSystemAttributeNames") or ())))
    if unknown := names - SYSTEM_ATTRIBUTES:
        raise unknown_attribute(min(unknown))
    return names


def _count(value: int | None) -> int:
    if value is None:
        return 1
    if not 1 <= value <= limits.MAX_RECEIVE:
        raise invalid_value(value, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
    return value


def _visibility_s(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= limits.MAX_VISIBILITY_S:
        raise invalid_value(
            value, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200."
        )
    return value


def _wait_s(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= limits.MAX_WAIT_S:
        raise invalid_value(value, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
    return value
