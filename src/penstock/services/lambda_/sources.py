"""All event source mappings at work."""

import asyncio
from typing import TYPE_CHECKING

from penstock.services.lambda_.mapping import Mapping, enabled_mappings
from penstock.services.lambda_.poller import Poller

if TYPE_CHECKING:
    from penstock.services.lambda_.service import Lambda


class Sources:
    """One poller for each enabled mapping."""

    def __init__(self, lambda_: "Lambda") -> None:
        self._lambda = lambda_
        self._pollers: dict[str, Poller] = {}
        self._leaving: set[Poller] = set()

    async def start(self) -> None:
        """Takes up every mapping that is enabled."""
        for mapping in await self._lambda.store.read(enabled_mappings):
            await self.put(mapping)

    async def put(self, mapping: Mapping) -> None:
        """Reads the queue as ``mapping`` says from now on, or not at all when it is disabled."""
        await self.drop(mapping.uuid)
        if mapping.enabled:
            poller = self._pollers[mapping.uuid] = Poller(self._lambda, mapping)
            poller.start()

    async def drop(self, uuid: str) -> None:
        """Stops reading; returns at once, while batches that are running finish."""
        if poller := self._pollers.pop(uuid, None):
            await poller.stop()
            self._leaving = {other for other in {*self._leaving, poller} if other.batches}

    async def stop_reading(self) -> None:
        """Stops every poller."""
        await asyncio.gather(*(self.drop(uuid) for uuid in list(self._pollers)))

    def batches(self) -> set[asyncio.Task[None]]:
        """Returns the batches that are running."""
        pollers = {*self._pollers.values(), *self._leaving}
        return {task for poller in pollers for task in poller.batches}

    async def quiet(self) -> None:
        """Returns when no queue has a message for its function right now."""
        await asyncio.gather(*(poller.quiet() for poller in list(self._pollers.values())))
