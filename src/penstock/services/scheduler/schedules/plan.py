"""When a schedule is due: first, and after each time.

``planned`` is the time that the expression says; a flexible window puts the target's call off by chance.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from penstock.schedules import OneTime, Rate, Schedule, parse_expression
from penstock.services.scheduler.limits import PRECISION_MS
from penstock.services.scheduler.schedules.settings import Settings

_MINUTE_MS = 60_000
_WHAT_PLANS = ("ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State")


def first_planned_ms(settings: Settings, now_ms: int) -> int | None:
    """Returns the first time of a schedule that is made at ``now_ms``; None when it never comes."""
    if settings["State"] != "ENABLED":
        return None
    schedule, start_ms = _schedule(settings), settings.get("StartDate")
    match schedule:
        case OneTime(at_ms):
            return at_ms if at_ms > now_ms - PRECISION_MS else None
        case Rate():
            begin_ms = now_ms if start_ms is None else start_ms
            return _before_the_end(settings, _in_step(schedule, begin_ms, now_ms))
        case _:
            begin_ms = now_ms if start_ms is None else max(start_ms, now_ms)
            return _before_the_end(settings, schedule.next_ms(begin_ms - 1))


def next_planned_ms(settings: Settings, planned_ms: int, behind_ms: int) -> int | None:
    """Returns the next time after ``planned_ms`` that is behind ``behind_ms``; None when it never comes."""
    schedule = _schedule(settings)
    match schedule:
        case OneTime():
            return None
        case Rate(interval_ms):
            next_ms = _in_step(schedule, planned_ms + interval_ms, behind_ms + 1)
            return _before_the_end(settings, next_ms)
        case _:
            return _before_the_end(settings, schedule.next_ms(max(planned_ms, behind_ms)))


def replanned_ms(old: Settings, new: Settings, planned_ms: int | None, now_ms: int) -> int | None:
    """Returns the next time of a schedule that is changed: the one planned, unless what plans it is changed."""
    if planned_ms is None or any(old.get(name) != new.get(name) for name in _WHAT_PLANS):
        return first_planned_ms(new, now_ms)
    return _before_the_end(new, planned_ms)


def due_ms(settings: Settings, planned_ms: int | None, chance: float) -> int | None:
    """Returns when the target is asked for the time planned; ``chance`` is in [0, 1)."""
    if planned_ms is None:
        return None
    minutes = settings["FlexibleTimeWindow"].get("MaximumWindowInMinutes") or 0
    return planned_ms + int(chance * minutes * _MINUTE_MS)


def _schedule(settings: Settings) -> Schedule:
    return parse_expression(settings["ScheduleExpression"], settings["ScheduleExpressionTimezone"])


def _in_step(rate: Rate, first_ms: int, not_before_ms: int) -> int:
    """Returns the first of the times ``first_ms`` and every so often behind it that is not before ``not_before_ms``."""
    late_ms = max(0, not_before_ms - first_ms)
    return first_ms + -(-late_ms // rate.interval_ms) * rate.interval_ms


def _before_the_end(settings: Settings, planned_ms: int | None) -> int | None:
    end_ms = settings.get("EndDate")
    is_over = planned_ms is not None and end_ms is not None and planned_ms > end_ms
    return None if is_over else planned_ms
