"""What people read in their mail when an alarm changes: AWS's text, without its links.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

from collections.abc import Iterator
from typing import Any

from penstock.services.cloudwatch.alarms.alarm import ACTIONS, Alarm, Kind
from penstock.services.cloudwatch.alarms.message import Change
from penstock.services.cloudwatch.alarms.reasons import spoken
from penstock.services.cloudwatch.alarms.regions import region_name

_WIDTH = 28
_WIDE = 37
_MOST_CHILDREN = 10


def letter(change: Change) -> str:
    """Returns the text of the mail."""
    alarm = change.alarm
    watched = _rule_lines(change) if alarm.kind is Kind.COMPOSITE else _metric_lines(alarm)
    return "\n".join([*_head(change), *watched, "", "State Change Actions:", *_actions(alarm), ""])


def _head(change: Change) -> Iterator[str]:
    alarm, at = change.alarm, spoken(change.at_ms)
    yield (
        f'You are receiving this email because your Amazon CloudWatch Alarm "{alarm.key.name}" in the '
        f"{region_name(alarm.key.region)} region has entered the {alarm.state} state, "
        f'because "{alarm.reason}" at "{at}".'
    )
    yield ""
    yield "Alarm Details:"
    yield _line("Name", alarm.key.name)
    yield _line("Description", alarm.settings.get("AlarmDescription") or "")
    yield _line("State Change", f"{change.before.state} -> {alarm.state}")
    if alarm.kind is Kind.COMPOSITE:
        yield _line("Alarm Rule", alarm.settings["AlarmRule"])
    yield _line("Reason for State Change", alarm.reason)
    yield _line("Timestamp", at)
    yield _line("AWS Account", alarm.key.account)
    yield _line("Alarm Arn", alarm.arn)
    yield ""


def _rule_lines(change: Change) -> Iterator[str]:
    yield f"Triggering children (max. {_MOST_CHILDREN}):"
    for child in change.triggers[:_MOST_CHILDREN]:
        yield f"- {child.arn} ({child.state}) since {spoken(child.at_ms)}"


def _metric_lines(alarm: Alarm) -> Iterator[str]:
    settings = alarm.settings
    evaluated = settings["EvaluationPeriods"]
    needed = settings.get("DatapointsToAlarm") or evaluated
    queries = settings.get("Metrics") or []
    what = "metric math expression" if queries else "metric"
    period = settings.get("Period") or max(
        query["MetricStat"]["Period"] for query in queries if "MetricStat" in query
    )
    yield "Threshold:"
    yield (
        f"- The alarm is in the ALARM state when the {what} is {settings['ComparisonOperator']} "
        f"{settings['Threshold']} for at least {needed} of the last {evaluated} period(s) of {period} seconds."
    )
    yield ""
    yield "Monitored Metrics:" if queries else "Monitored Metric:"
    yield from map(_query_line, queries) if queries else _one_metric(settings)


def _one_metric(settings: Any) -> Iterator[str]:
    dimensions = ", ".join(f"{each['Name']} = {each['Value']}" for each in settings.get("Dimensions") or ())
    yield _line("MetricNamespace", settings["Namespace"], _WIDE)
    yield _line("MetricName", settings["MetricName"], _WIDE)
    yield _line("Dimensions", f"[{dimensions}]", _WIDE)
    yield _line("Period", f"{settings['Period']} seconds", _WIDE)
    yield _line("Statistic", settings.get("ExtendedStatistic") or settings["Statistic"], _WIDE)
    yield _line("Unit", settings.get("Unit") or "not specified", _WIDE)
    yield _line("TreatMissingData", settings.get("TreatMissingData") or "missing", _WIDE)


def _query_line(query: Any) -> str:
    if "Expression" in query:
        return _line(query["Id"], query["Expression"], _WIDE)
    stat = query["MetricStat"]
    metric = stat["Metric"]
    return _line(query["Id"], f"{stat['Stat']} of {metric['Namespace']} {metric['MetricName']}", _WIDE)


def _actions(alarm: Alarm) -> Iterator[str]:
    for state in ACTIONS:
        taken = alarm.actions(state)
        yield f"- {state}: {'[' + ', '.join(taken) + ']' if taken else ''}"


def _line(name: str, value: str, width: int = _WIDTH) -> str:
    return f"- {name + ':':<{width}}{value}"
