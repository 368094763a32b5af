"""What the handlers of EventBridge Scheduler work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Clock
from penstock.delivery import Delivery
from penstock.identities import Identities
from penstock.server import Caller
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class SchedulerState:
    """The store, who delivers, who knows what a role may, who reaches other services' operations.

    ``woken`` is the bell for what is due sooner than was known.
    """

    store: Store
    clock: Clock
    delivery: Delivery
    identities: Identities
    call: Caller
    sweeper: Sweeper
    woken: asyncio.Event = field(default_factory=asyncio.Event)
