"""What the handlers of CloudWatch work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Clock
from penstock.delivery import Delivery
from penstock.measurements import Measurements
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class CloudWatchState:
    """The store, who delivers actions, what the server measures of itself, who takes away what is too old.

    ``alarm_woken`` is the bell for alarms that are new or have been changed.
    """

    store: Store
    clock: Clock
    delivery: Delivery
    measurements: Measurements
    sweeper: Sweeper
    alarm_woken: asyncio.Event = field(default_factory=asyncio.Event)
