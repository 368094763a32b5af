"""Rate and cron expressions: the examples of EventBridge's guide, and what it forbids."""

from datetime import UTC, datetime

import pytest

from penstock.services.events.schedules.expression import parse_schedule

# A Thursday.
START = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


def due(text: str, count: int = 3) -> list[str]:
    at_ms, found = int(START.timestamp()) * 1000, []
    for _ in range(count):
        next_ms = parse_schedule(text).next_ms(at_ms)
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
    ],
)
def test_an_expression_is_due_as_the_guide_says(text: str, times: list[str]) -> None:
    assert due(text) == times


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
        "cron(@daily)",
        "cron(0 0 * * ? *) ",
        "cron(\x00 0 * * ? *)",
        "cron(٣ 0 * * ? *)",
        "cron(0 0 ? * ٣ *)",
    ],
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_schedule(text)
