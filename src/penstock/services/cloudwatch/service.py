"""The CloudWatch service: its operations, its state, its work by the minute."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Operations, Resource, resource_tag_keys
from penstock.services.cloudwatch.alarms.evaluator import Evaluator
from penstock.services.cloudwatch.alarms.history import expire_history
from penstock.services.cloudwatch.lacks import LACKS
from penstock.services.cloudwatch.metrics.measured import Collector
from penstock.services.cloudwatch.metrics.retention import expire
from penstock.services.cloudwatch.schedule import Schedule
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.services.cloudwatch.tags import tags_of
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper


class CloudWatch(Service):
    """One server's CloudWatch."""

    name: ClassVar[str] = "cloudwatch"
    model: ClassVar[str] = "cloudwatch"
    room: ClassVar[Room | None] = Room("cloudwatch", "penstock.services.cloudwatch")
    validation_code: ClassVar[str | None] = "ValidationError"
    operations = Operations(__name__, "alarms", "dashboards", "metrics", "queries", "tags")
    lacks: ClassVar[Mapping[str, str]] = LACKS

    state: CloudWatchState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (), expire)
        self._history_sweeper = Sweeper(parts.store, parts.clock, (), expire_history)
        self.state = CloudWatchState(parts.store, parts.clock, parts.delivery, Schedule(), sweeper)
        self._evaluator = Evaluator(self.state, Collector(parts.store, parts.measurements))
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Finds out which alarms are due, and begins to look at them and to sweep."""
        await self._evaluator.open()
        self._supervisor.keep("cloudwatch: alarms", self._evaluator.run)
        self._supervisor.keep("cloudwatch: sweep", self.state.sweeper.run)
        self._supervisor.keep("cloudwatch: sweep history", self._history_sweeper.run)

    async def drain(self) -> None:
        """Keeps what was measured until now."""
        await self._evaluator.drain()

    async def settled(self) -> None:
        """Returns when no alarm is due."""
        await self._evaluator.settled()

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the condition keys of the tags of the alarm or dashboard that ``arn`` is."""
        return Resource(keys=resource_tag_keys(tags_of(tx, arn)))
