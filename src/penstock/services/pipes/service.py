"""The EventBridge Pipes service: its operations, and the pipes that run."""

import asyncio
from typing import ClassVar

from penstock.server import Operations, Resource, resource_tag_keys
from penstock.services.background import Background
from penstock.services.pipes.arns import pipe_of
from penstock.services.pipes.pipe.pipe import find_pipe
from penstock.services.pipes.running.runs import Runs
from penstock.services.pipes.state import PipesState
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room

_GRACE_S = 5


class Pipes(Service):
    """One server's EventBridge Pipes."""

    name: ClassVar[str] = "pipes"
    model: ClassVar[str] = "pipes"
    room: ClassVar[Room | None] = Room("pipes", __package__)
    validation_code: ClassVar[str | None] = "ValidationException"
    operations = Operations(__name__, "api")

    state: PipesState

    def __init__(self, parts: Parts) -> None:
        self._background = Background(parts.supervisor)
        self.state = PipesState(parts, parts.store, Runs(parts, self._background))

    async def start(self) -> None:
        """Takes up every running pipe."""
        await self.state.runs.start()

    async def drain(self) -> None:
        """Lets batches that are under way finish for some seconds."""
        await self.state.runs.stop()
        if self._background.tasks:
            await asyncio.wait(set(self._background.tasks), timeout=_GRACE_S)
        self._background.end()

    def busy(self) -> bool:
        """Returns whether a batch is under way."""
        return bool(self._background.tasks)

    async def settled(self) -> None:
        """Returns when no pipe moves, and no source has anything for its pipe right now."""
        while True:
            while running := set(self._background.tasks):
                await asyncio.wait(running)
            await self.state.runs.settled()
            if not self.busy():
                return

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the keys of the pipe that ``arn`` is."""
        key = pipe_of(arn)
        pipe = find_pipe(tx, key) if key else None
        return Resource(keys=resource_tag_keys(pipe.tags)) if pipe else Resource()
