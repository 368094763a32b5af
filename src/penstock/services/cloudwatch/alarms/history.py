"""What has become of alarms, and DescribeAlarmHistory.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
"""

import asyncio
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.alarms.alarm import Alarm, Kind
from penstock.services.cloudwatch.arns import Place, asked_alarm, place
from penstock.services.cloudwatch.paging import make_token, read_token
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_MAX_SUMMARY = 255
_MAX_DATA = 4095
_STEP = 500
_SWEPT = 300
_END = (1 << 62, 1 << 62)
_START = (-(1 << 62), 0)


class Item(StrEnum):
    """AWS's types of history items that there are here."""

    CONFIGURATION = "ConfigurationUpdate"
    STATE = "StateUpdate"
    ACTION = "Action"


def note(tx: Tx, alarm: Alarm, at_ms: int, type: Item, summary: str, data: Mapping[str, Any]) -> None:
    """Writes down what has happened to an alarm; ``data`` loses what it can spare when it is too long."""
    text = orjson.dumps(data).decode()
    for member in [*_spared(data), *data]:
        if len(text) <= _MAX_DATA:
            break
        data = {name: value for name, value in data.items() if name != member}
        text = orjson.dumps(data).decode()
    tx.insert(Q.add_history, *alarm.key, alarm.kind.value, at_ms, type.value, summary[:_MAX_SUMMARY], text)


@operation("DescribeAlarmHistory", action="cloudwatch:DescribeAlarmHistory", resource=asked_alarm)
async def describe_alarm_history(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns what has become of one alarm, or of all, in pages; the latest first unless asked otherwise."""
    limit = params.get("MaxRecords") or 100
    found: list[Row] = []
    after = _after(params)
    while len(found) <= limit:
        rows = await cloudwatch.store.read(_some, place(call), params, after)
        found += filter(_wanted(params), rows)
        if len(rows) < _STEP:
            break
        after = rows[-1][:2]
        await asyncio.sleep(0)  # a read by itself lets nobody else run
    answer: Params = {"AlarmHistoryItems": [_shown(row) for row in found[:limit]]}
    if len(found) > limit:
        answer["NextToken"] = make_token(*found[limit - 1][:2])
    return answer


def expire_history(tx: Tx, after: int) -> int | None:
    """Deletes some items that are older than two weeks; returns the one to go on behind, or None at the end."""
    rows = tx.all(Q.find_some_history, after, _SWEPT)
    old = [id for id, time_ms in rows if time_ms < tx.now_ms - limits.HISTORY_MS]
    for id in old:
        tx.run(Q.delete_history, id)
    # Items are in the order of their ids but for minutes that were made up for: what is young ends the sweep.
    return rows[-1][0] if len(old) == _SWEPT else None


def _after(params: Params) -> tuple[int, int]:
    if token := params.get("NextToken"):
        time_ms, id = map(int, read_token(token, int, int))
        return time_ms, id
    return _START if _is_ascending(params) else _END


def _is_ascending(params: Params) -> bool:
    return params.get("ScanBy") == "TimestampAscending"


def _some(tx: ReadTx, of: Place, params: Params, after: tuple[int, int]) -> list[Row]:
    begin, end = (params.get(name) for name in ("StartDate", "EndDate"))
    begin_ms = round(begin.timestamp() * 1000) if begin else _START[0]
    begin_ms = max(begin_ms, tx.now_ms - limits.HISTORY_MS)
    end_ms = round(end.timestamp() * 1000) if end else _END[0]
    name = params.get("AlarmName")
    where = (*of, name) if name else of
    if _is_ascending(params):
        statement = Q.find_alarm_history_after if name else Q.find_history_after
        return tx.all(statement, *where, *max(after, (begin_ms, -1)), end_ms, _STEP)
    statement = Q.find_alarm_history_before if name else Q.find_history_before
    return tx.all(statement, *where, *min(after, (end_ms, _END[1])), begin_ms, _STEP)


def _wanted(params: Params) -> Any:
    kinds = params.get("AlarmTypes") or [Kind.METRIC.value]
    type = params.get("HistoryItemType")
    by_name = params.get("AlarmName") is not None and not params.get("AlarmTypes")
    return lambda row: (by_name or row[3] in kinds) and type in (None, row[4])


def _shown(row: Row) -> Params:
    time_ms, _, name, kind, type, summary, data = row
    return {
        "AlarmName": name,
        "AlarmType": kind,
        "Timestamp": time_ms,
        "HistoryItemType": type,
        "HistorySummary": summary,
        "HistoryData": data,
    }


def _spared(data: Mapping[str, Any]) -> Iterable[str]:
    return (name for name in ("publishedMessage", "oldState") if name in data)
