"""What the handlers of the schema registry work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.services.service import Parts
from penstock.store import Store


@dataclass(frozen=True, slots=True)
class SchemasState:
    """The store, what every service is built from, and the bell for events that are to be looked at."""

    parts: Parts
    store: Store
    woken: asyncio.Event = field(default_factory=asyncio.Event)
