"""What waits and what is being tried, by destination: each has a lane, so that a slow one leaves the others room.

A lane whose destination keeps failing is held by its breaker (``breaker.py``). Those of low priority are put off while
deliveries to high ones are tried, and while there is more to do than can be done (``priority.py``).

Numbers in memory, counted from the rows when the store is opened and changed when a transaction is durable.
"""

import heapq
from collections import deque
from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from penstock.delivery.breaker import HOLD_MS, Breaker
from penstock.delivery.priority import LOOK_AGAIN_MS, PUT_OFF_MS, SHED_BACKLOG, Priority
from penstock.delivery.stamps import iso_time
from penstock.errors import AwsError

LANE_WIDTH = 32
"""Deliveries to one destination that may be tried at once."""

MAX_LANE_BACKLOG = 100_000
"""Deliveries that may wait for one destination."""

MAX_BACKLOG = 1_000_000
"""Deliveries that may wait in all; past either number a change that needs one more is refused."""


class Share(NamedTuple):
    """What may be leased for a destination now: ``most`` deliveries that were due at ``due_ms`` or before."""

    most: int
    due_ms: int


class Standing(NamedTuple):
    """How it stands with a destination: ``waiting`` have not ended, ``trying`` of them are being tried.

    ``since_ms`` is since when each try has found it out of order, None when the last one has not. ``probe_ms`` is when
    the next one asks whether it works; None: its breaker is closed. ``error`` is what the last one said. ``ranked``
    says how many of those that wait have the priority of a rule.
    """

    arn: str
    waiting: int
    trying: int
    since_ms: int | None
    probe_ms: int | None
    error: str
    priority: Priority
    ranked: dict[Priority, int]


class _Lane:
    __slots__ = ("backlog", "breaker", "handed", "priority", "ranked", "tried")

    def __init__(self) -> None:
        self.backlog = 0
        self.priority = Priority.NORMAL
        # How many have the priority of their rule; the others have the destination's.
        self.ranked: dict[Priority, int] = {}
        self.breaker: Breaker | None = None
        # Not a set: a try that is due at once may begin before the former one has let go of its place.
        self.tried: list[int] = []
        self.handed: deque[int] = deque()

    def room(self) -> int:
        return max(0, LANE_WIDTH - len(self.tried) - len(self.handed))

    def ranks(self) -> list[Priority | None]:
        """Returns the priorities that deliveries have, the most urgent first; None: the destination's."""
        if not self.ranked:
            return [None]
        return sorted([None, *self.ranked], key=lambda rank: (rank or self.priority).rank)

    def is_held(self) -> bool:
        return self.breaker is not None and self.breaker.is_open

    def standing(self, arn: str) -> Standing:
        waiting, trying, breaker = self.backlog, len(self.tried), self.breaker
        ranked = dict(self.ranked)
        if breaker is None:
            return Standing(arn, waiting, trying, None, None, "", self.priority, ranked)
        found = breaker.since_ms, breaker.probe_ms, breaker.error
        return Standing(arn, waiting, trying, *found, self.priority, ranked)


_EMPTY = _Lane()
_PROBLEMS = 20


class Lanes:
    """The lanes of one server; ``is_pressed`` returns whether the server is late with what it does."""

    def __init__(self, is_pressed: Callable[[], bool]) -> None:
        self._is_pressed = is_pressed
        self._lanes: dict[str, _Lane] = {}
        # What is of high priority and under way: deliveries, by their ids, and batches of mappings.
        self._urgent: list[object] = []
        self._tried = 0
        self._handed = 0
        self.backlog = 0

    def is_full(self, arn: str) -> bool:
        """Returns whether no more may wait for ``arn``."""
        return self._found(arn).backlog >= MAX_LANE_BACKLOG

    def check(self, arn: str) -> None:
        """Returns when one more may wait for ``arn``; AwsError ``SlowDown``."""
        if self.backlog >= MAX_BACKLOG or self.is_full(arn):
            raise AwsError("SlowDown", "Please reduce your request rate.", status=503)

    def room(self, arn: str, priority: Priority = Priority.NORMAL) -> int:
        """Returns how many new deliveries may be leased for ``arn`` at once; none while they are kept back."""
        lane = self._found(arn)
        return 0 if lane.is_held() or self.puts_off(priority) else lane.room()

    def ranks(self, arn: str) -> list[Priority | None]:
        """Returns the priorities of what waits for ``arn``, the most urgent first; None is the destination's own."""
        return self._found(arn).ranks()

    def share(self, arn: str, rank: Priority | None, now_ms: int) -> Share:
        """Returns what may be leased of that which waits for ``arn`` with this priority.

        Behind an open breaker it is one delivery when its time has come, and what has been kept for long enough; of
        what is put off it is that alone.
        """
        lane = self._found(arn)
        if lane.breaker is None or lane.breaker.probe_ms is None:
            return Share(lane.room(), now_ms - PUT_OFF_MS if self.puts_off(rank or lane.priority) else now_ms)
        if now_ms >= lane.breaker.probe_ms and not (lane.tried or lane.handed):
            return Share(1, now_ms)
        return Share(lane.room(), now_ms - HOLD_MS)

    def opens_ms(self, arn: str, rank: Priority | None, due_ms: int, now_ms: int) -> int:
        """Returns when to look whether a delivery to ``arn`` that is due at ``due_ms`` may be tried."""
        lane = self._found(arn)
        if lane.is_held() and lane.breaker:
            return lane.breaker.opens_ms(due_ms)
        return (
            max(due_ms, min(now_ms + LOOK_AGAIN_MS, due_ms + PUT_OFF_MS))
            if self.puts_off(rank or lane.priority)
            else due_ms
        )

    def reopen(self, arn: str, since_ms: int, error: str, now_ms: int) -> bool:
        """Opens the breaker of a former process, which asks at once; returns False when nothing waits for ``arn``."""
        if (lane := self._lanes.get(arn)) is None:
            return False
        lane.breaker = Breaker(since_ms)
        lane.breaker.reopen(error, now_ms)
        return True

    def failed(self, arn: str, error: str, now_ms: int) -> None:
        """Counts a try that found the destination out of order."""
        if (lane := self._lanes.get(arn)) is None:
            return
        if lane.breaker is None:
            lane.breaker = Breaker(now_ms)
        lane.breaker.failed(error, now_ms)

    def open_breaker(self, arn: str) -> Breaker | None:
        """Returns the breaker of ``arn`` if it is open."""
        breaker = self._found(arn).breaker
        return breaker if breaker and breaker.is_open else None

    def is_failing(self, arn: str) -> bool:
        """Returns whether the last try found the destination out of order."""
        return self._found(arn).breaker is not None

    def worked(self, arn: str) -> None:
        """Lets go what was held: the destination works."""
        self._found(arn).breaker = None

    def has_waiting(self) -> bool:
        """Returns whether some delivery is not leased."""
        return self.backlog > self._tried + self._handed

    def enter(
        self, arn: str, priority: Priority | None, rank: Priority | None = None, count: int = 1
    ) -> None:
        """Counts deliveries of this ``rank`` that have rows now; ``priority`` is what the destination's is now."""
        lane = self._lane(arn)
        lane.backlog += count
        self.backlog += count
        lane.priority = priority or Priority.NORMAL
        if rank is not None:
            lane.ranked[rank] = lane.ranked.get(rank, 0) + count

    def leave(self, arn: str, rank: Priority | None = None) -> None:
        """Counts a delivery that has ended."""
        lane = self._lane(arn)
        lane.backlog -= 1
        self.backlog -= 1
        if rank is not None:
            lane.ranked[rank] -= 1
            if not lane.ranked[rank]:
                del lane.ranked[rank]
        self._tidy(arn)

    def begin(self, arn: str, id: int, rank: Priority | None = None) -> bool:
        """Returns whether the leased delivery may be tried now; else it waits in its lane, by its id alone."""
        lane = self._lane(arn)
        if (rank or lane.priority) is Priority.HIGH:
            self._urgent.append(id)
        if len(lane.tried) >= LANE_WIDTH:
            lane.handed.append(id)
            self._handed += 1
            return False
        lane.tried.append(id)
        self._tried += 1
        return True

    def end(self, arn: str, id: int) -> None:
        """Gives back the place of a delivery that is not being tried any more."""
        self._lanes[arn].tried.remove(id)
        self._tried -= 1
        self.relax(id)
        self._tidy(arn)

    def next_handed(self) -> list[int]:
        """Returns which leased deliveries have waited in their lanes and may be tried now."""
        if not self._handed:
            return []
        return [
            id
            for lane in self._lanes.values()
            for id in list(lane.handed)[: max(0, LANE_WIDTH - len(lane.tried))]
        ]

    def unhand(self, arn: str, id: int) -> None:
        """Takes a delivery out of those that wait leased."""
        self._lanes[arn].handed.remove(id)
        self._handed -= 1
        self.relax(id)

    def press(self, what: object) -> None:
        """Counts something of high priority that is under way and no delivery: a mapping's batch."""
        self._urgent.append(what)

    def relax(self, what: object) -> None:
        """Counts something as done, if it was of high priority."""
        if what in self._urgent:
            self._urgent.remove(what)

    def longest(self, count: int) -> list[tuple[str, int]]:
        """Returns the ``count`` destinations for which most wait, and how many do."""
        lanes = ((arn, lane.backlog) for arn, lane in self._lanes.items())
        return heapq.nlargest(count, lanes, key=itemgetter(1))

    def standings(self, count: int) -> list[Standing]:
        """Returns how it stands with ``count`` destinations: those that fail for longest, then where most wait."""
        standings = (lane.standing(arn) for arn, lane in self._lanes.items())
        return heapq.nsmallest(count, standings, key=_by_trouble)

    def is_put_off(self, arn: str) -> bool:
        """Returns whether ``arn`` waits for its priority, or because there is too much to do."""
        lane = self._found(arn)
        return any(self.puts_off(rank or lane.priority) for rank in lane.ranks())

    def put_off(self) -> list[str]:
        """Returns the destinations that wait for their priority, or because there is too much to do."""
        return [arn for arn, lane in self._lanes.items() if lane.backlog and self.is_put_off(arn)]

    def count(self) -> int:
        """Returns how many destinations something waits for."""
        return len(self._lanes)

    def held(self) -> int:
        """Returns how many breakers are open."""
        return sum(lane.is_held() for lane in self._lanes.values())

    def problems(self) -> dict[str, str]:
        """Returns the destinations that fail, or for which no more may wait, and what follows; the worst of them."""
        found = {}
        failing = (lane.standing(arn) for arn, lane in self._lanes.items() if lane.is_held())
        for standing in heapq.nsmallest(_PROBLEMS, failing, key=_by_trouble):
            found[f"delivery to {standing.arn}"] = _held(standing)
        for arn, lane in self._lanes.items():
            if lane.backlog >= MAX_LANE_BACKLOG:
                found[f"delivery to {arn}"] = (
                    f"{lane.backlog} deliveries wait, changes that need one more are refused"
                )
        if self._is_late() and (count := len(self.put_off())):
            found["load"] = (
                f"there is too much to do: deliveries to {count} destinations of low priority are put off"
            )
        return found

    def _is_late(self) -> bool:
        return self.backlog > SHED_BACKLOG or self._is_pressed()

    def puts_off(self, priority: Priority) -> bool:
        """Returns whether what has this priority waits now."""
        return priority is Priority.LOW and (bool(self._urgent) or self._is_late())

    def _found(self, arn: str) -> _Lane:
        return self._lanes.get(arn, _EMPTY)

    def _lane(self, arn: str) -> _Lane:
        lane = self._lanes.get(arn)
        if lane is None:
            lane = self._lanes[arn] = _Lane()
        return lane

    def _tidy(self, arn: str) -> None:
        lane = self._lanes[arn]
        if not (lane.backlog or lane.tried or lane.handed):
            del self._lanes[arn]


def _by_trouble(standing: Standing) -> tuple[bool, int, int, str]:
    return (standing.since_ms is None, standing.since_ms or 0, -standing.waiting, standing.arn)


def _held(standing: Standing) -> str:
    assert standing.since_ms is not None and standing.probe_ms is not None
    since, probe = iso_time(standing.since_ms), iso_time(standing.probe_ms)
    return f"it has failed since {since}: {standing.waiting} deliveries wait, it is asked again at {probe}"
