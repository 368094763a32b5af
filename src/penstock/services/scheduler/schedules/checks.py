"""What a schedule may say."""

from penstock.schedules import OneTime, parse_expression, time_zone
from penstock.services.scheduler.errors import invalid_expression, validation
from penstock.services.scheduler.invoking.target import check_target
from penstock.services.scheduler.limits import MAX_LATE_START_MS
from penstock.services.scheduler.schedules.settings import Settings
from penstock.services.scheduler.state import SchedulerState


def check_settings(scheduler: SchedulerState, settings: Settings) -> None:
    """Returns when a schedule may say so; AwsError ``ValidationException`` or ``NotImplemented``."""
    _check_expression(settings)
    _check_window(settings)
    check_target(scheduler.call, scheduler.delivery, settings["Target"])


def check_start(settings: Settings, old: Settings | None, now_ms: int) -> None:
    """Returns when the schedule does not begin too long ago, unless it has done so already; AwsError."""
    start_ms = settings.get("StartDate")
    if start_ms is None or (old is not None and old.get("StartDate") == start_ms):
        return
    if start_ms < now_ms - MAX_LATE_START_MS and not _is_one_time(settings):
        raise validation("The StartDate you specify cannot be earlier than 5 minutes ago.")


def _check_expression(settings: Settings) -> None:
    text, zone = settings["ScheduleExpression"], settings["ScheduleExpressionTimezone"]
    try:
        time_zone(zone)
    except ValueError:
        raise validation(f"Invalid Schedule Expression Timezone {zone}.") from None
    try:
        parse_expression(text, zone)
    except ValueError:
        raise invalid_expression(text) from None
    start_ms, end_ms = settings.get("StartDate"), settings.get("EndDate")
    if start_ms is not None and end_ms is not None and end_ms <= start_ms and not _is_one_time(settings):
        raise validation("The EndDate you specify must be later than the StartDate.")


def _check_window(settings: Settings) -> None:
    window = settings["FlexibleTimeWindow"]
    minutes = window.get("MaximumWindowInMinutes")
    if window["Mode"] == "FLEXIBLE" and minutes is None:
        raise validation(
            "A MaximumWindowInMinutes must be provided when the FlexibleTimeWindow Mode is FLEXIBLE."
        )
    if window["Mode"] == "OFF" and minutes is not None:
        raise validation(
            "A MaximumWindowInMinutes can't be provided when the FlexibleTimeWindow Mode is OFF."
        )


def _is_one_time(settings: Settings) -> bool:
    return isinstance(
        parse_expression(settings["ScheduleExpression"], settings["ScheduleExpressionTimezone"]), OneTime
    )
