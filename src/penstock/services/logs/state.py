"""What the handlers of CloudWatch Logs work with."""

from dataclasses import dataclass

from penstock.clock import Clock
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class LogsState:
    """The store, and who takes away what is too old."""

    store: Store
    clock: Clock
    sweeper: Sweeper
