"""What the handlers of CloudWatch Logs work with."""

from dataclasses import dataclass

from penstock.clock import Clock
from penstock.delivery import Delivery
from penstock.measurements import Measurements
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class LogsState:
    """The store, who delivers, who takes away what is too old, and where is counted what comes."""

    store: Store
    clock: Clock
    delivery: Delivery
    sweeper: Sweeper
    measurements: Measurements
