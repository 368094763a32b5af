"""The SQS service: its operations, its state, who waits for its messages."""

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar

from penstock.access import Policy
from penstock.server import Operation, Parts, collect
from penstock.services.sqs import (
    dead_letter,
    delete,
    move_tasks,
    permissions,
    queue_attributes,
    queues,
    receive,
    send,
    tags,
    visibility,
)
from penstock.services.sqs.mover import Mover
from penstock.services.sqs.queue import find_queue, key_of_arn
from penstock.services.sqs.sweep import empty_box, expire
from penstock.services.sqs.take import InFlight
from penstock.services.sqs.target import SqsTarget
from penstock.services.sqs.waiting import Lines
from penstock.store import ReadTx, Room, Sweeper


class Sqs:
    """One server's SQS. ``target`` is what delivery sends through."""

    name: ClassVar[str] = "sqs"
    model: ClassVar[str] = "sqs"
    room: ClassVar[Room] = Room("sqs", "penstock.services.sqs")
    validation_code: ClassVar[str | None] = None
    operations: ClassVar[dict[str, Operation]] = collect(
        dead_letter,
        delete,
        move_tasks,
        permissions,
        queue_attributes,
        queues,
        receive,
        send,
        tags,
        visibility,
    )

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.lines = Lines(parts.clock)
        self.in_flight = InFlight()
        self.sweeper = Sweeper(parts.store, parts.clock, (empty_box,), expire)
        self.mover = Mover(parts.store, parts.clock, self.lines)
        self.target = SqsTarget(self.lines)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Returns when the service is ready."""
        self.spawn(self.sweeper.run())
        for task in await self.mover.unfinished():
            self.spawn(self.mover.run(task))

    async def close(self) -> None:
        """Returns when the service's tasks have ended; clients that wait get an empty answer."""
        self.lines.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Starts work that nobody waits for; ``close`` ends it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns the policy of the queue that ``resource`` is the ARN of; None when it has none."""
        key = key_of_arn(resource)
        queue = find_queue(tx, key) if key else None
        return queue.policy if queue else None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns None: the ARN of a queue names its account."""
        return None
