"""Answers who follows events as they happen: at once when there is something new, else when something was written."""

import asyncio
import re
from typing import Any

from penstock.app.arguments import Args, number_in, text_in
from penstock.clock import Clock
from penstock.delivery.telling import tail
from penstock.errors import AwsError
from penstock.matching.wildcard import Wildcard
from penstock.store import Store

_PLACE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})")
_WAIT_S = 20
_HELD_S = 1.0
_GATHERED_S = 0.05
_MAX_PATTERN = 1024
_MAX_LAST = 1000

OUTCOMES = frozenset({"recorded", "delivered", "filtered", "retrying", "failed", "dead", "redriven"})


class Tail:
    """Wakes its readers after commits; ``close`` ends their waiting."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._written: asyncio.Event | None = None
        self._is_closed = False

    def ring(self) -> None:
        """Tells who waits that something was written."""
        if self._written is not None:
            self._written.set()
            self._written = None

    def close(self) -> None:
        """Ends all waiting."""
        self._is_closed = True
        self.ring()

    async def answer(self, args: Args) -> dict[str, Any]:
        """Returns what happened behind the place ``after``, as soon as something has; without one, the place now."""
        wanted, after = _wanted(args), text_in(args, "after")
        if after is None:
            last = min(number_in(args, "last") or 0, _MAX_LAST)
            place = await self._store.read(tail.end, last)
            return {"entries": [], "missed": 0, "next": str(place)}
        found = _PLACE.fullmatch(after)
        if found is None:
            raise AwsError("ValidationError", "after must be a place that an answer gave.", status=400)
        page = await self._page(tail.Place(int(found[1]), int(found[2])), wanted)
        return {"entries": page.entries, "missed": page.missed, "next": str(page.place)}

    async def _page(self, place: tail.Place, wanted: tail.Wanted) -> tail.Page:
        ends_ns = self._clock.stopwatch_ns() + _WAIT_S * 10**9
        while True:
            written = self._listen()
            page = await self._store.read(tail.page, place, wanted)
            left_s = (ends_ns - self._clock.stopwatch_ns()) / 10**9
            if page.entries or page.missed or left_s <= 0 or self._is_closed:
                return page
            if page.is_last:
                await self._wait(written, min(left_s, _HELD_S) if page.is_held else left_s)
            place = page.place

    async def _wait(self, written: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await written.wait()
        except TimeoutError:
            return
        await self._clock.elapse(_GATHERED_S)  # a reader does not look at each of thousands of commits

    def _listen(self) -> asyncio.Event:
        if self._written is None:
            self._written = asyncio.Event()
        return self._written


def _wanted(args: Args) -> tail.Wanted:
    outcome = text_in(args, "outcome")
    if outcome is not None and outcome not in OUTCOMES:
        raise AwsError("ValidationError", f"outcome is one of {', '.join(sorted(OUTCOMES))}.", status=400)
    return tail.Wanted(
        text_in(args, "bucket"),
        _pattern(args, "key"),
        _pattern(args, "type"),
        _pattern(args, "target"),
        outcome,
    )


def _pattern(args: Args, name: str) -> Wildcard | None:
    text = text_in(args, name)
    if text is not None and len(text) > _MAX_PATTERN:
        raise AwsError("ValidationError", f"{name} is longer than {_MAX_PATTERN} characters.", status=400)
    return Wildcard(text.removeprefix("s3:")) if text else None
