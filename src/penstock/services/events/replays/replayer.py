"""Runs replays: each step is a transaction that delivers some events and notes how far it has come.

So no event is replayed twice, and none left out, whenever the server stops.
"""

import logging
from collections.abc import AsyncIterator

from penstock.delivery import Message, Origin
from penstock.delivery.trace_header import child_header
from penstock.services.customer_keys import KeyRefusal
from penstock.services.events.archives.archive import REPLAY_NAME
from penstock.services.events.arns import Key
from penstock.services.events.keys import opened
from penstock.services.events.putting.event import read_event
from penstock.services.events.putting.fan_out import FanOut
from penstock.services.events.replays.replay import Replay, ReplayState, find_replay
from penstock.services.events.rounds import Rounds
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

log = logging.getLogger(__name__)
Q = queries(__package__)
ARCHIVED = queries("penstock.services.events.archives")

_AT_ONCE = 1000  # of all accounts, each of which has ten at most
_STEP_EVENTS = 20
_STEP_DELIVERIES = 64
"""When that many have been made, what is left of the events waits for the next step."""


class Replayer(Rounds[Key]):
    """One per server."""

    def __init__(self, events: EventsState) -> None:
        super().__init__(events.clock, events.replay_woken)
        self._events = events

    async def _under_way(self) -> AsyncIterator[Key]:
        for key in await self._events.store.read(_active):
            yield key

    async def _further(self, key: Key) -> None:
        await self._events.store.write(_step, self._events, key)


def _active(tx: ReadTx) -> list[Key]:
    return [(row[0], row[1], row[2]) for row in tx.all(Q.find_active_replays, _AT_ONCE)]


def _step(tx: Tx, events: EventsState, key: Key) -> None:
    replay = find_replay(tx, key)
    if replay is None or replay.ended_ms is not None:
        return
    if replay.state is ReplayState.CANCELLING:
        tx.run(Q.put_replay_state, ReplayState.CANCELLED.value, tx.now_ms, replay.id)
        return
    place = (replay.archive, replay.at_ms, replay.at_id, replay.to_ms)
    rows = tx.all(ARCHIVED.find_archived, *place, _STEP_EVENTS)
    if not rows:
        tx.run(Q.put_replay_state, ReplayState.COMPLETED.value, tx.now_ms, replay.id)
        return
    try:
        texts = [opened(tx, events.keys, replay.bus_key, stored) for _, _, stored in rows]
    except KeyRefusal as refusal:
        log.warning("the replay %s has failed: %s", replay.arn, refusal)
        tx.run(Q.put_replay_state, ReplayState.FAILED.value, tx.now_ms, replay.id)
        return
    made, at_ms, at_id = 0, replay.at_ms, replay.at_id
    for (id, time_ms, _), text in zip(rows, texts, strict=True):
        made += _replay(tx, events, replay, text)
        at_ms, at_id = time_ms, id
        if made >= _STEP_DELIVERIES:
            break
    tx.run(Q.put_replay_place, ReplayState.RUNNING.value, at_ms, at_id, at_ms, replay.id)


def _replay(tx: Tx, events: EventsState, replay: Replay, text: str) -> int:
    """Returns how many deliveries were made of the event."""
    event = read_event(f'{text.rstrip()[:-1]},"{REPLAY_NAME}":"{replay.key[2]}"}}'.encode())
    trace = child_header(None, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)
    origin = Origin()
    FanOut(tx, events, event, Message(event.text, trace, origin=origin)).run(replay.bus_key, replay.rules)
    return origin.count
