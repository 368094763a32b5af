"""What a schedule says, under AWS's names, as a row keeps it."""

from typing import Any

import orjson

Settings = dict[str, Any]
"""The members of CreateSchedule but its name and group; dates in milliseconds."""

DATES = ("StartDate", "EndDate")
_DEFAULTS = {
    "ScheduleExpressionTimezone": "UTC",
    "State": "ENABLED",
    "ActionAfterCompletion": "NONE",
}
_RETRY_POLICY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
_MEMBERS = (
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "EndDate",
    "Description",
    "State",
    "Target",
    "FlexibleTimeWindow",
    "ActionAfterCompletion",
)


def settings_of(params: dict[str, Any]) -> Settings:
    """Returns what a request says of a schedule, with AWS's defaults."""
    given = {name: params[name] for name in _MEMBERS if params.get(name) is not None}
    for name in DATES:
        if name in given:
            given[name] = int(given[name].timestamp() * 1000)
    target = given["Target"]
    policy = {**_RETRY_POLICY, **(target.get("RetryPolicy") or {})}
    return {**_DEFAULTS, **given, "Target": {**target, "RetryPolicy": policy}}


def settings_document(settings: Settings) -> str:
    """Returns the settings as a row keeps them."""
    return orjson.dumps({"v": 1, "schedule": settings}).decode()


def read_settings(text: str) -> Settings:
    """Returns the settings that a row keeps."""
    found: Settings = orjson.loads(text)["schedule"]
    return found
