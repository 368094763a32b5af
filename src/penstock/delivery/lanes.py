"""What waits and what is being tried, by destination: each has a lane, so that a slow one leaves the others room.

Numbers in memory, counted from the rows when the store is opened and changed when a transaction is durable.
"""

import heapq
from collections import deque
from operator import itemgetter

from penstock.errors import AwsError

LANE_WIDTH = 32
"""Deliveries to one destination that may be tried at once."""

MAX_LANE_BACKLOG = 100_000
"""Deliveries that may wait for one destination."""

MAX_BACKLOG = 1_000_000
"""Deliveries that may wait in all; past either number a change that needs one more is refused."""


class _Lane:
    __slots__ = ("backlog", "handed", "tried")

    def __init__(self) -> None:
        self.backlog = 0
        # Not a set: a try that is due at once may begin before the former one has let go of its place.
        self.tried: list[int] = []
        self.handed: deque[int] = deque()

    def room(self) -> int:
        return max(0, LANE_WIDTH - len(self.tried) - len(self.handed))


_EMPTY = _Lane()


class Lanes:
    """The lanes of one server."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
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

    def room(self, arn: str) -> int:
        """Returns how many more may be leased for ``arn`` now."""
        return self._found(arn).room()

    def has_waiting(self) -> bool:
        """Returns whether some delivery is not leased."""
        return self.backlog > self._tried + self._handed

    def enter(self, arn: str, count: int = 1) -> None:
        """Counts deliveries that have rows now."""
        self._lane(arn).backlog += count
        self.backlog += count

    def leave(self, arn: str) -> None:
        """Counts a delivery that has ended."""
        self._lane(arn).backlog -= 1
        self.backlog -= 1
        self._tidy(arn)

    def begin(self, arn: str, id: int) -> bool:
        """Returns whether the leased delivery may be tried now; else it waits in its lane, by its id alone."""
        lane = self._lane(arn)
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

    def longest(self, count: int) -> list[tuple[str, int]]:
        """Returns the ``count`` destinations for which most wait, and how many do."""
        lanes = ((arn, lane.backlog) for arn, lane in self._lanes.items())
        return heapq.nlargest(count, lanes, key=itemgetter(1))

    def problems(self) -> dict[str, str]:
        """Returns the destinations for which no more may wait, and what follows."""
        return {
            f"delivery to {arn}": f"{lane.backlog} deliveries wait, changes that need one more are refused"
            for arn, lane in self._lanes.items()
            if lane.backlog >= MAX_LANE_BACKLOG
        }

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
