"""The service: what it declares and what it runs in the background."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.delivery import Target
from penstock.server import Operations
from penstock.services.service import Parts, Service
from penstock.services.source import SourceKind
from penstock.store import ReadTx, Room, Tx, queries
from tests.toyservice.feed import ArrivalsKind
from tests.toyservice.state import ToyState
from tests.toyservice.target import ToyTarget

Q = queries(__package__)


class Toy(Service):
    """CodeStar Connections, as far as three operations go."""

    name: ClassVar[str] = "codestar-connections"
    model: ClassVar[str] = "codestar-connections"
    room: ClassVar[Room | None] = Room("codestar-connections", __package__)
    operations = Operations(__name__, "connections")

    state: ToyState

    def __init__(self, parts: Parts) -> None:
        self.state = ToyState(parts.store, parts.clock)
        self._supervisor = parts.supervisor

    async def start(self) -> None:
        """Begins to give up connections that nobody completes."""
        self._supervisor.keep("codestar-connections: expire", self._expire)

    async def settled(self) -> None:
        """Returns when no connection is due to be given up."""
        # Looking must not commit: `settle` goes on for as long as anything does.
        while (due_ms := await self.state.store.read(_next_due)) and due_ms <= self.state.clock.now_ms():
            await self.state.store.write(_expire_due)

    def targets(self) -> Mapping[str, Target]:
        """Returns the way into the connections."""
        return {"codestar-connections": ToyTarget()}

    def sources(self) -> Mapping[str, SourceKind]:
        """Returns what functions can be fed from: connections as they are made."""
        return {"codestar-connections": ArrivalsKind(self.state.store, self.state.clock)}

    async def _expire(self) -> None:
        while True:
            self.state.woken.clear()
            due_ms = await self.state.store.write(_expire_due)
            if due_ms is None:
                await self.state.woken.wait()
            else:
                await self.state.clock.wait_for(self.state.woken.wait(), due_ms)


def _expire_due(tx: Tx) -> int | None:
    tx.run(Q.put_expired, tx.now_ms)
    return _next_due(tx)


def _next_due(tx: ReadTx) -> int | None:
    row = tx.one(Q.find_next_due)
    return row[0] if row else None
