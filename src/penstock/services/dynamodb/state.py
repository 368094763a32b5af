"""What DynamoDB's handlers work with."""

from dataclasses import dataclass

from penstock.clock import Clock, Ids
from penstock.store import Store, Sweeper


class Wakes:
    """Something that can be woken: it looks for work when it is."""

    def wake(self) -> None:
        """Called after a commit that left work."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class DynamoState:
    """The store, who takes away what was dropped, fills new indexes, and copies tables."""

    store: Store
    clock: Clock
    ids: Ids
    sweeper: Sweeper
    builder: Wakes
    copier: Wakes
