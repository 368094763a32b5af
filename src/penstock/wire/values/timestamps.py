"""AWS's three timestamp formats: ``iso8601``, ``rfc822`` (HTTP dates) and ``unixTimestamp``.

In: aware datetimes. Out: aware datetimes, or whole numbers, which are milliseconds since the epoch.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from penstock.wire.malformed import Malformed

Moment = datetime | int

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TWO = tuple(f"{number:02}" for number in range(100))
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(
    r"(?:[A-Za-z]{3,9}, ?)?(\d{1,2})[ -]([A-Za-z]{3})[ -](\d{4}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6})\d*)?"
    r" ?(?:GMT|UTC|Z|[+-]0000)?",
    re.ASCII,
)


def parse_text(kind: str, text: str) -> datetime:
    """Returns the moment that ``text`` says in the format ``kind``; Malformed when it says none."""
    return _PARSERS[kind](text.strip())


def from_epoch_s(seconds: float) -> datetime:
    """Returns the moment ``seconds`` after the epoch; Malformed when no calendar reaches it."""
    try:
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise Malformed("Timestamp out of range") from None


def epoch_s(moment: Moment) -> int | float:
    """Returns seconds since the epoch, whole when the moment is, else with milliseconds."""
    if isinstance(moment, int):
        millis = moment
    else:
        # Whole arithmetic: float seconds would show 0.1 as 0.0999.
        millis = (moment - EPOCH) // timedelta(milliseconds=1)
    return millis // 1000 if millis % 1000 == 0 else millis / 1000


def iso8601(moment: Moment) -> str:
    """Returns ``2026-01-02T03:04:05Z``, with milliseconds when there are any."""
    text = iso8601_millis(moment)
    return f"{text[:-5]}Z" if text.endswith(".000Z") else text


def iso8601_millis(moment: Moment) -> str:
    """Returns ``2026-01-02T03:04:05.000Z``: S3 always shows milliseconds."""
    at = _datetime(moment)
    return (
        f"{at.year:04}-{_TWO[at.month]}-{_TWO[at.day]}T{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]}"
        f".{at.microsecond // 1000:03}Z"
    )


def http_date(moment: Moment) -> str:
    """Returns ``Fri, 02 Jan 2026 03:04:05 GMT``."""
    at = _datetime(moment)
    return (
        f"{_DAYS[at.weekday()]}, {_TWO[at.day]} {_MONTHS[at.month - 1]} {at.year:04}"
        f" {_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]} GMT"
    )


def unix(moment: Moment) -> str:
    """Returns seconds since the epoch as text."""
    return str(epoch_s(moment))


def _datetime(moment: Moment) -> datetime:
    if isinstance(moment, int):
        return EPOCH + timedelta(milliseconds=moment)
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _parse_iso8601(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"Invalid timestamp {text!r}") from None


def _parse_http_date(text: str) -> datetime:
    found = _HTTP_DATE.fullmatch(text)
    if found is None:
        raise Malformed(f"Invalid timestamp {text!r}")
    day, month, year, hour, minute, second, fraction = found.groups()
    try:
        number = _MONTHS.index(month.title()) + 1
        micros = int((fraction or "0").ljust(6, "0"))
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second), micros, UTC)
    except ValueError:
        raise Malformed(f"Invalid timestamp {text!r}") from None


def _parse_unix(text: str) -> datetime:
    try:
        return from_epoch_s(float(text))
    except ValueError:
        raise Malformed(f"Invalid timestamp {text!r}") from None


_PARSERS: dict[str, Callable[[str], datetime]] = {
    "iso8601": _parse_iso8601,
    "rfc822": _parse_http_date,
    "unixTimestamp": _parse_unix,
}

FORMATTERS: dict[str, Callable[[Moment], str]] = {
    "iso8601": iso8601,
    "rfc822": http_date,
    "unixTimestamp": unix,
}
