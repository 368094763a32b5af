"""What the handlers of Secrets Manager work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Ids
from penstock.server import Caller
from penstock.services.customer_keys import CustomerKeys
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class SecretsState:
    """The store, where randomness comes from, who takes away secrets whose window is over, the way to
    functions and to keys.

    ``rotation_woken`` is the bell for rotations that are due sooner than was known.
    """

    store: Store
    ids: Ids
    sweeper: Sweeper
    call: Caller
    keys: CustomerKeys
    rotation_woken: asyncio.Event = field(default_factory=asyncio.Event)
