"""Carries message move tasks out: a step at a time, each step one transaction, so a restart goes on where it was."""

from enum import StrEnum
from functools import partial

from penstock.services.sqs.messages.groups import add_group, settle_group
from penstock.services.sqs.messages.insert import next_sequence
from penstock.services.sqs.messages.take import visible
from penstock.services.sqs.queues.queue import Queue, find_queue, key_of_arn
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_STEP = 100

_NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


class TaskStatus(StrEnum):
    """How a task stands, in AWS's words and the row's."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


def keep_moving(sqs: SqsState, id: int) -> None:
    """Promises that the task goes on until it has ended, also over a store that cannot write for a while."""
    sqs.supervisor.keep(f"sqs: message move task {id}", partial(_move_all, sqs, id))


def unfinished(tx: ReadTx) -> list[int]:
    """Returns the tasks that a former process left running."""
    return [id for (id,) in tx.all(Q.find_running_moves)]


async def _move_all(sqs: SqsState, id: int) -> None:
    while (pause_s := await sqs.store.write(move_step, sqs.lines, id)) is not None:
        if pause_s:
            await sqs.clock.sleep(pause_s)


def move_step(tx: Tx, lines: Lines, id: int) -> float | None:
    """Moves some messages; returns for how many seconds to rest before the next step, or None at the end."""
    source_arn, destination_arn, rate, status = tx.one(Q.find_move, id) or ("", None, None, "")
    if status != TaskStatus.RUNNING:
        return None
    source = _find(tx, source_arn)
    if source is None:
        tx.run(Q.put_move_end, TaskStatus.FAILED.value, _NO_QUEUE, id)
        return None
    rows = visible(tx, source, rate or _STEP)
    if not rows:
        tx.run(Q.put_move_end, TaskStatus.COMPLETED.value, None, id)
        return None
    failure = None
    for count, row in enumerate(rows, start=1):
        if failure := _move(tx, lines, row, destination_arn):
            count -= 1
            break
    tx.run(Q.add_moved, count, id)
    if source.fifo is not None:
        for group in dict.fromkeys(row[7] for row in rows):
            settle_group(tx, lines, source, group)
    if failure:
        tx.run(Q.put_move_end, TaskStatus.FAILED.value, failure, id)
        return None
    return 1 if rate else 0


def _move(tx: Tx, lines: Lines, row: Row, destination_arn: str | None) -> str | None:
    target_arn = destination_arn or row[8]
    if target_arn is None:
        return "CouldNotDetermineMessageSource"
    target = _find(tx, target_arn)
    if target is None:
        return _NO_QUEUE
    sequence = None if target.fifo is None else next_sequence(tx, target)
    tx.run(Q.put_redriven, target.box, tx.now_ms, tx.now_ms, tx.ids.uuid(), sequence, row[0])
    if target.fifo is not None:
        add_group(tx, target, row[7], tx.now_ms)
    tx.after_commit(partial(lines.expect, target.id, tx.now_ms))
    return None


def _find(tx: ReadTx, arn: str) -> Queue | None:
    key = key_of_arn(arn)
    return find_queue(tx, key) if key else None
