"""``rate(5 minutes)``, ``cron(0 10 * * ? *)`` and ``at(2026-11-20T13:00:00)``.

Rules know the first two, in UTC; EventBridge Scheduler knows all three, in any time zone, and does not mind whether a
unit is in the plural or the year of a cron expression is there.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from penstock.schedules.cron import Cron
from penstock.schedules.zone import time_zone

_RATE = re.compile(r"rate\(([1-9][0-9]{0,8}) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_AT = re.compile(r"at\(([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\)")
_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_FIELDS_WITHOUT_YEAR = 5


class Rate(NamedTuple):
    """Every so often."""

    interval_ms: int

    def next_ms(self, after_ms: int) -> int:
        """Returns the time behind ``after_ms``, at which it was due."""
        return after_ms + self.interval_ms


class OneTime(NamedTuple):
    """Once."""

    at_ms: int

    def next_ms(self, after_ms: int) -> int | None:
        """Returns the time if it is behind ``after_ms``, else None."""
        return self.at_ms if self.at_ms > after_ms else None


Schedule = Rate | Cron | OneTime
"""When something is due: ``next_ms`` returns the first time behind another, or None when there is none."""


@lru_cache(maxsize=4096)
def parse_rule_schedule(text: str) -> Rate | Cron:
    """Returns the schedule of a rule; ValueError for a text that is none."""
    if rate := _RATE.fullmatch(text):
        if (rate[1] == "1") == rate[2].endswith("s"):
            raise ValueError("one minute, two minutes")
        return _rate(rate)
    if cron := _CRON.fullmatch(text):
        return Cron(cron[1], UTC)
    raise ValueError("neither a rate nor a cron expression")


@lru_cache(maxsize=4096)
def parse_expression(text: str, zone: str) -> Schedule:
    """Returns the schedule of EventBridge Scheduler; ValueError for a text that is none, or for an unknown zone."""
    where = time_zone(zone)
    if rate := _RATE.fullmatch(text):
        return _rate(rate)
    if at := _AT.fullmatch(text):
        moment = datetime.fromisoformat(at[1]).replace(tzinfo=where)
        return OneTime(int(moment.timestamp()) * 1000)
    if cron := _CRON.fullmatch(text):
        fields = cron[1]
        if len(fields.split()) == _FIELDS_WITHOUT_YEAR:
            fields += " *"
        return Cron(fields, where)
    raise ValueError("neither a rate, nor a cron, nor an at expression")


def _rate(match: re.Match[str]) -> Rate:
    return Rate(int(match[1]) * _UNITS_MS[match[2].rstrip("s")])
