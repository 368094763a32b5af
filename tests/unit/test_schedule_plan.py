"""When a schedule is due, first and after each time."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.scheduler.schedules.plan import (
    due_ms,
    first_planned_ms,
    next_planned_ms,
    replanned_ms,
)

NOON_MS = int(datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp() * 1000)
HOUR_MS = 3_600_000


def settings(expression: str, **more: Any) -> dict[str, Any]:
    return {
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        **more,
    }


def test_a_rate_begins_now_or_in_step_with_its_start() -> None:
    hourly = settings("rate(1 hour)")
    assert first_planned_ms(hourly, NOON_MS) == NOON_MS
    past = {**hourly, "StartDate": NOON_MS - 90 * 60_000}
    assert first_planned_ms(past, NOON_MS) == NOON_MS + 30 * 60_000
    later = {**hourly, "StartDate": NOON_MS + 5}
    assert first_planned_ms(later, NOON_MS) == NOON_MS + 5


def test_the_end_is_the_last_moment() -> None:
    daily = settings("cron(0 13 * * ? *)", EndDate=NOON_MS + HOUR_MS)
    assert first_planned_ms(daily, NOON_MS) == NOON_MS + HOUR_MS
    assert next_planned_ms(daily, NOON_MS + HOUR_MS, NOON_MS + HOUR_MS) is None
    assert first_planned_ms({**daily, "EndDate": NOON_MS + HOUR_MS - 1}, NOON_MS) is None


def test_a_cron_schedule_may_be_due_at_its_very_start() -> None:
    assert first_planned_ms(settings("cron(0 12 * * ? *)", StartDate=NOON_MS), NOON_MS - 7) == NOON_MS


def test_one_time_takes_neither_start_nor_end() -> None:
    once = settings("at(2026-01-01T12:00:00)", StartDate=NOON_MS + 1, EndDate=NOON_MS - 1)
    assert first_planned_ms(once, NOON_MS - 1) == NOON_MS
    assert first_planned_ms(once, NOON_MS + 59_999) == NOON_MS
    assert first_planned_ms(once, NOON_MS + 60_000) is None
    assert next_planned_ms(once, NOON_MS, NOON_MS) is None


def test_an_update_keeps_the_time_planned_unless_it_changes_what_plans_it() -> None:
    old, planned_ms = settings("rate(1 hour)"), NOON_MS + 7
    assert replanned_ms(old, {**old, "Description": "new"}, planned_ms, NOON_MS) == planned_ms
    assert replanned_ms(old, {**old, "EndDate": NOON_MS}, planned_ms, NOON_MS) is None
    assert replanned_ms(old, settings("rate(2 hours)"), planned_ms, NOON_MS) == NOON_MS
    assert replanned_ms(old, {**old, "State": "DISABLED"}, planned_ms, NOON_MS) is None
    assert replanned_ms({**old, "State": "DISABLED"}, old, None, NOON_MS) == NOON_MS


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 1440))
def test_a_flexible_window_is_never_left(chance: float, minutes: int) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes}
    found = due_ms(settings("rate(1 hour)", FlexibleTimeWindow=window), NOON_MS, chance)
    assert found is not None and NOON_MS <= found < NOON_MS + minutes * 60_000


@given(st.integers(1, 10**6), st.integers(0, 10**10), st.integers(0, 10**10))
def test_a_rate_stays_in_step_however_late_it_is(interval: int, planned: int, late: int) -> None:
    rate = settings(f"rate({interval} minutes)")
    planned_ms = NOON_MS + planned
    found = next_planned_ms(rate, planned_ms, planned_ms + late)
    assert found is not None
    assert (found - planned_ms) % (interval * 60_000) == 0
    assert planned_ms + late < found <= planned_ms + late + interval * 60_000
