"""What the handlers work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Clock
from penstock.store import Store


@dataclass(frozen=True)
class ToyState:
    """The store, the clock, and the bell for work that is due sooner than was known."""

    store: Store
    clock: Clock
    woken: asyncio.Event = field(default_factory=asyncio.Event)
