"""What the handlers of EventBridge work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Clock
from penstock.delivery import Delivery
from penstock.identities import Identities
from penstock.measurements import Measurements
from penstock.services.customer_keys import CustomerKeys
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class EventsState:
    """The store, who delivers, who knows what a role may, who takes away what is too old, where is counted; KMS's keys.

    ``replay_woken`` and ``schedule_woken`` are the bells for work that is due sooner than was known, ``authorizing``
    that for connections whose token is to be fetched.
    """

    store: Store
    clock: Clock
    delivery: Delivery
    identities: Identities
    sweeper: Sweeper
    measurements: Measurements
    keys: CustomerKeys
    replay_woken: asyncio.Event = field(default_factory=asyncio.Event)
    schedule_woken: asyncio.Event = field(default_factory=asyncio.Event)
    authorizing: asyncio.Event = field(default_factory=asyncio.Event)
