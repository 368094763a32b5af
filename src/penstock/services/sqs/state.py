"""What SQS's handlers work with."""

from dataclasses import dataclass

from penstock.clock import Clock
from penstock.measurements import Measurements
from penstock.services.customer_keys import CustomerKeys
from penstock.services.quotas import Quotas
from penstock.services.sqs.in_flight import InFlight
from penstock.services.sqs.tenants import Tenants
from penstock.services.sqs.traffic import Traffic
from penstock.services.sqs.waiting import Lines
from penstock.store import Store, Sweeper
from penstock.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class SqsState:
    """The store, who waits, what is in flight, and whose, what is measured, the keys of bodies, and what is bounded.

    ``region`` is that of requests which name none.
    """

    store: Store
    clock: Clock
    supervisor: Supervisor
    lines: Lines
    traffic: Traffic
    measurements: Measurements
    in_flight: InFlight
    tenants: Tenants
    sweeper: Sweeper
    keys: CustomerKeys
    region: str
    quotas: Quotas
