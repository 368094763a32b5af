"""What SNS's handlers work with."""

from dataclasses import dataclass

from penstock.clock import Clock, Ids
from penstock.delivery import Delivery
from penstock.services.quotas import Quotas
from penstock.services.service import Parts
from penstock.services.sns.status.status_log import StatusLog
from penstock.services.sns.traffic import Traffic
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class SnsState:
    """The store and the deliveries; ``endpoint`` is where links in messages lead to."""

    parts: Parts
    store: Store
    clock: Clock
    ids: Ids
    delivery: Delivery
    endpoint: str
    sweeper: Sweeper
    status: StatusLog
    traffic: Traffic
    quotas: Quotas
