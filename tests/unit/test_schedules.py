"""Rate, cron and at expressions: the examples of AWS's guides, and what they forbid."""

from datetime import UTC, datetime

import pytest

from penstock.schedules import Schedule, parse_expression, parse_rule_schedule, time_zone

# A Thursday.
START = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


def due(schedule: Schedule, start: datetime = START, count: int = 3) -> list[str]:
    at_ms, found = int(start.timestamp()) * 1000, []
    for _ in range(count):
        next_ms = schedule.next_ms(at_ms)
        if next_ms is None:
            break
        at_ms = next_ms
        found.append(datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S"))
    return found


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("rate(1 minute)", ["2026-01-01 12:01:30", "2026-01-01 12:02:30", "2026-01-01 12:03:30"]),
        ("rate(5 hours)", ["2026-01-01 17:00:30", "2026-01-01 22:00:30", "2026-01-02 03:00:30"]),
        ("rate(7 days)", ["2026-01-08 12:00:30", "2026-01-15 12:00:30", "2026-01-22 12:00:30"]),
        ("cron(0 10 * * ? *)", ["2026-01-02 10:00:00", "2026-01-03 10:00:00", "2026-01-04 10:00:00"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01 18:00:00", "2026-01-02 18:00:00", "2026-01-05 18:00:00"]),
        ("cron(0 18 ? * 2-6 *)", ["2026-01-01 18:00:00", "2026-01-02 18:00:00", "2026-01-05 18:00:00"]),
        ("cron(0 8 1 * ? *)", ["2026-02-01 08:00:00", "2026-03-01 08:00:00", "2026-04-01 08:00:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01 12:15:00", "2026-01-01 12:30:00", "2026-01-01 12:45:00"]),
        ("cron(1/10 * * * ? *)", ["2026-01-01 12:01:00", "2026-01-01 12:11:00", "2026-01-01 12:21:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00:00", "2026-02-28 00:00:00", "2026-03-31 00:00:00"]),
        ("cron(0 0 ? * 3#2 *)", ["2026-01-13 00:00:00", "2026-02-10 00:00:00", "2026-03-10 00:00:00"]),
        ("cron(0 0 ? * 6L *)", ["2026-01-30 00:00:00", "2026-02-27 00:00:00", "2026-03-27 00:00:00"]),
        ("cron(0 0 ? * L *)", ["2026-01-03 00:00:00", "2026-01-10 00:00:00", "2026-01-17 00:00:00"]),
        ("cron(0 0 ? * 1,7 *)", ["2026-01-03 00:00:00", "2026-01-04 00:00:00", "2026-01-10 00:00:00"]),
        (
            "cron(0 0 ? JAN,jul sun 2026)",
            ["2026-01-04 00:00:00", "2026-01-11 00:00:00", "2026-01-18 00:00:00"],
        ),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00:00", "2032-02-29 00:00:00", "2036-02-29 00:00:00"]),
        ("cron(0 0 1 1 ? 2027/2)", ["2027-01-01 00:00:00", "2029-01-01 00:00:00", "2031-01-01 00:00:00"]),
        ("cron(0 0 1 1 ? 2028-2029)", ["2028-01-01 00:00:00", "2029-01-01 00:00:00"]),
        ("cron(0 0 1 1 ? 2020)", []),
        ("cron(0 9 3W * ? *)", ["2026-01-02 09:00:00", "2026-02-03 09:00:00", "2026-03-03 09:00:00"]),
        ("cron(0 9 1W 8-11 ? *)", ["2026-08-03 09:00:00", "2026-09-01 09:00:00", "2026-10-01 09:00:00"]),
        ("cron(0 9 31W * ? *)", ["2026-01-30 09:00:00", "2026-03-31 09:00:00", "2026-05-29 09:00:00"]),
        ("cron(0 9 31W 2 ? *)", []),
    ],
)
def test_an_expression_is_due_as_the_guide_says(text: str, times: list[str]) -> None:
    assert due(parse_rule_schedule(text)) == times


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(-5 minutes)",
        "rate(1.5 hours)",
        "rate(5 seconds)",
        "rate(99999999999 days)",
        "rate (5 minutes)",
        "at(2026-01-01T00:00:00)",
        "cron(* * * * *)",
        "cron(0 10 * * * *)",
        "cron(0 10 ? * ? *)",
        "cron(60 10 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 30 2 ? *)",
        "cron(0 0 ? * 0 *)",
        "cron(0 0 ? * 8 *)",
        "cron(0 0 ? * 3#1,6#3,9 *)",
        "cron(? 0 * * ? *)",
        "cron(0 0 * * ? 1969)",
        "cron(0 0 * * ? 2200)",
        "cron(0 0 * * ? x)",
        "cron(0 0 * * ? 2026/0)",
        "cron(0 0 * * ? ٢٠٢٦)",
        "cron(0 0 0W * ? *)",
        "cron(0 0 32W * ? *)",
        "cron(0 0 1,3W * ? *)",
        "cron(0 0 W * ? *)",
        "cron(@daily)",
        "cron(0 0 * * ? *) ",
        "cron(\x00 0 * * ? *)",
        "cron(٣ 0 * * ? *)",
        "cron(0 0 ? * ٣ *)",
    ],
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rule_schedule(text)


@pytest.mark.parametrize(
    ("text", "zone", "times"),
    [
        ("cron(15 10 ? * 6L 2026-2027)", "UTC", ["2026-01-30 10:15:00", "2026-02-27 10:15:00"]),
        ("cron(30 8 * * ? *)", "America/New_York", ["2026-01-01 13:30:00", "2026-01-02 13:30:00"]),
        ("cron(30 8 * * ?)", "Asia/Kolkata", ["2026-01-02 03:00:00", "2026-01-03 03:00:00"]),
        ("at(2026-11-20T13:00:00)", "America/Los_Angeles", ["2026-11-20 21:00:00"]),
        ("at(2026-01-01T12:00:00)", "UTC", []),
        ("rate(1 days)", "America/New_York", ["2026-01-02 12:00:30", "2026-01-03 12:00:30"]),
        ("rate(5 minute)", "UTC", ["2026-01-01 12:05:30", "2026-01-01 12:10:30"]),
    ],
)
def test_an_expression_is_due_in_its_time_zone(text: str, zone: str, times: list[str]) -> None:
    assert due(parse_expression(text, zone), count=2) == times


def test_a_time_that_the_clocks_leave_out_is_skipped() -> None:
    nightly = parse_expression("cron(30 2 * * ? *)", "America/Los_Angeles")
    assert due(nightly, datetime(2026, 3, 7, tzinfo=UTC)) == [
        "2026-03-07 10:30:00",
        "2026-03-09 09:30:00",
        "2026-03-10 09:30:00",
    ]


def test_a_time_that_the_clocks_show_twice_is_due_the_first_time_only() -> None:
    zone = "America/Los_Angeles"
    nightly = parse_expression("cron(30 1 * * ? *)", zone)
    assert due(nightly, datetime(2026, 11, 1, tzinfo=UTC), 2) == [
        "2026-11-01 08:30:00",
        "2026-11-02 09:30:00",
    ]
    often = parse_expression("cron(0/30 * * * ? *)", zone)
    assert due(often, datetime(2026, 11, 1, 8, 0, tzinfo=UTC)) == [
        "2026-11-01 08:30:00",
        "2026-11-01 10:00:00",
        "2026-11-01 10:30:00",
    ]


def test_a_day_is_24_hours_when_the_clocks_change() -> None:
    daily = parse_expression("rate(1 days)", "America/Los_Angeles")
    assert due(daily, datetime(2026, 3, 7, 18, tzinfo=UTC), 2) == [
        "2026-03-08 18:00:00",
        "2026-03-09 18:00:00",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "at(2026-02-30T00:00:00)",
        "at(2026-01-01 00:00:00)",
        "at(2026-01-01T00:00)",
        "cron(* * * *)",
        "rate(0 days)",
        "",
    ],
)
def test_what_is_no_expression_of_the_scheduler_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_expression(text, "UTC")


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Base", "../etc/passwd", "America", "posix/UTC", "localtime", "UTC\x00", "Europe/Berlin ", "é"],
)
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        time_zone(name)
