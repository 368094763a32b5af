"""What alarms tell functions and the account's event bus.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.services.cloudwatch.alarms.alarm import Alarm, Kind
from penstock.services.cloudwatch.alarms.message import Change
from penstock.services.cloudwatch.alarms.reasons import stamp
from penstock.services.cloudwatch.alarms.watch import metric_stat

_SOURCE = "aws.cloudwatch"
_DETAIL_TYPE = "CloudWatch Alarm State Change"
_COMPOSITE = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")


def function_event(change: Change, id: str) -> bytes:
    """Returns what a function is invoked with; ``id`` is what its only metric is called."""
    alarm = change.alarm
    return orjson.dumps(
        {
            "source": _SOURCE,
            "alarmArn": alarm.arn,
            "accountId": alarm.key.account,
            "time": stamp(change.at_ms),
            "region": alarm.key.region,
            "alarmData": _detail(change, id),
        }
    )


def bus_event(change: Change, id: str) -> bytes:
    """Returns the event that goes over the account's bus; ``id`` is its own, and its only metric's."""
    alarm = change.alarm
    return orjson.dumps(
        {
            "version": "0",
            "id": id,
            "detail-type": _DETAIL_TYPE,
            "source": _SOURCE,
            "account": alarm.key.account,
            "time": f"{datetime.fromtimestamp(change.at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": alarm.key.region,
            "resources": [alarm.arn],
            "detail": _detail(change, id),
        }
    )


def _detail(change: Change, id: str) -> dict[str, Any]:
    return {
        "alarmName": change.alarm.key.name,
        "state": _state(change.alarm),
        "previousState": _state(change.before),
        "configuration": _configuration(change.alarm, id),
    }


def _state(alarm: Alarm) -> dict[str, Any]:
    found = {"value": alarm.state.value, "reason": alarm.reason}
    if alarm.reason_data:
        found["reasonData"] = alarm.reason_data
    found["timestamp"] = stamp(alarm.updated_ms)
    if alarm.suppressed_by:
        found["actionsSuppressedBy"] = alarm.suppressed_by.value
        found["actionsSuppressedReason"] = f"Actions suppressed by {alarm.suppressed_by.value}"
    return found


def _configuration(alarm: Alarm, id: str) -> dict[str, Any]:
    settings = alarm.settings
    found: dict[str, Any] = {}
    if description := settings.get("AlarmDescription"):
        found["description"] = description
    if alarm.kind is Kind.COMPOSITE:
        members = [name for name in _COMPOSITE if settings.get(name) is not None]
        return (
            found | {"alarmRule": settings["AlarmRule"]} | {_small(name): settings[name] for name in members}
        )
    queries = settings.get("Metrics") or [{"Id": id, "MetricStat": metric_stat(settings)}]
    return found | {"metrics": [_query(query) for query in queries]}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": query["Id"]}
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()}
        about = {"namespace": metric["Namespace"], "name": metric["MetricName"], "dimensions": dimensions}
        found["metricStat"] = {"metric": about, "period": stat["Period"], "stat": stat["Stat"]}
        if stat.get("Unit"):
            found["metricStat"]["unit"] = stat["Unit"]
    else:
        found["expression"] = query["Expression"]
    if query.get("Label"):
        found["label"] = query["Label"]
    return found | {"returnData": query.get("ReturnData") is not False}


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]
