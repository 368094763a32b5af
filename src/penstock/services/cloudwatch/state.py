"""What the handlers of CloudWatch work with."""

import asyncio
from dataclasses import dataclass, field

from penstock.clock import Clock
from penstock.delivery import Delivery
from penstock.services.cloudwatch.schedule import Schedule
from penstock.store import Store, Sweeper


@dataclass(frozen=True, slots=True)
class CloudWatchState:
    """The store, who delivers actions, when alarms are due, who takes away what is too old.

    ``alarm_woken`` is the bell for an alarm that is due sooner than was known. ``drawing`` is held by whoever draws a
    picture: each takes a processor for itself.
    """

    store: Store
    clock: Clock
    delivery: Delivery
    schedule: Schedule
    sweeper: Sweeper
    alarm_woken: asyncio.Event = field(default_factory=asyncio.Event)
    drawing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def look_at(self, id: int, due_s: int) -> None:
        """Has the alarm looked at when it is due: called after the commit that made or changed it."""
        self.schedule.put(id, due_s)
        self.alarm_woken.set()
