"""``rate(5 minutes)`` and ``cron(0 10 * * ? *)``, in UTC.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from cronsim import CronSim, CronSimError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RATE = re.compile(r"rate\(([1-9][0-9]{0,8}) (minute|minutes|hour|hours|day|days)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
_FIELDS = 6
_YEARS = (1970, 2199)


class Schedule(Protocol):
    """When something is due, again and again."""

    def next_ms(self, after_ms: int) -> int | None:
        """Returns the first time behind ``after_ms``, or None when there is none."""


class _Rate:
    """Every so often."""

    def __init__(self, interval_ms: int) -> None:
        self._interval_ms = interval_ms

    def next_ms(self, after_ms: int) -> int:
        return after_ms + self._interval_ms


class _Cron:
    """At times of the calendar, in certain years."""

    def __init__(self, fields: str, years: frozenset[int] | None) -> None:
        self._fields = fields
        self._years = years

    def next_ms(self, after_ms: int) -> int | None:
        after = _EPOCH + timedelta(milliseconds=after_ms)
        while (found := _next(self._fields, after)) is not None:
            if self._years is None or found.year in self._years:
                return int((found - _EPOCH).total_seconds()) * 1000
            year = min((year for year in self._years if year > found.year), default=None)
            if year is None:
                return None
            after = datetime(year, 1, 1, tzinfo=UTC) - timedelta(minutes=1)
        return None


@lru_cache(maxsize=4096)
def parse_schedule(text: str) -> Schedule:
    """Returns the schedule; ValueError for a text that is none, NotImplementedError for a weekday nearest to a day."""
    if rate := _RATE.fullmatch(text):
        count, unit = int(rate[1]), rate[2]
        if (count == 1) == unit.endswith("s"):
            raise ValueError("one minute, two minutes")
        return _Rate(count * _UNITS_MS[unit.rstrip("s")])
    if cron := _CRON.fullmatch(text):
        return _cron(cron[1].split())
    raise ValueError("neither a rate nor a cron expression")


def _cron(fields: list[str]) -> _Cron:
    if len(fields) != _FIELDS:
        raise ValueError("a cron expression has six fields")
    minute, hour, day, month, weekday, year = (field.upper() for field in fields)
    if (day == "?") == (weekday == "?"):
        raise ValueError("one of day-of-month and day-of-week is ?")
    if "W" in day:
        raise NotImplementedError("W")
    if "?" in minute + hour + month + year:
        raise ValueError("? stands for days only")
    translated = " ".join((minute, hour, day.replace("?", "*"), month, _weekday(weekday)))
    try:
        CronSim(translated, _EPOCH)
    except CronSimError as error:
        raise ValueError(str(error)) from None
    return _Cron(translated, _years(year))


def _weekday(field: str) -> str:
    """Returns the field with Sunday as 0, which is 1 at AWS; ``L`` alone is Saturday."""
    if field in ("?", "L"):
        return {"?": "*", "L": "6"}[field]
    days = re.sub(r"[0-9]+", _counted_from_0, re.sub(r"[#/][0-9]+", _hidden, field))
    return days.translate(_SHOWN)


_HIDING = {str(digit): chr(0xE000 + digit) for digit in range(10)}
_SHOWN = {ord(hidden): digit for digit, hidden in _HIDING.items()}


def _hidden(match: re.Match[str]) -> str:
    """Returns what counts no weekday, the step or the week of a month, so that it stays."""
    return match[0][0] + "".join(_HIDING[digit] for digit in match[0][1:])


def _counted_from_0(match: re.Match[str]) -> str:
    day = int(match[0])
    if not 1 <= day <= 7:
        raise ValueError("days of the week are 1 to 7")
    return str(day - 1)


def _years(field: str) -> frozenset[int] | None:
    if field == "*":
        return None
    return frozenset().union(*map(_some_years, field.split(",")))


def _some_years(text: str) -> range:
    span, slash, step = text.partition("/")
    first, dash, last = span.partition("-")
    start = _YEARS[0] if first == "*" else int(first)
    end = int(last) if dash else (_YEARS[1] if slash or first == "*" else start)
    if not _YEARS[0] <= start <= end <= _YEARS[1]:
        raise ValueError("years are 1970 to 2199")
    return range(start, end + 1, int(step) if slash else 1)


def _next(fields: str, after: datetime) -> datetime | None:
    return next(CronSim(fields, after), None)
