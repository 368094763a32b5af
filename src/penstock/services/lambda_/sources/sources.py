"""All event source mappings at work."""

import asyncio
from collections.abc import Mapping as MappingOf
from functools import partial

from penstock.arn import Arn
from penstock.services.background import Background
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.runtime.executions import Executions
from penstock.services.lambda_.sources.mapping import Mapping, find_mapping, read_mappings
from penstock.services.lambda_.sources.poller import MappingPoller
from penstock.services.service import Parts
from penstock.services.source import SourceKind


class Sources:
    """The pollers of each enabled mapping. ``kinds`` are by the service in the source's ARN."""

    def __init__(
        self,
        parts: Parts,
        executions: Executions,
        background: Background,
        kinds: MappingOf[str, SourceKind],
    ) -> None:
        self.kinds = kinds
        self._parts = parts
        self._executions = executions
        self._background = background
        self._pollers: dict[str, list[MappingPoller]] = {}
        self._changing = asyncio.Lock()
        self._closed = False

    async def start(self) -> None:
        """Takes up every mapping whose source is read."""
        for mapping in await self._parts.store.read(read_mappings):
            self._begin(mapping)

    def kind(self, source_arn: str) -> SourceKind:
        """Returns the kind of source that the ARN names; AwsError when there is none."""
        labels = " and ".join(kind.label for kind in self.kinds.values())
        try:
            service = Arn.parse(source_arn).service
        except ValueError:
            raise invalid(f"EventSourceArn is required; this server reads {labels}.") from None
        if service not in self.kinds:
            raise invalid(f"Unrecognized event source: this server reads {labels}, not {service}.")
        return self.kinds[service]

    async def follow(self, uuid: str) -> None:
        """Reads the source as the mapping says now, or not at all when it is disabled or gone.

        One change after the other, each with what the store says then: two at once would leave two pollers.
        Batches that are running finish.
        """
        async with self._changing:
            pollers = self._pollers.pop(uuid, ())
            await asyncio.gather(*(poller.stop(hand_over=True) for poller in pollers))
            mapping = await self._background.insist(partial(self._parts.store.read, find_mapping, uuid))
            if mapping and mapping.is_read and not self._closed:
                self._begin(mapping)

    async def stop_reading(self) -> None:
        """Stops every poller, for good; what was gathered comes back by itself."""
        self._closed = True
        async with self._changing:
            pollers, self._pollers = self._all(), {}
            await asyncio.gather(*(poller.stop(hand_over=False) for poller in pollers))

    async def quiet(self) -> None:
        """Returns when no source has a message for its function right now."""
        await asyncio.gather(*(poller.quiet() for poller in self._all()))

    def _begin(self, mapping: Mapping) -> None:
        sources = self.kind(mapping.source_arn).open(mapping)
        self._pollers[mapping.uuid] = pollers = [
            MappingPoller(self._parts, self._executions, self._background, mapping, source)
            for source in sources
        ]
        for poller in pollers:
            poller.start()

    def _all(self) -> list[MappingPoller]:
        return [poller for pollers in self._pollers.values() for poller in pollers]
