"""What the handlers of custom event buses work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Clock, Ids
from penstock.delivery import Delivery
from penstock.identities import Identities
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class CustomState:
    """The store, who delivers, who knows what a role may, and who takes away what is too old.

    ``woken`` is the bell for subscribers that there is something for.
    """

    store: Store
    clock: Clock
    ids: Ids
    delivery: Delivery
    identities: Identities
    sweeper: Sweeper
    woken: asyncio.Event = field(default_factory=asyncio.Event)
