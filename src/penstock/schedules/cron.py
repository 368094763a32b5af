"""AWS's cron expressions: six fields, of which CronSim reads five.

What it does not read is here: the year, weekdays counted from Sunday as 1, and the weekday nearest to a day (``3W``).
They hold for the time that clocks in the zone show. A time that they leave out is never due, one that they show twice
the first time only.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html,
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS = 6
_YEARS = (1970, 2199)
_NEAREST = re.compile(r"([1-9]|[12][0-9]|3[01])W")
_SATURDAY, _SUNDAY = 5, 6


class Cron:
    """At times of the calendar, in certain years."""

    def __init__(self, text: str, zone: tzinfo) -> None:
        """Raises ValueError for what is no cron expression."""
        fields = text.upper().split()
        if len(fields) != _FIELDS or not text.isascii():
            raise ValueError("a cron expression has six fields")
        minute, hour, day, month, weekday, year = fields
        if (day == "?") == (weekday == "?"):
            raise ValueError("one of day-of-month and day-of-week is ?")
        if "?" in minute + hour + month + year:
            raise ValueError("? stands for days only")
        nearest = _NEAREST.fullmatch(day)
        self._near = int(nearest[1]) if nearest else None
        self._zone = zone
        self._years = _years(year)
        shown_day = "*" if nearest else day.replace("?", "*")
        self._fields = " ".join((minute, hour, shown_day, month, _weekday(weekday)))
        try:
            CronSim(self._fields, datetime(1970, 1, 1))
        except CronSimError as error:
            raise ValueError(str(error)) from None

    def next_ms(self, after_ms: int) -> int | None:
        """Returns the first time behind ``after_ms``, or None when there is none."""
        shown = (_EPOCH + timedelta(milliseconds=after_ms)).astimezone(self._zone).replace(tzinfo=None)
        while (found := self._next(shown)) is not None:
            due_ms = self._real_ms(found)
            if due_ms is not None and due_ms > after_ms:
                return due_ms
            shown = found
        return None

    def _next(self, after: datetime) -> datetime | None:
        """Returns the first time behind ``after``, as clocks in the zone show it."""
        while (found := next(CronSim(self._fields, after), None)) is not None and found.year <= _YEARS[1]:
            begin = self._next_year(found) or self._next_day(found)
            if begin is None:
                return found
            if begin.year > _YEARS[1]:
                return None
            after = begin - timedelta(minutes=1)
        return None

    def _next_year(self, found: datetime) -> datetime | None:
        """Returns when to look on, if the year is none of ours."""
        if self._years is None or found.year in self._years:
            return None
        year = min((year for year in self._years if year > found.year), default=_YEARS[1] + 1)
        return datetime(year, 1, 1)

    def _next_day(self, found: datetime) -> datetime | None:
        """Returns when to look on, if the day is not the weekday that is meant."""
        if self._near is None:
            return None
        day = _nearest_weekday(found.year, found.month, self._near)
        if day == found.day:
            return None
        if day is not None and found.day < day:
            return datetime(found.year, found.month, day)
        return datetime(found.year + found.month // 12, found.month % 12 + 1, 1)

    def _real_ms(self, shown: datetime) -> int | None:
        """Returns when clocks in the zone first show the time; None when they leave it out."""
        real = shown.replace(tzinfo=self._zone).astimezone(UTC)
        if real.astimezone(self._zone).replace(tzinfo=None) != shown:
            return None
        return int((real - _EPOCH).total_seconds()) * 1000


def _nearest_weekday(year: int, month: int, day: int) -> int | None:
    """Returns the day of the weekday nearest to ``day`` in the same month; None when the month has no such day."""
    first, last = 1, calendar.monthrange(year, month)[1]
    if day > last:
        return None
    weekday = calendar.weekday(year, month, day)
    if weekday == _SATURDAY:
        return day - 1 if day > first else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < last else day - 2
    return day


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
