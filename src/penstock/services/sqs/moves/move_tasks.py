"""StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask: dead-letter queue redrive.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import base64
import binascii
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.sqs import limits
from penstock.services.sqs.errors import (
    invalid_parameter,
    invalid_value,
    missing_parameter,
    resource_not_found,
    unsupported,
)
from penstock.services.sqs.moves.mover import TaskStatus, keep_moving
from penstock.services.sqs.queues.counts import count_messages
from penstock.services.sqs.queues.dead_letter import source_keys
from penstock.services.sqs.queues.queue import Queue, arn_of_key, find_queue, key_of_arn
from penstock.services.sqs.state import SqsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)


def source_resource(sqs: SqsState, call: Call, params: Params) -> str:
    """Returns the ARN of the queue that messages are moved from."""
    if not params.get("SourceArn"):
        raise missing_parameter("SourceArn")
    return str(params["SourceArn"])


def task_resource(sqs: SqsState, call: Call, params: Params) -> str:
    """Returns the ARN of the queue that the task moves messages from."""
    return _read_handle(params.get("TaskHandle"))[0]


@operation("StartMessageMoveTask", action="sqs:StartMessageMoveTask", resource=source_resource)
async def start_message_move_task(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the handle of a task that moves the visible messages of a dead-letter queue back, or elsewhere."""
    source, destination, rate = params["SourceArn"], params.get("DestinationArn"), _rate(params)
    await _authorize_reading(call, source)
    for target in [destination] if destination else await sqs.store.read(_origins, source):
        await call.authorize("sqs:SendMessage", target)
    queue = await sqs.store.read(_check_start, call, source, destination)
    waiting = (await count_messages(sqs.store, queue, call.now_ms)).visible
    id, task_id = await sqs.store.write(_start, call, source, destination, rate, waiting)
    keep_moving(sqs, id)
    return {"TaskHandle": _make_handle(source, task_id)}


@operation("ListMessageMoveTasks", action="sqs:ListMessageMoveTasks", resource=source_resource)
async def list_message_move_tasks(sqs: SqsState, call: Call, params: Params) -> Params:
    """Returns the queue's latest tasks, newest first."""
    await call.authorize("sqs:GetQueueAttributes", params["SourceArn"])
    count = params.get("MaxResults") or 1
    if not 1 <= count <= limits.MAX_LISTED_TASKS:
        raise invalid_value(count, "MaxResults", "Must be between 1 and 10, if provided.")
    rows = await sqs.store.read(_list, call, params["SourceArn"], count)
    return {"Results": [_described(row) for row in rows]} if rows else {}


@operation("CancelMessageMoveTask", action="sqs:CancelMessageMoveTask", resource=task_resource)
async def cancel_message_move_task(sqs: SqsState, call: Call, params: Params) -> Params:
    """Ends the task and returns how many messages it has moved; they stay where they are."""
    source, task_id = _read_handle(params.get("TaskHandle"))
    await _authorize_reading(call, source)
    moved = await sqs.store.write(_cancel, source, task_id)
    return {"ApproximateNumberOfMessagesMoved": moved}


async def _authorize_reading(call: Call, source: str) -> None:
    """Returns when the caller may do by itself what a task does with the queue that it empties.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
    """
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
        await call.authorize(action, source)


def _check_start(tx: ReadTx, call: Call, source: str, destination: str | None) -> Queue:
    queue = _source(tx, call, source)
    if destination:
        key = key_of_arn(destination)
        target = find_queue(tx, key) if key else None
        if target is None:
            raise resource_not_found(
                "The resource that you specified for the DestinationArn parameter doesn't exist."
            )
        if (target.fifo is None) != (queue.fifo is None):
            raise invalid_parameter("Source and destination queues must be of the same type.")
    if not source_keys(tx, source, "", 1):
        raise invalid_parameter("Source queue must be configured as a Dead Letter Queue.")
    return queue


def _origins(tx: ReadTx, source: str) -> list[str]:
    """Returns the ARNs of the queues that have ``source`` as their dead-letter queue."""
    return [arn_of_key(key) for key in source_keys(tx, source, "", limits.MAX_LISTED_QUEUES)]


def _start(
    tx: Tx, call: Call, source: str, destination: str | None, rate: int | None, waiting: int
) -> tuple[int, str]:
    _source(tx, call, source)
    if tx.one(Q.find_running_move, source):
        raise invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time."
        )
    task_id = tx.ids.uuid()
    return tx.insert(Q.add_move, task_id, source, destination, rate, tx.now_ms, waiting), task_id


def _list(tx: ReadTx, call: Call, source: str, count: int) -> list[Row]:
    _source(tx, call, source)
    return tx.all(Q.find_moves, source, count)


def _cancel(tx: Tx, source: str, task_id: str) -> int:
    row = tx.one(Q.find_move_by_task, source, task_id)
    if row is None:
        raise resource_not_found("Task does not exist.")
    id, status, moved = row
    if status != TaskStatus.RUNNING:
        raise unsupported("Only tasks that are running can be cancelled.")
    tx.run(Q.put_move_end, TaskStatus.CANCELLED.value, None, id)
    return int(moved)


def _source(tx: ReadTx, call: Call, arn: str) -> Queue:
    key = key_of_arn(arn)
    queue = find_queue(tx, key) if key else None
    if queue is None or call.seen.get(key) != queue.identity:
        raise resource_not_found("The resource that you specified for the SourceArn parameter doesn't exist.")
    return queue


def _rate(params: Params) -> int | None:
    rate: int | None = params.get("MaxNumberOfMessagesPerSecond")
    if rate is not None and not 1 <= rate <= limits.MAX_MOVES_PER_SECOND:
        raise invalid_value(rate, "MaxNumberOfMessagesPerSecond", "Must be between 1 and 500, if provided.")
    return rate


def _described(row: Row) -> dict[str, Any]:
    task_id, source, destination, rate, status, started_ms, to_move, moved, failure = row
    task = {
        "Status": status,
        "SourceArn": source,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": to_move,
        "StartedTimestamp": started_ms,
    }
    optional = {
        "TaskHandle": _make_handle(source, task_id) if status == TaskStatus.RUNNING else None,
        "DestinationArn": destination,
        "MaxNumberOfMessagesPerSecond": rate,
        "FailureReason": failure,
    }
    return {**task, **{name: value for name, value in optional.items() if value is not None}}


def _make_handle(source: str, task_id: str) -> str:
    return base64.b64encode(orjson.dumps({"taskId": task_id, "sourceArn": source})).decode()


def _read_handle(handle: str | None) -> tuple[str, str]:
    if not handle:
        raise missing_parameter("TaskHandle")
    try:
        content = orjson.loads(base64.b64decode(handle, validate=True))
        return str(content["sourceArn"]), str(content["taskId"])
    except (binascii.Error, ValueError, TypeError, KeyError):
        raise invalid_parameter("Value for parameter TaskHandle is invalid.") from None
