"""The DynamoDB service: its operations and its state."""

from collections.abc import Mapping
from typing import ClassVar

from penstock.server import Operations, Resource, Trail
from penstock.services.dynamodb.arns import named
from penstock.services.dynamodb.background.builder import Builder
from penstock.services.dynamodb.background.copier import Copier
from penstock.services.dynamodb.background.expiry import Expiry
from penstock.services.dynamodb.background.sweep import EMPTIES
from penstock.services.dynamodb.items.throttling import Throttling
from penstock.services.dynamodb.lacks import LACKS
from penstock.services.dynamodb.state import DynamoState, TableKeys
from penstock.services.dynamodb.tables.keying import Opener
from penstock.services.dynamodb.tables.table import find_table
from penstock.services.dynamodb.throttle import Throttle
from penstock.services.dynamodb.trail import TRAIL
from penstock.services.dynamodb.transfers.runner import Runner
from penstock.services.service import Parts, Service
from penstock.store import ReadTx, Room, Sweeper, nothing_expires


class DynamoDb(Service):
    """One server's DynamoDB."""

    name: ClassVar[str] = "dynamodb"
    model: ClassVar[str] = "dynamodb"
    room: ClassVar[Room | None] = Room("dynamodb", "penstock.services.dynamodb")
    validation_code: ClassVar[str | None] = "ValidationException"
    trail: ClassVar[Trail] = TRAIL
    operations = Operations(
        __name__, "backups", "batches", "items", "partiql", "reading", "tables", "transactions", "transfers"
    )
    lacks: ClassVar[Mapping[str, str]] = LACKS
    root_keeps: ClassVar[frozenset[str]] = frozenset(
        {"dynamodb:DeleteResourcePolicy", "dynamodb:GetResourcePolicy", "dynamodb:PutResourcePolicy"}
    )

    state: DynamoState

    def __init__(self, parts: Parts) -> None:
        self._supervisor = parts.supervisor
        keys = TableKeys(parts.keys)
        self._builder = Builder(parts.store, Opener(keys, None))
        self._expiry = Expiry(parts.store, parts.clock, Opener(keys, None))
        sweeper = Sweeper(parts.store, parts.clock, EMPTIES, nothing_expires)
        self._copier = Copier(parts.store, parts.clock, sweeper)
        self._runner = Runner(parts.store, parts.call, parts.supervisor, parts.clock, sweeper)
        throttle = Throttling(parts.clock) if parts.config.table_throttling == "on" else Throttle()
        self.state = DynamoState(
            store=parts.store,
            clock=parts.clock,
            ids=parts.ids,
            sweeper=sweeper,
            builder=self._builder,
            copier=self._copier,
            transfers=self._runner,
            throttle=throttle,
            keys=keys,
        )

    async def start(self) -> None:
        """Begins to fill indexes, to copy tables, to end items, and to sweep."""
        self._supervisor.keep("dynamodb: build", self._builder.run)
        self._supervisor.keep("dynamodb: copy", self._copier.run)
        self._supervisor.keep("dynamodb: expiry", self._expiry.run)
        await self._runner.resume()
        self._supervisor.keep("dynamodb: sweep", self.state.sweeper.run)

    async def settled(self) -> None:
        """Returns when no index is being filled and no table copied, and no item is left whose time is over."""
        await self._builder.settled()
        await self._copier.settled()
        await self._runner.settled()
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
