"""All event source mappings at work."""

import asyncio

from penstock.services.lambda_.runtime.background import Background
from penstock.services.lambda_.runtime.executions import Executions
from penstock.services.lambda_.sources.mapping import Mapping, enabled_mappings, find_mapping
from penstock.services.lambda_.sources.poller import Poller
from penstock.services.service import Parts


class Sources:
    """One poller for each enabled mapping."""

    def __init__(self, parts: Parts, executions: Executions, background: Background) -> None:
        self._parts = parts
        self._executions = executions
        self._background = background
        self._pollers: dict[str, Poller] = {}
        self._changing = asyncio.Lock()
        self._closed = False

    async def start(self) -> None:
        """Takes up every mapping that is enabled."""
        for mapping in await self._parts.store.read(enabled_mappings):
            self._begin(mapping)

    async def follow(self, uuid: str) -> None:
        """Reads the queue as the mapping says now, or not at all when it is disabled or gone.

        One change after the other, each with what the store says then: two at once would leave two pollers.
        Batches that are running finish.
        """
        async with self._changing:
            if poller := self._pollers.pop(uuid, None):
                await poller.stop(hand_over=True)
            mapping = await self._parts.store.read(find_mapping, uuid)
            if mapping and mapping.enabled and not self._closed:
                self._begin(mapping)

    async def stop_reading(self) -> None:
        """Stops every poller, for good; what was gathered comes back to the queue by itself."""
        self._closed = True
        async with self._changing:
            pollers, self._pollers = list(self._pollers.values()), {}
            await asyncio.gather(*(poller.stop(hand_over=False) for poller in pollers))

    def _begin(self, mapping: Mapping) -> None:
        poller = self._pollers[mapping.uuid] = Poller(
            self._parts, self._executions, self._background, mapping
        )
        poller.start()

    async def quiet(self) -> None:
        """Returns when no queue has a message for its function right now."""
        await asyncio.gather(*(poller.quiet() for poller in list(self._pollers.values())))
