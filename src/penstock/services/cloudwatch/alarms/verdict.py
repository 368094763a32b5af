"""In which state an alarm is, by the data points of its evaluation range.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from collections.abc import Sequence
from typing import NamedTuple

from penstock.services.cloudwatch.alarms.alarm import State
from penstock.services.cloudwatch.alarms.watch import Missing, Watch


class Point(NamedTuple):
    """A data point: when its period began, its value, and of how many samples that is."""

    time_s: int
    value: float
    samples: float | None = None


class Verdict(NamedTuple):
    """``state`` None: it stays as it is. ``points`` were looked at, the oldest first; ``filled`` were missing."""

    state: State | None
    points: tuple[Point, ...]
    filled: int


def judge(watch: Watch, points: Sequence[Point | None]) -> Verdict:
    """Returns the verdict on the data points of the evaluation range, the oldest first; None is a missing one."""
    existing = [point for point in points if point is not None]
    used = tuple(existing[-watch.evaluated :])
    filled = watch.evaluated - len(used)
    breaching = sum(watch.breaches(point.value) for point in used)
    if filled <= 0 or watch.missing is Missing.NOT_BREACHING:
        return Verdict(_by_count(watch, breaching), used, filled)
    if watch.missing is Missing.BREACHING:
        return Verdict(_by_count(watch, breaching + filled), used, filled)
    return Verdict(_with_gaps(watch, points, used, breaching), used, filled)


def _by_count(watch: Watch, breaching: int) -> State:
    return State.ALARM if breaching >= watch.needed else State.OK


def _with_gaps(
    watch: Watch, points: Sequence[Point | None], used: Sequence[Point], breaching: int
) -> State | None:
    """Returns the state when too little is there, and what is missing says nothing."""
    is_known = breaching < len(used) or breaching >= watch.needed
    if is_known:
        return _by_count(watch, breaching)
    if watch.missing is Missing.IGNORE:
        return None
    # Nothing but breaching points, too few: an alarm once the oldest is so old that newer ones could have spoken.
    age = len(points) - next((at for at, point in enumerate(points) if point is not None), len(points))
    return State.ALARM if age >= watch.needed else State.INSUFFICIENT_DATA
