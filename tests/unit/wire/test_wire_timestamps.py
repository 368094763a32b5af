"""AWS's three timestamp formats."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.wire.malformed import Malformed
from penstock.wire.values.timestamps import (
    FORMATTERS,
    epoch_s,
    http_date,
    iso8601,
    iso8601_millis,
    parse_text,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text", "moment"),
    [
        ("iso8601", "2026-01-02T03:04:05Z", AT),
        ("iso8601", "2026-01-02T03:04:05.678Z", AT + timedelta(milliseconds=678)),
        ("iso8601", "2026-01-02T05:04:05+02:00", AT),
        ("iso8601", " 2026-01-02 ", datetime(2026, 1, 2, tzinfo=UTC)),
        ("rfc822", "Fri, 02 Jan 2026 03:04:05 GMT", AT),
        ("rfc822", "Fri, 2 jan 2026 03:04:05 GMT", AT),
        ("rfc822", "Friday, 02-Jan-2026 03:04:05 GMT", AT),
        ("rfc822", "Fri, 02 Jan 2026 03:04:05.5 GMT", AT + timedelta(milliseconds=500)),
        ("unixTimestamp", "1767323045", AT),
        ("unixTimestamp", "1.767323045E9", AT),
    ],
)
def test_moments_are_read(kind: str, text: str, moment: datetime) -> None:
    assert parse_text(kind, text) == moment
    assert parse_text(kind, text).tzinfo is UTC


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("iso8601", ""),
        ("iso8601", "yesterday"),
        ("iso8601", "0001-01-01T00:00:00+23:59"),
        ("rfc822", "2026-01-02"),
        ("rfc822", "Fri, 31 Feb 2026 03:04:05 GMT"),
        ("rfc822", "Fri, 02 Foo 2026 03:04:05 GMT"),
        ("unixTimestamp", "nan"),
        ("unixTimestamp", "inf"),
        ("unixTimestamp", "1e300"),
        ("unixTimestamp", "x"),
    ],
)
def test_what_is_no_moment_is_malformed(kind: str, text: str) -> None:
    with pytest.raises(Malformed):
        parse_text(kind, text)


def test_moments_are_written() -> None:
    assert iso8601(AT) == "2026-01-02T03:04:05Z"
    assert iso8601(AT + timedelta(milliseconds=60)) == "2026-01-02T03:04:05.060Z"
    assert iso8601_millis(AT) == "2026-01-02T03:04:05.000Z"
    assert http_date(AT) == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert epoch_s(AT) == 1767323045
    assert epoch_s(AT + timedelta(milliseconds=100)) == 1767323045.1
    assert iso8601(AT.astimezone(timezone(timedelta(hours=5)))) == "2026-01-02T03:04:05Z"


def test_whole_numbers_are_milliseconds() -> None:
    assert iso8601_millis(1767323045678) == "2026-01-02T03:04:05.678Z"
    assert epoch_s(1767323045678) == 1767323045.678


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from(["iso8601", "rfc822", "unixTimestamp"]))
def test_what_is_written_is_read_to_its_precision(moment: datetime, kind: str) -> None:
    step = timedelta(seconds=1) if kind == "rfc822" else timedelta(milliseconds=1)
    assert abs(parse_text(kind, FORMATTERS[kind](moment)) - moment) < step
