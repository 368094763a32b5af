"""What the handlers of CloudWatch Logs work with."""

from dataclasses import dataclass

from penstock.clock import Clock, Ids
from penstock.delivery import Delivery
from penstock.measurements import Measurements
from penstock.services.customer_keys import CustomerKeys
from penstock.services.logs.page import Reader
from penstock.services.logs.query_runs import Queries
from penstock.services.logs.tails import Tails
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class LogsState:
    """The store, who delivers, who takes away what is too old, the counters; queries that run, and who looks on.

    ``keys`` are those that groups may have; ``reader`` reads events, also such as are under keys.
    """

    store: Store
    clock: Clock
    ids: Ids
    delivery: Delivery
    sweeper: Sweeper
    measurements: Measurements
    keys: CustomerKeys
    reader: Reader
    queries: Queries
    tails: Tails
