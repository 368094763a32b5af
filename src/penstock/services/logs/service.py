"""The CloudWatch Logs service: its operations and its state."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.delivery import Target
from penstock.server import Operations, Resource
from penstock.services.logs.group import tagged_group
from penstock.services.logs.lacks import LACKS
from penstock.services.logs.state import LogsState
from penstock.services.logs.sweep import empty_group, empty_stream, expire
from penstock.services.logs.target import LogsTarget
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper


class Logs(Service):
    """One server's CloudWatch Logs."""

    name: ClassVar[str] = "logs"
    model: ClassVar[str] = "logs"
    room: ClassVar[Room | None] = Room("logs", "penstock.services.logs")
    validation_code: ClassVar[str | None] = "InvalidParameterException"
    operations = Operations(
        __name__,
        "filter_events",
        "get_events",
        "groups",
        "put_events",
        "resource_policies",
        "streams",
        "tags",
    )
    lacks: ClassVar[Mapping[str, str]] = LACKS

    state: LogsState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (empty_stream, empty_group), expire)
        self.state = LogsState(parts.store, parts.clock, sweeper, parts.measurements)
        self._supervisor = parts.supervisor

    def targets(self) -> Mapping[str, Target]:
        """Returns the way into the log groups."""
        return {"logs": LogsTarget(self.state)}

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the condition keys of the tags of the log group that ``arn`` is."""
        group = tagged_group(tx, arn)
        return Resource(keys=group.tag_keys) if group else Resource()

    async def start(self) -> None:
        """Begins to sweep."""
        self._supervisor.keep("logs: sweep", self.state.sweeper.run)
