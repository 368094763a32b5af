"""What the handlers of KMS work with."""

from dataclasses import dataclass

from penstock.clock import Ids
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class KmsState:
    """The store, where randomness comes from, and who rotates and deletes keys when it is time."""

    store: Store
    ids: Ids
    sweeper: Sweeper
