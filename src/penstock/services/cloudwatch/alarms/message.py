"""What alarms tell topics: AWS's JSON document, and the subject above it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

from typing import Any, NamedTuple

import orjson

from penstock.services.cloudwatch.alarms.alarm import ACTIONS, Alarm, Kind, State
from penstock.services.cloudwatch.alarms.reasons import stamp
from penstock.services.cloudwatch.alarms.regions import region_name

_MAX_SUBJECT = 99
_STATISTICS = {
    "SampleCount": "SAMPLE_COUNT",
    "Average": "AVERAGE",
    "Sum": "SUM",
    "Minimum": "MINIMUM",
    "Maximum": "MAXIMUM",
}


class Trigger(NamedTuple):
    """A child that has made a composite alarm change: its ARN, its state and since when it is in that."""

    arn: str
    state: State
    at_ms: int


class Change(NamedTuple):
    """An alarm that has come into its state, out of which one, when; for a composite one, by which children."""

    alarm: Alarm
    before: Alarm
    at_ms: int
    triggers: tuple[Trigger, ...] = ()


def subject(change: Change) -> str:
    """Returns the subject of what a topic is told: printable ASCII, as topics want it."""
    alarm = change.alarm
    text = f'{alarm.state}: "{alarm.key.name}" in {region_name(alarm.key.region)}'
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)
    return plain if len(plain) <= _MAX_SUBJECT else f"{plain[: _MAX_SUBJECT - 3]}..."


def document(change: Change) -> bytes:
    """Returns what a topic is told."""
    alarm = change.alarm
    found: dict[str, Any] = {
        "AlarmName": alarm.key.name,
        "AlarmDescription": alarm.settings.get("AlarmDescription"),
        "AWSAccountId": alarm.key.account,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured_ms),
        "NewStateValue": alarm.state.value,
        "NewStateReason": alarm.reason,
        "StateChangeTime": stamp(change.at_ms),
        "Region": region_name(alarm.key.region),
        "AlarmArn": alarm.arn,
        "OldStateValue": change.before.state.value,
        **{member: alarm.actions(state) for state, member in ACTIONS.items()},
    }
    if alarm.kind is Kind.COMPOSITE:
        found["AlarmRule"] = alarm.settings["AlarmRule"]
        found["TriggeringChildren"] = [
            {"Arn": each.arn, "State": {"Value": each.state.value, "Timestamp": stamp(each.at_ms)}}
            for each in change.triggers
        ]
    else:
        found["Trigger"] = _trigger(alarm)
    return orjson.dumps(found)


def _trigger(alarm: Alarm) -> dict[str, Any]:
    settings = alarm.settings
    found: dict[str, Any] = {} if settings.get("Metrics") else _watched(alarm)
    if "Period" in settings:
        found["Period"] = settings["Period"]
    found["EvaluationPeriods"] = settings["EvaluationPeriods"]
    if settings.get("DatapointsToAlarm"):
        found["DatapointsToAlarm"] = settings["DatapointsToAlarm"]
    found |= {
        "ComparisonOperator": settings["ComparisonOperator"],
        "Threshold": settings["Threshold"],
        "TreatMissingData": settings.get("TreatMissingData") or "",
        "EvaluateLowSampleCountPercentile": settings.get("EvaluateLowSampleCountPercentile") or "",
    }
    if settings.get("Metrics"):
        found["Metrics"] = [_query(query) for query in settings["Metrics"]]
    return found


def _watched(alarm: Alarm) -> dict[str, Any]:
    settings = alarm.settings
    found: dict[str, Any] = {"MetricName": settings["MetricName"], "Namespace": settings["Namespace"]}
    if extended := settings.get("ExtendedStatistic"):
        found |= {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
    else:
        found |= {"StatisticType": "Statistic", "Statistic": _STATISTICS[settings["Statistic"]]}
    return found | {
        "Unit": settings.get("Unit"),
        "Dimensions": _dimensions(settings.get("Dimensions")),
    }


def _query(query: dict[str, Any]) -> dict[str, Any]:
    if stat := query.get("MetricStat"):
        metric = stat["Metric"] | {"Dimensions": _dimensions(stat["Metric"].get("Dimensions"))}
        query = query | {"MetricStat": stat | {"Metric": metric}}
    return {**query, "ReturnData": query.get("ReturnData") is not False}


def _dimensions(given: list[dict[str, str]] | None) -> list[dict[str, str]]:
    return [{"value": each["Value"], "name": each["Name"]} for each in given or ()]
