"""The service of custom event buses. Its clients sign for ``events``, and its ARNs are that service's."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.errors import AwsError
from penstock.server import Operations, Resource, resource_tag_keys
from penstock.services.events.custom import tags
from penstock.services.events.custom.arns import named
from penstock.services.events.custom.lacks import LACKS
from penstock.services.events.custom.pump import Pump
from penstock.services.events.custom.state import CustomState
from penstock.services.events.custom.sweep import empty_bus, expire, forget_seen
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Sweeper


class EventsV2(Service):
    """One server's custom event buses."""

    name: ClassVar[str] = "eventsv2"
    model: ClassVar[str] = "eventbridgev2"
    validation_code: ClassVar[str | None] = "InvalidInputException"
    operations = Operations(__name__, "buses", "subscribers", "publishing", "tags")
    lacks: ClassVar[Mapping[str, str]] = LACKS

    state: CustomState

    def __init__(self, parts: Parts) -> None:
        sweeper = Sweeper(parts.store, parts.clock, (empty_bus, forget_seen), expire)
        self.state = CustomState(
            parts.store, parts.clock, parts.ids, parts.delivery, parts.identities, sweeper
        )
        self._pump = Pump(self.state)
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Begins to deliver to subscribers, from where they stand, and to sweep."""
        self._supervisor.keep("eventsv2: deliver", self._pump.run)
        self._supervisor.keep("eventsv2: sweep", self.state.sweeper.run)

    async def settled(self) -> None:
        """Returns when no subscriber is behind its bus."""
        await self._pump.settled()

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the keys of the bus or subscriber that ``arn`` is."""
        if named(arn) is None:
            return Resource()
        try:
            return Resource(keys=resource_tag_keys(tags.tagged(tx, arn).tags))
        except AwsError:
            return Resource()
