"""What the handlers of EventBridge work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Clock
from penstock.delivery import Delivery
from penstock.identities import Identities
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class EventsState:
    """The store, who delivers, who knows what a role may, who takes away what is too old, and the bell for replays."""

    store: Store
    clock: Clock
    delivery: Delivery
    identities: Identities
    sweeper: Sweeper
    replay_woken: asyncio.Event = field(default_factory=asyncio.Event)
