"""What the handlers of EventBridge work with."""

from dataclasses import dataclass

from penstock.clock import Clock
from penstock.delivery import Delivery
from penstock.identities import Identities
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class EventsState:
    """The store, who delivers, and who knows what a role may."""

    store: Store
    clock: Clock
    delivery: Delivery
    identities: Identities
