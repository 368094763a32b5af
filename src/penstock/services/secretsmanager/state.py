"""What the handlers of Secrets Manager work with."""

from dataclasses import dataclass

from penstock.clock import Ids
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class SecretsState:
    """The store, where randomness comes from, and who takes away secrets whose recovery window is over."""

    store: Store
    ids: Ids
    sweeper: Sweeper
