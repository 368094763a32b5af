"""Connections as event sources: a function hears of each connection once, in the order of their making."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from penstock.clock import Clock
from penstock.server import Call, Params
from penstock.services.source import Fed, Feed, Message, Source
from penstock.store import ReadTx, Store, queries

Q = queries(__package__)


class Arrivals:
    """The connections that no function has heard of yet; what has been heard is kept in memory, as a toy may."""

    batches_at_once = 1
    window_s = 0

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._heard: set[str] = set()

    async def receive(self, function: Fed, count: int, wait_s: int) -> list[Message]:
        """Returns connections that are new."""
        fresh = [arn for arn in await self._store.read(_arns) if arn not in self._heard][:count]
        if not fresh and wait_s:
            await self._clock.sleep(wait_s)
        return [Message(arn, len(arn), 1, None, {"arn": arn}) for arn in fresh]

    async def finish(self, function: Fed, done: list[Message], failed: list[Message]) -> None:
        """Notes what has been heard."""
        self._heard.update(message.id for message in done)

    def event(self, messages: list[Message]) -> bytes:
        """Returns the ARNs."""
        return json.dumps([message.id for message in messages]).encode()

    def left_out(self, message: Message) -> str:
        """Returns "": a counter has no filters."""
        return ""

    def failed(self, response: bytes, messages: list[Message]) -> set[str]:
        """Returns nothing: a function that answers has heard."""
        return set()


class ArrivalsKind:
    """The kind of source: it takes any mapping."""

    label = "connections"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def settings(self, old: Mapping[str, Any], params: Params, source_arn: str) -> dict[str, Any]:
        """Returns a batch size."""
        return {"BatchSize": params.get("BatchSize") or 10, **old}

    async def check(self, call: Call, function: Fed, source_arn: str) -> None:
        """Returns: every function may be fed."""

    def open(self, feed: Feed) -> Sequence[Source]:
        """Returns the arrivals."""
        return [Arrivals(self._store, self._clock)]


def _arns(tx: ReadTx) -> list[str]:
    return [arn for (arn,) in tx.all(Q.find_arns)]
