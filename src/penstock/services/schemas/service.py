"""The schema registry: its operations, and the task that looks at events."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.delivery import Target
from penstock.server import Operations, Resource, resource_tag_keys
from penstock.services.schemas.api import tags
from penstock.services.schemas.arns import named
from penstock.services.schemas.discovery import Discovery
from penstock.services.schemas.lacks import LACKS
from penstock.services.schemas.state import SchemasState
from penstock.services.schemas.target import SchemasTarget
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room


class Schemas(Service):
    """One server's schema registry."""

    name: ClassVar[str] = "schemas"
    model: ClassVar[str] = "schemas"
    room: ClassVar[Room | None] = Room("schemas", __package__)
    validation_code: ClassVar[str | None] = "BadRequestException"
    lacks: ClassVar[Mapping[str, str]] = LACKS
    operations = Operations(__name__, "api")

    state: SchemasState

    def __init__(self, parts: Parts) -> None:
        self.state = SchemasState(parts, parts.store)
        self._discovery = Discovery(self.state)

    async def start(self) -> None:
        """Begins to look at events."""
        self.state.parts.supervisor.keep("schemas: discover", self._discovery.run)

    async def settled(self) -> None:
        """Returns when no event is left to be looked at."""
        await self._discovery.settled()

    def targets(self) -> Mapping[str, Target]:
        """Returns the way to the discoverers."""
        return {"schemas": SchemasTarget(self.state)}

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the keys of what ``arn`` is."""
        name = named(arn)
        return Resource(keys=resource_tag_keys(tags.find_tags(tx, name))) if name else Resource()
