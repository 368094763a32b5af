"""What DynamoDB's handlers work with."""

from dataclasses import dataclass, field

from penstock.access import Principal
from penstock.clock import Clock, Ids
from penstock.services.customer_keys import CustomerKeys
from penstock.services.dynamodb.throttle import Throttle
from penstock.store import Store, Sweeper


class Wakes:
    """Something that can be woken: it looks for work when it is."""

    def wake(self) -> None:
        """Called after a commit that left work."""
        raise NotImplementedError


class Transfers:
    """What runs exports and imports."""

    def begin(self, transfer_id: int, principal: Principal) -> None:
        """Begins a transfer as who wants it; called after the commit that made its row."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class TableKeys:
    """KMS's keys, and what is remembered of the tables under them.

    ``opened`` says who (None: DynamoDB) may open which table until when, ``missed`` since when a key is known to be
    out of reach.
    """

    customer: CustomerKeys
    opened: dict[tuple[str, Principal | None], int] = field(default_factory=dict)
    missed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DynamoState:
    """The store, and who works on it in the background; ``throttle`` is asked about each request on items."""

    store: Store
    clock: Clock
    ids: Ids
    sweeper: Sweeper
    builder: Wakes
    copier: Wakes
    transfers: Transfers
    throttle: Throttle
    keys: TableKeys
