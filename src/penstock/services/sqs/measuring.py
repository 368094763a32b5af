"""What CloudWatch is told of each queue in use once a minute: how many messages it holds, and how old they are.

Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

import asyncio
from collections.abc import Callable

from penstock.measurements import Series
from penstock.services.sqs.queues.counts import count_messages
from penstock.services.sqs.queues.queue import Key, Queue, find_queue
from penstock.services.sqs.state import SqsState
from penstock.services.sqs.traffic import series_of
from penstock.store import ReadTx, queries

Q = queries(__package__)

Tell = Callable[[Series, float], None]
"""Takes what a queue's level is."""

_QUEUES = 20
_HEAD = 1000  # messages that were received, among which the oldest is looked for
_POISON = 3  # as often received, a message of a standard queue does not count for the age
_NEVER = 1 << 30


async def look(sqs: SqsState, tell: Tell) -> None:
    """Looks at every queue in use."""
    for key in sqs.traffic.active(sqs.clock.now_ms()):
        await _look_at(sqs, key, tell)


async def find_used(sqs: SqsState) -> None:
    """Returns when the queues that hold messages are known to be in use, whoever used them last."""
    after: int | None = 0
    while after is not None:
        keys, after = await sqs.store.read(_used, after)
        for key in keys:
            sqs.traffic.tally(key, sqs.clock.now_ms())
        await asyncio.sleep(0)  # others have their turn


def _used(tx: ReadTx, after: int) -> tuple[list[Key], int | None]:
    rows = tx.all(Q.find_used_queues, after, _QUEUES)
    keys = [(account, region, name) for _, account, region, name, holds in rows if holds]
    return keys, rows[-1][0] if rows else None


async def _look_at(sqs: SqsState, key: Key, tell: Tell) -> None:
    queue = await sqs.store.read(find_queue, key)
    if queue is None:
        return
    now_ms = sqs.clock.now_ms()
    counts = await count_messages(sqs.store, queue, now_ms)
    age_ms, groups = await sqs.store.read(_oldest, queue)
    found = {
        "ApproximateNumberOfMessagesVisible": counts.visible,
        "ApproximateNumberOfMessagesNotVisible": counts.in_flight,
        "ApproximateNumberOfMessagesDelayed": counts.delayed,
    }
    if queue.fifo is not None:
        found["ApproximateNumberOfGroupsWithInflightMessages"] = groups
    for name, count in found.items():
        tell(series_of(key, name), count)
    tell(series_of(key, "ApproximateAgeOfOldestMessage", "Seconds"), age_ms // 1000)
    if any(counts):
        sqs.traffic.tally(key, now_ms)


def _oldest(tx: ReadTx, queue: Queue) -> tuple[int, int]:
    """Returns the age of the oldest message in milliseconds, 0 when there is none, and the groups in flight."""
    horizon_ms = queue.horizon_ms(tx.now_ms)
    most = _POISON if queue.fifo is None else _NEVER
    since = [tx.now_ms]
    # Messages that nobody has had stand in the order in which they came, or were moved from another queue.
    if fresh := tx.one(Q.find_oldest_fresh, queue.box, horizon_ms):
        sent_ms, due_ms, source = fresh
        since.append(sent_ms if source is None else due_ms)
    row = tx.one(Q.find_oldest_received, queue.box, horizon_ms, _HEAD, most)
    if row and row[0] is not None:
        since.append(row[0])
    groups = 0
    if queue.fifo is not None:
        (groups,) = tx.one(Q.count_groups_in_flight, queue.box, tx.now_ms, _HEAD) or (0,)
    return tx.now_ms - min(since), groups
