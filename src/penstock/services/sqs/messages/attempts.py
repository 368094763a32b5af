"""ReceiveRequestAttemptId: a FIFO receive whose answer was lost is asked for again, and gives the same messages.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from functools import partial
from typing import Any

import orjson

from penstock.services.sqs import limits
from penstock.services.sqs.messages.groups import hide_group
from penstock.services.sqs.messages.taken import Taken, taken_row
from penstock.services.sqs.queues.queue import Queue
from penstock.services.sqs.waiting import Lines
from penstock.store import Tx, queries

Q = queries(__package__)


def remember_attempt(tx: Tx, queue: Queue, id: str, taken: list[Taken], due_ms: int) -> None:
    """Keeps what the attempt gave out, hidden until ``due_ms``, for five minutes."""
    given = [
        {"row": message.row, "message_id": message.message_id, "receives": message.receives}
        for message in taken
    ]
    until_ms = tx.now_ms + limits.ATTEMPT_MS
    tx.run(Q.put_attempt, queue.id, id, until_ms, _text(due_ms, given))


def take_again(tx: Tx, lines: Lines, queue: Queue, id: str, visibility_ms: int) -> list[Taken]:
    """Returns what the attempt gave out before, its time-out begun anew.

    Nothing when that was more than five minutes ago, when the messages have come back, or one was deleted or changed.
    """
    # What a queue that had this one's key remembers does not count.
    since_ms = max(tx.now_ms + 1, queue.created_ms + limits.ATTEMPT_MS)
    found = tx.one(Q.find_attempt, queue.id, id, since_ms)
    if found is None:
        return []
    content = orjson.loads(found[0])
    # A row that says anything else than it did has been changed since.
    rows = [
        tx.one(Q.find_given, one["row"], queue.box, one["message_id"], one["receives"], content["due_ms"])
        for one in content["given"]
    ]
    if content["due_ms"] <= tx.now_ms or None in rows:
        return []
    due_ms = tx.now_ms + visibility_ms
    taken = [taken_row(row, row[2], tx.now_ms) for row in rows if row]
    for message in taken:
        tx.run(Q.put_due, due_ms, message.row)
    for name in {message.group for message in taken if message.group}:
        hide_group(tx, queue, name, due_ms)
    tx.run(Q.put_given, _text(due_ms, content["given"]), queue.id, id)
    tx.after_commit(partial(lines.expect, queue.id, due_ms))
    return taken


def _text(due_ms: int, given: list[dict[str, Any]]) -> str:
    return orjson.dumps({"version": 1, "due_ms": due_ms, "given": given}).decode()
