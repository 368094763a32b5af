"""Brings what the buses keep to the subscribers: each step is a transaction that delivers some events and notes how far
the subscriber has come, so none is left out and none delivered twice, whenever the server stops.
"""

from collections.abc import AsyncIterator

from penstock.services.events.custom.bus import bus_of_id
from penstock.services.events.custom.delivering import Routes, deliver
from penstock.services.events.custom.event import event_of
from penstock.services.events.custom.state import CustomState
from penstock.services.events.custom.subscriber import subscriber_of_id
from penstock.services.events.rounds import Rounds
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_AT_ONCE = 256
_STEP_EVENTS = 16  # each of a mebibyte at most
_STEP_BYTES = 512 * 1024


class Pump(Rounds[int]):
    """One per server."""

    def __init__(self, custom: CustomState) -> None:
        super().__init__(custom.clock, custom.woken)
        self._custom = custom

    async def _under_way(self) -> AsyncIterator[int]:
        after = 0
        while found := await self._custom.store.read(_behind, after):
            after = found[-1]
            for id in found:
                yield id

    async def _further(self, key: int) -> None:
        await self._custom.store.write(_step, self._custom, key)


def _behind(tx: ReadTx, after: int) -> list[int]:
    return [id for (id,) in tx.all(Q.find_behind, after, _AT_ONCE)]


def _step(tx: Tx, custom: CustomState, id: int) -> None:
    subscriber = subscriber_of_id(tx, id)
    bus = bus_of_id(tx, subscriber.bus) if subscriber else None
    if subscriber is None or bus is None or not subscriber.running:
        return
    since_ms, after, running = bus.kept_since_ms(tx.now_ms), subscriber.after, True
    routes = Routes(custom.delivery, custom.identities)
    rows, seen = tx.all(Q.find_events, bus.id, after, _STEP_EVENTS), 0
    for event in map(event_of, rows):
        if seen > _STEP_BYTES:
            break
        seen += len(event.document)
        if subscriber.until_ms is not None and event.kept_ms >= subscriber.until_ms:
            running = False
            break
        if event.kept_ms >= since_ms and subscriber.takes(event):
            deliver(tx, routes, subscriber, event)
        after = event.number
    # What the bus has dropped leaves no rows behind it.
    tx.run(Q.put_place, after if rows else bus.last, int(running), id)
