"""The CloudWatch Logs service: its operations and its state."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.delivery import Target
from penstock.server import Operations, Resource, Trail
from penstock.services.background import Background
from penstock.services.logs.group import tagged_group
from penstock.services.logs.lacks import LACKS
from penstock.services.logs.page import Reader
from penstock.services.logs.query_runs import Queries
from penstock.services.logs.state import LogsState
from penstock.services.logs.sweep import empty_group, empty_stream, expire
from penstock.services.logs.tails import Tails
from penstock.services.logs.target import LogsTarget
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper


class Logs(Service):
    """One server's CloudWatch Logs."""

    name: ClassVar[str] = "logs"
    model: ClassVar[str] = "logs"
    room: ClassVar[Room | None] = Room("logs", "penstock.services.logs")
    validation_code: ClassVar[str | None] = "InvalidParameterException"
    trail: ClassVar[Trail] = Trail(
        data=frozenset({"PutLogEvents"}), hidden=frozenset({"logEvents"}), namespace="Logs"
    )
    operations = Operations(__name__, "api")
    lacks: ClassVar[Mapping[str, str]] = LACKS

    state: LogsState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (empty_stream, empty_group), expire)
        self._supervisor = parts.supervisor
        self._background = Background(parts.supervisor)
        reader = Reader(parts.store, parts.keys)
        self.state = LogsState(
            store=parts.store,
            clock=parts.clock,
            ids=parts.ids,
            delivery=parts.delivery,
            sweeper=sweeper,
            measurements=parts.measurements,
            keys=parts.keys,
            reader=reader,
            queries=Queries(reader, parts.clock, self._background),
            tails=Tails(),
        )

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

    async def drain(self) -> None:
        """Stops the queries that run, for nobody will ask for their results any more, and ends the live tails."""
        self.state.tails.closed.set()
        self.state.queries.stop_all()
        await self.state.queries.settled()

    async def settled(self) -> None:
        """Returns when no query runs."""
        await self.state.queries.settled()
