"""The CloudWatch service: its operations, its state, its work by the minute."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Operation, collect
from penstock.services.cloudwatch import metrics, queries
from penstock.services.cloudwatch.lacks import LACKS
from penstock.services.cloudwatch.metrics.retention import expire
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.services.service import Parts, Service
from penstock.store import Room, Sweeper


class CloudWatch(Service):
    """One server's CloudWatch."""

    name: ClassVar[str] = "cloudwatch"
    model: ClassVar[str] = "cloudwatch"
    room: ClassVar[Room | None] = Room("cloudwatch", "penstock.services.cloudwatch")
    validation_code: ClassVar[str | None] = "ValidationError"
    operations: ClassVar[dict[str, Operation]] = collect(metrics, queries)
    lacks: ClassVar[Mapping[str, str]] = LACKS

    state: CloudWatchState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (), expire)
        self.state = CloudWatchState(parts.store, parts.clock, parts.delivery, parts.measurements, sweeper)
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Begins to sweep."""
        self._supervisor.keep("cloudwatch: sweep", self.state.sweeper.run)
