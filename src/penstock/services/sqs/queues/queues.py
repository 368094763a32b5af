"""CreateQueue, GetQueueUrl, ListQueues, DeleteQueue and PurgeQueue."""

import re
from functools import partial
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.sqs import limits
from penstock.services.sqs.errors import (
    invalid_parameter,
    purge_in_progress,
    queue_name_exists,
)
from penstock.services.sqs.queues.attributes import (
    check_attributes,
    check_together,
    differing,
    is_fifo,
    one_encryption,
    redrive_target,
)
from penstock.services.sqs.queues.dead_letter import check_redrive_target
from penstock.services.sqs.queues.paging import make_token, page_size, read_token
from penstock.services.sqs.queues.queue import (
    Asked,
    Key,
    Queue,
    arn_of_key,
    asked_queue,
    find_queue,
    forget_queue,
    get_queue,
    requested_queue,
    url_of_key,
)
from penstock.services.sqs.queues.resource import (
    every_queue_resource,
    key_of_name,
    named_resource,
    queue_resource,
)
from penstock.services.sqs.queues.tags import check_tags, requested_tags
from penstock.services.sqs.state import SqsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO, _LONGEST = ".fifo", 80
_LAST = "\U0010ffff"


@operation("CreateQueue", action="sqs:CreateQueue", resource=named_resource, context=requested_tags)
async def create_queue(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the URL of the new queue, or of the one that is there already with the same attributes."""
    key = key_of_name(call, params)
    name = key[2]
    wanted = params.get("Attributes") or {}
    fifo = is_fifo(wanted)
    _check_name(name, fifo)
    attributes = check_attributes(wanted, fifo=fifo)
    attributes = one_encryption(attributes, attributes)
    check_together(attributes)
    tags = check_tags(params.get("tags") or {})
    if tags:
        await call.authorize("sqs:TagQueue", arn_of_key(key), requested_tags(sqs, call, params))
    await sqs.store.write(_create, key, attributes, tags)
    return {"QueueUrl": url_of_key(call.endpoint, sqs.region, key)}


@operation("GetQueueUrl", action="sqs:GetQueueUrl", resource=named_resource)
async def get_queue_url(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the queue's URL."""
    key = key_of_name(call, params)
    await sqs.store.read(get_queue, key)
    return {"QueueUrl": url_of_key(call.endpoint, sqs.region, key)}


@operation("ListQueues", action="sqs:ListQueues", resource=every_queue_resource)
async def list_queues(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the URLs of the account's queues, by name."""
    size = page_size(params.get("MaxResults"))
    after = read_token(params.get("NextToken"))
    prefix = params.get("QueueNamePrefix") or ""
    names = await sqs.store.read(_list, call.account, call.region, prefix, after, size + 1)
    result: Params = {}
    if names:
        result["QueueUrls"] = [
            url_of_key(call.endpoint, sqs.region, (call.account, call.region, name)) for name in names[:size]
        ]
    # AWS gives a token only to those who asked for pages.
    if len(names) > size and params.get("MaxResults") is not None:
        result["NextToken"] = make_token(names[size - 1])
    return result


@operation("DeleteQueue", action="sqs:DeleteQueue", resource=queue_resource)
async def delete_queue(sqs: SqsState, call: Call, params: Params) -> None:
    """Deletes the queue; its messages go in small steps afterwards."""
    await sqs.store.write(_delete, sqs, asked_queue(call, params))


@operation("PurgeQueue", action="sqs:PurgeQueue", resource=queue_resource)
async def purge_queue(sqs: SqsState, call: Call, params: Params) -> None:
    """Empties the queue, at most once a minute."""
    await sqs.store.write(_purge, sqs, asked_queue(call, params))


def _check_name(name: str, fifo: bool) -> None:
    if fifo and not (
        _NAME.fullmatch(name.removesuffix(_FIFO)) and name.endswith(_FIFO) and len(name) <= _LONGEST
    ):
        raise invalid_parameter(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
            "with .fifo suffix and be 1 to 80 in length."
        )
    if not fifo and not _NAME.fullmatch(name):
        raise invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def _create(tx: Tx, key: Key, attributes: dict[str, str], tags: dict[str, str]) -> None:
    present = find_queue(tx, key)
    if present:
        if name := differing(attributes, present.attributes):
            raise queue_name_exists(name)
        return
    check_redrive_target(tx, key, attributes, fifo=is_fifo(attributes))
    kept = {name: value for name, value in attributes.items() if value}
    tx.insert(
        Q.add_queue,
        *key,
        tx.insert(Q.add_box),
        orjson.dumps(kept).decode(),
        orjson.dumps(tags).decode(),
        redrive_target(kept),
        tx.now_ms,
        tx.now_ms,
    )
    forget_queue(tx, key)


def _list(tx: ReadTx, account: str, region: str, prefix: str, after: str, count: int) -> list[str]:
    # One lower bound, or SQLite would walk from the wrong one: the last name of the page before comes once more.
    rows = tx.all(Q.find_queues, account, region, after or prefix, prefix + _LAST, count + 1)
    return [name for (name,) in rows if name != after][:count]


def _delete(tx: Tx, sqs: SqsState, asked: Asked) -> None:
    queue = requested_queue(tx, asked)
    tx.run(Q.delete_queue, queue.id)
    if queue.fifo is not None:
        tx.run(Q.delete_sequence, queue.id)
    tx.after_commit(partial(sqs.traffic.forget, queue.key))
    _drop_box(tx, sqs, queue)


def _purge(tx: Tx, sqs: SqsState, asked: Asked) -> None:
    queue = requested_queue(tx, asked)
    if queue.purged_ms is not None and tx.now_ms - queue.purged_ms < limits.PURGE_INTERVAL_MS:
        raise purge_in_progress(queue.name)
    tx.run(Q.put_queue_box, tx.insert(Q.add_box), tx.now_ms, queue.id)
    _drop_box(tx, sqs, queue)


def _drop_box(tx: Tx, sqs: SqsState, queue: Queue) -> None:
    tx.run(Q.put_box_dropped, queue.box)
    forget_queue(tx, queue.key)

    def committed() -> Any:
        sqs.in_flight.forget(queue.box)
        sqs.tenants.forget(queue.box)
        sqs.lines.wake_all(queue.id)
        sqs.sweeper.wake()

    tx.after_commit(committed)
