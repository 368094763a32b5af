"""The DynamoDB service: its operations and its state."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Operations, Resource
from penstock.services.dynamodb.arns import named
from penstock.services.dynamodb.background.builder import Builder
from penstock.services.dynamodb.background.expiry import Expiry
from penstock.services.dynamodb.background.sweep import EMPTIES
from penstock.services.dynamodb.lacks import LACKS
from penstock.services.dynamodb.state import DynamoState
from penstock.services.dynamodb.tables.table import find_table
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper, nothing_expires


class DynamoDb(Service):
    """One server's DynamoDB."""

    name: ClassVar[str] = "dynamodb"
    model: ClassVar[str] = "dynamodb"
    room: ClassVar[Room | None] = Room("dynamodb", "penstock.services.dynamodb")
    validation_code: ClassVar[str | None] = "ValidationException"
    operations = Operations(__name__, "batches", "items", "partiql", "reading", "tables", "transactions")
    lacks: ClassVar[Mapping[str, str]] = LACKS
    root_keeps: ClassVar[frozenset[str]] = frozenset(
        {"dynamodb:DeleteResourcePolicy", "dynamodb:GetResourcePolicy", "dynamodb:PutResourcePolicy"}
    )

    state: DynamoState

    def __init__(self, parts: Parts) -> None:
        self._supervisor = parts.supervisor
        self._builder = Builder(parts.store)
        self._expiry = Expiry(parts.store, parts.clock)
        sweeper = Sweeper(parts.store, parts.clock, EMPTIES, nothing_expires)
        self.state = DynamoState(parts.store, parts.clock, parts.ids, sweeper, self._builder)

    async def start(self) -> None:
        """Begins to fill indexes, to end items, and to sweep."""
        self._supervisor.keep("dynamodb: build", self._builder.run)
        self._supervisor.keep("dynamodb: expiry", self._expiry.run)
        self._supervisor.keep("dynamodb: sweep", self.state.sweeper.run)

    async def settled(self) -> None:
        """Returns when no index is being filled, and no item is left whose time is over."""
        await self._builder.settled()
        await self._expiry.expire()

    def resource(self, tx: ReadTx, arn: str) -> Resource:
        """Returns the policy of the table that this ARN, or that of its index, names, and which one it is."""
        found = named(arn)
        if found is None or found.kind not in ("", "index"):
            return Resource()
        table = find_table(tx, found.table)
        if table is None:
            return Resource(name=("dynamodb", found.table))
        return Resource(
            table.policy, name=("dynamodb", found.table), identity=table.identity, keys=table.tag_keys
        )
