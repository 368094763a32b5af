"""GetQueueAttributes and SetQueueAttributes."""

from collections.abc import Iterable, Mapping
from functools import partial

import orjson

from penstock.server import Call, Params, operation
from penstock.services.sqs.errors import missing_parameter, unknown_attribute
from penstock.services.sqs.queues.attributes import (
    COMPUTED,
    check_attributes,
    check_together,
    defaults,
    is_known,
    one_encryption,
    redrive_target,
)
from penstock.services.sqs.queues.counts import count_messages
from penstock.services.sqs.queues.dead_letter import check_redrive_target
from penstock.services.sqs.queues.queue import Asked, Queue, asked_queue, forget_queue, requested_queue
from penstock.services.sqs.queues.resource import queue_resource
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.waiting import Lines
from penstock.store import Tx, queries

Q = queries(__package__)

_REUSE_S = "300"
_COUNTED = frozenset(name for name in COMPUTED if name.startswith("Approximate"))


@operation("GetQueueAttributes", action="sqs:GetQueueAttributes", resource=queue_resource)
async def get_queue_attributes(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the attributes asked for; messages are counted only when their number is among them."""
    names = params.get("AttributeNames") or []
    for name in names:
        if not is_known(name):
            raise unknown_attribute(name)
    queue = await sqs.store.read(requested_queue, asked_queue(call, params))
    found = _described(queue)
    if "All" in names or _COUNTED.intersection(names):
        counts = await count_messages(sqs.store, queue, call.now_ms)
        found["ApproximateNumberOfMessages"] = str(counts.visible)
        found["ApproximateNumberOfMessagesNotVisible"] = str(counts.in_flight)
        found["ApproximateNumberOfMessagesDelayed"] = str(counts.delayed)
    chosen = _chosen(found, names)
    return {"Attributes": chosen} if chosen else {}


@operation("SetQueueAttributes", action="sqs:SetQueueAttributes", resource=queue_resource)
async def set_queue_attributes(sqs: SqsState, call: Call, params: Params) -> None:
    """Changes the attributes named; an empty policy is taken away."""
    if not params.get("Attributes"):
        raise missing_parameter("Attributes")
    await sqs.store.write(_set, sqs.lines, asked_queue(call, params), params["Attributes"])


def store_attributes(tx: Tx, queue: Queue, attributes: Mapping[str, str]) -> None:
    """Replaces the queue's attributes; empty ones are left out."""
    kept = {name: value for name, value in attributes.items() if value}
    tx.run(Q.put_attributes, orjson.dumps(kept).decode(), redrive_target(kept), tx.now_ms, queue.id)
    forget_queue(tx, queue.key)


def _set(tx: Tx, lines: Lines, asked: Asked, wanted: Mapping[str, str]) -> None:
    queue = requested_queue(tx, asked)
    fifo = queue.fifo is not None
    attributes = check_attributes(wanted, fifo=fifo)
    check_redrive_target(tx, queue.key, attributes, fifo=fifo)
    merged = one_encryption(attributes, {**queue.attributes, **attributes})
    check_together(merged)
    store_attributes(tx, queue, merged)
    # A longer retention makes messages receivable that were too old a moment ago.
    tx.after_commit(partial(lines.wake_all, queue.id))


def _described(queue: Queue) -> dict[str, str]:
    found = {
        "QueueArn": queue.arn,
        "CreatedTimestamp": str(queue.created_ms // 1000),
        "LastModifiedTimestamp": str(queue.modified_ms // 1000),
        **defaults(queue.attributes),
        **queue.attributes,
    }
    if queue.kms_key:
        found.setdefault("KmsDataKeyReusePeriodSeconds", _REUSE_S)
    else:
        found.pop("KmsDataKeyReusePeriodSeconds", None)  # AWS shows it only beside a key
    return found


def _chosen(found: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    wanted = set(names)
    return {name: value for name, value in found.items() if "All" in wanted or name in wanted}
