"""The EventBridge Scheduler service: its operations, its state, and the task that fires schedules."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.delivery import Target
from penstock.schedules import Ticker
from penstock.server import Operations, Resource, resource_tag_keys
from penstock.services.scheduler.arns import group_of
from penstock.services.scheduler.client_tokens import forget_tokens
from penstock.services.scheduler.due import DueSchedules
from penstock.services.scheduler.groups.group import find_group
from penstock.services.scheduler.groups.groups import empty_group
from penstock.services.scheduler.state import SchedulerState
from penstock.services.scheduler.target import SchedulerTarget
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper, nothing_expires


class Scheduler(Service):
    """One server's EventBridge Scheduler."""

    name: ClassVar[str] = "scheduler"
    model: ClassVar[str] = "scheduler"
    room: ClassVar[Room | None] = Room("scheduler", "penstock.services.scheduler")
    validation_code: ClassVar[str | None] = "ValidationException"
    operations = Operations(__name__, "groups", "schedules")

    state: SchedulerState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (empty_group, forget_tokens), nothing_expires)
        self.state = SchedulerState(
            parts.store, parts.clock, parts.delivery, parts.identities, parts.call, sweeper
        )
        self._ticker = Ticker(parts.store, parts.clock, DueSchedules(self.state), self.state.woken)
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Makes up for what was due, and begins to fire schedules and to sweep."""
        await self._ticker.catch_up()
        self._supervisor.keep("scheduler: fire", self._ticker.run)
        self._supervisor.keep("scheduler: sweep", self.state.sweeper.run)

    async def settled(self) -> None:
        """Returns when no schedule is due."""
        await self._ticker.settled()

    def targets(self) -> Mapping[str, Target]:
        """Returns the way to the targets of schedules."""
        return {"scheduler": SchedulerTarget(self.state)}

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the keys of the group that ``arn`` is."""
        key = group_of(arn)
        group = find_group(tx, key) if key else None
        return Resource(keys=resource_tag_keys(group.tags)) if group else Resource()
