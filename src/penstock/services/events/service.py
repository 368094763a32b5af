"""The EventBridge service: its operations, its state, and the way onto its buses."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.delivery import Target
from penstock.outbound import Outbound
from penstock.schedules import Ticker
from penstock.server import Operations, Resource, Trail, resource_tag_keys
from penstock.services.events.archives.sweep import empty_archive, expire
from penstock.services.events.arns import named
from penstock.services.events.buses.bus import find_bus
from penstock.services.events.connections.authorizer import Authorizer
from penstock.services.events.invocation import Invoker
from penstock.services.events.lacks import LACKS
from penstock.services.events.replays.replayer import Replayer
from penstock.services.events.rules.condition_keys import rule_keys
from penstock.services.events.rules.warm_up import warm_up
from penstock.services.events.scheduler import ScheduledRules
from penstock.services.events.state import EventsState
from penstock.services.events.target import EventsTarget
from penstock.services.service import Parts, Ranked, Service
from penstock.store import ReadTx, Room, Sweeper


class Events(Service):
    """One server's EventBridge."""

    name: ClassVar[str] = "events"
    model: ClassVar[str] = "events"
    room: ClassVar[Room | None] = Room("events", "penstock.services.events")
    validation_code: ClassVar[str | None] = "ValidationException"
    trail: ClassVar[Trail] = Trail(
        data=frozenset({"PutEvents"}), hidden=frozenset({"Detail", "AuthParameters"}), namespace="Events"
    )
    ranked: ClassVar[Ranked | None] = Ranked(("rule/",), "ListTagsForResource", "ResourceARN")
    operations = Operations(
        __name__, "archives", "buses", "connections", "destinations", "putting", "replays", "rules", "tags"
    )
    lacks: ClassVar[Mapping[str, str]] = LACKS
    root_keeps: ClassVar[frozenset[str]] = frozenset(
        {"events:DescribeEventBus", "events:PutPermission", "events:RemovePermission"}
    )

    state: EventsState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (empty_archive,), expire)
        self.state = EventsState(
            parts.store,
            parts.clock,
            parts.delivery,
            parts.identities,
            sweeper,
            parts.measurements,
            parts.keys,
        )
        self._outbound = Outbound(parts.config, parts.ca_bundle)
        self._authorizer = Authorizer(self.state, self._outbound)
        self._invoker = Invoker(self.state, self._outbound, self._authorizer)
        self._replayer = Replayer(self.state)
        scheduled = ScheduledRules(self.state)
        self._ticker = Ticker(parts.store, parts.clock, scheduled, self.state.schedule_woken)
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Makes up for what was due, and begins to compile rules, to go on with replays and schedules, and to sweep."""
        await self._ticker.catch_up()
        self._supervisor.spawn("events: compile rules", warm_up(self.state.store))
        self._supervisor.keep("events: replay", self._replayer.run)
        self._supervisor.keep("events: schedule", self._ticker.run)
        self._supervisor.keep("events: authorize", self._authorizer.run)
        self._supervisor.keep("events: sweep", self.state.sweeper.run)

    async def drain(self) -> None:
        """Ends what is being sent: it is tried again by the next process."""
        await self._outbound.close()

    async def settled(self) -> None:
        """Returns when no scheduled rule is due, no replay under way and no connection about to be authorised."""
        await self._ticker.settled()
        await self._replayer.settled()
        await self._authorizer.settled()

    def targets(self) -> Mapping[str, Target]:
        """Returns the way onto the buses."""
        return {"events": EventsTarget(self.state, self._invoker)}

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy of the bus that ``arn`` is, or whose rule it is, and the keys of the one or the other."""
        name = named(arn)
        bus = find_bus(tx, name.bus) if name else None
        if name is None or bus is None:
            return Resource()
        keys = rule_keys(tx, name.bus, name.rule) if name.is_rule else resource_tag_keys(bus.tags)
        return Resource(bus.policy, keys=keys)
