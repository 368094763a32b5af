"""DescribeAlarms and DescribeAlarmsForMetric.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.cloudwatch.alarms.alarm import (
    ACTIONS,
    Alarm,
    Kind,
    Q,
    Role,
    alarms_after,
    find_alarm,
    get_alarm,
    parents,
)
from penstock.services.cloudwatch.arns import Key, Place, asked_alarm, place
from penstock.services.cloudwatch.errors import validation
from penstock.services.cloudwatch.metrics.metric import dimensions_of
from penstock.services.cloudwatch.paging import make_token, read_token
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import ReadTx, Store

_STEP = 100
_DEFAULTS: dict[Kind, dict[str, Any]] = {
    Kind.METRIC: {"Dimensions": []},
    Kind.COMPOSITE: {},
}
_FAMILY = ("ChildrenOfAlarmName", "ParentsOfAlarmName")
_ALONE = frozenset({*_FAMILY, "MaxRecords", "NextToken"})


@operation("DescribeAlarms", action="cloudwatch:DescribeAlarms", resource=asked_alarm, long_answer=True)
async def describe_alarms(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns alarms by name, in pages; only metric alarms unless other kinds are asked for."""
    family = [name for name in _FAMILY if params.get(name)]
    if family:
        if len(family) > 1 or not {name for name in params if params[name] is not None} <= _ALONE:
            raise validation(f"{family[0]} cannot be combined with other parameters.")
        return await cloudwatch.store.read(_family, call, params, family[0])
    prefix, names = params.get("AlarmNamePrefix"), params.get("AlarmNames")
    if prefix and names:
        raise validation("AlarmNamePrefix and AlarmNames cannot be specified together.")
    token, limit = params.get("NextToken"), params.get("MaxRecords") or 50
    after = str(read_token(token, str)[0]) if token else ""
    wanted, found = _wanted(params), list[Alarm]()
    walk = walk_alarms(cloudwatch.store, place(call), after, prefix or "")
    if names:
        walk = _named(cloudwatch.store, place(call), sorted(name for name in set(names) if name > after))
    async for alarm in walk:
        if wanted(alarm):
            found.append(alarm)
            if len(found) > limit:
                return {**_shown_all(found[:limit]), "NextToken": make_token(found[limit - 1].key.name)}
    return _shown_all(found)


@operation("DescribeAlarmsForMetric", action="cloudwatch:DescribeAlarmsForMetric")
async def describe_alarms_for_metric(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns the alarms that watch one metric; those with expressions are not among them."""
    found = [
        shown(alarm)
        async for alarm in walk_alarms(cloudwatch.store, place(call))
        if alarm.kind is Kind.METRIC and _is_on(alarm, params)
    ]
    return {"MetricAlarms": found}


async def walk_alarms(store: Store, of: Place, after: str = "", prefix: str = "") -> AsyncIterator[Alarm]:
    """Yields the alarms of an account and region by name, some read at a time."""
    while some := await store.read(alarms_after, of, after, prefix, _STEP):
        for alarm in some:
            if alarm.key.name > after:
                yield alarm
        after = some[-1].key.name
        await asyncio.sleep(0)  # a read by itself lets nobody else run


async def _named(store: Store, of: Place, names: list[str]) -> AsyncIterator[Alarm]:
    for name in names:
        if (alarm := await store.read(find_alarm, Key(*of, name))) is not None:
            yield alarm


def shown(alarm: Alarm) -> Params:
    """Returns an alarm as DescribeAlarms shows it."""
    found: Params = {
        "AlarmName": alarm.key.name,
        "AlarmArn": alarm.arn,
        **_DEFAULTS[alarm.kind],
        **{member: [] for member in ACTIONS.values()},
        **alarm.settings,
        "ActionsEnabled": alarm.has_actions,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured_ms,
        "StateValue": alarm.state.value,
        "StateReason": alarm.reason,
        "StateReasonData": alarm.reason_data,
        "StateUpdatedTimestamp": alarm.updated_ms,
        "StateTransitionedTimestamp": alarm.transitioned_ms,
    }
    if alarm.settings.get("Metrics"):
        del found["Dimensions"]
        found["Metrics"] = [
            query | {"ReturnData": query.get("ReturnData") is not False}
            for query in alarm.settings["Metrics"]
        ]
    if alarm.suppressed_by:
        found["ActionsSuppressedBy"] = alarm.suppressed_by.value
        found["ActionsSuppressedReason"] = f"Actions suppressed by {alarm.suppressed_by.value}"
    return found


def _wanted(params: Params) -> Callable[[Alarm], bool]:
    kinds = frozenset(params.get("AlarmTypes") or [Kind.METRIC.value])
    state, action = params.get("StateValue"), params.get("ActionPrefix")

    def wanted(alarm: Alarm) -> bool:
        if alarm.kind.value not in kinds:
            return False
        if state is not None and alarm.state.value != state:
            return False
        return action is None or any(each.startswith(action) for of in ACTIONS for each in alarm.actions(of))

    return wanted


def _is_on(alarm: Alarm, params: Params) -> bool:
    settings = alarm.settings
    if dimensions_of(settings.get("Dimensions")) != dimensions_of(params.get("Dimensions")):
        return False
    if settings.get("Metrics"):
        return False
    names = ("Namespace", "MetricName", "Statistic", "ExtendedStatistic", "Period", "Unit")
    return all(params.get(name) in (None, settings.get(name)) for name in names)


def _family(tx: ReadTx, call: Call, params: Params, member: str) -> Params:
    key = Key(call.account, call.region, params[member])
    if member == "ParentsOfAlarmName":
        found = [alarm for alarm, role in parents(tx, key) if role is Role.CHILD]
        members: tuple[str, ...] = ("AlarmName", "AlarmArn")
    else:
        names = [name for (name,) in tx.all(Q.find_children, get_alarm(tx, key).id)]
        children = (find_alarm(tx, key._replace(name=name)) for name in names)
        found = [child for child in children if child is not None]
        members = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp")
    token, limit = params.get("NextToken"), params.get("MaxRecords") or 50
    after = str(read_token(token, str)[0]) if token else ""
    rest = sorted((alarm for alarm in found if alarm.key.name > after), key=lambda alarm: alarm.key.name)
    answer = _shown_all(rest[:limit])
    for kind in ("MetricAlarms", "CompositeAlarms"):
        answer[kind] = [{name: each[name] for name in members} for each in answer[kind]]
    if len(rest) > limit:
        answer["NextToken"] = make_token(rest[limit - 1].key.name)
    return answer


def _shown_all(alarms: list[Alarm]) -> Params:
    return {
        "MetricAlarms": [shown(alarm) for alarm in alarms if alarm.kind is Kind.METRIC],
        "CompositeAlarms": [shown(alarm) for alarm in alarms if alarm.kind is Kind.COMPOSITE],
    }
