"""The CloudWatch Logs service: its operations and its state."""

import asyncio
import contextlib
from typing import ClassVar

from penstock.access import Policy
from penstock.server import Operation, Parts, collect
from penstock.services.logs import filter_events, get_events, groups, put_events, streams, tags
from penstock.services.logs.sweep import empty_group, empty_stream, expire
from penstock.store import ReadTx, Room, Sweeper


class Logs:
    """One server's CloudWatch Logs."""

    name: ClassVar[str] = "logs"
    model: ClassVar[str] = "logs"
    room: ClassVar[Room] = Room("logs", "penstock.services.logs")
    validation_code: ClassVar[str | None] = "InvalidParameterException"
    operations: ClassVar[dict[str, Operation]] = collect(
        filter_events, get_events, groups, put_events, streams, tags
    )

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.sweeper = Sweeper(parts.store, parts.clock, (empty_stream, empty_group), expire)
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the service is ready."""
        self._sweeping = asyncio.get_running_loop().create_task(self.sweeper.run())

    async def close(self) -> None:
        """Returns when the service's task has ended."""
        if self._sweeping:
            self._sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeping

    def resource_policy(self, tx: ReadTx, resource: str) -> Policy | None:
        """Returns None: log groups have no policies of their own here."""
        return None

    def resource_account(self, tx: ReadTx, resource: str) -> str | None:
        """Returns None: the ARN of a log group names its account."""
        return None
