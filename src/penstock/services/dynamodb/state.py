"""What DynamoDB's handlers work with."""

from dataclasses import dataclass

from penstock.access import Principal
from penstock.clock import Clock, Ids
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
class DynamoState:
    """The store, who takes away what was dropped, fills new indexes, copies tables, and brings them to S3."""

    store: Store
    clock: Clock
    ids: Ids
    sweeper: Sweeper
    builder: Wakes
    copier: Wakes
    transfers: Transfers
