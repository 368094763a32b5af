"""PutMetricAlarm and PutCompositeAlarm.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from penstock.access import Keys
from penstock.server import Call, Params, operation, requested_tags
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.alarms.alarm import (
    ACTIONS,
    Alarm,
    Kind,
    Q,
    Role,
    add_alarm,
    alarm_by_id,
    find_alarm,
    find_state,
    put_settings,
)
from penstock.services.cloudwatch.alarms.checks import check_actions, check_metric_alarm
from penstock.services.cloudwatch.alarms.history import Item, note
from penstock.services.cloudwatch.alarms.rule import Rule, RuleError, parse_rule
from penstock.services.cloudwatch.alarms.transition import Transition, child_key
from penstock.services.cloudwatch.alarms.watch import watch_of
from penstock.services.cloudwatch.arns import Key, asked_alarm
from penstock.services.cloudwatch.errors import validation
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.services.cloudwatch.tag_list import checked_tags
from penstock.store import Tx

_NOT_KEPT = ("AlarmName", "Tags")
_BODY = 1024 * 1024


def put_alarm_keys(state: object, call: Call, params: Params) -> Keys:
    """Returns the condition keys of an alarm that is put: its tags, and what it would do."""
    actions = [action for member in ACTIONS.values() for action in params.get(member) or ()]
    keys = requested_tags(state, call, params)
    return {**keys, "cloudwatch:AlarmActions": actions} if actions else keys


@operation(
    "PutMetricAlarm",
    action="cloudwatch:PutMetricAlarm",
    resource=asked_alarm,
    context=put_alarm_keys,
    max_body=_BODY,
)
async def put_metric_alarm(cloudwatch: CloudWatchState, call: Call, params: Params) -> None:
    """Returns when the alarm is there; one that was there keeps its state."""
    check_actions(call, params)
    check_metric_alarm(call, params)
    await cloudwatch.store.write(_put_metric_alarm, cloudwatch, _key(call, params), params)


@operation(
    "PutCompositeAlarm",
    action="cloudwatch:PutCompositeAlarm",
    resource=asked_alarm,
    context=put_alarm_keys,
    max_body=_BODY,
)
async def put_composite_alarm(cloudwatch: CloudWatchState, call: Call, params: Params) -> None:
    """Returns when the alarm is there and in the state that its rule says."""
    check_actions(call, params)
    try:
        rule = parse_rule(params["AlarmRule"])
    except RuleError as reason:
        raise validation(f"AlarmRule must be a valid rule expression: {reason}") from None
    _check_suppressor(params)
    await cloudwatch.store.write(_put_composite_alarm, cloudwatch, _key(call, params), rule, params)


def _key(call: Call, params: Params) -> Key:
    name = params["AlarmName"]
    if not name.isprintable():
        raise validation(f"The value {name!r} for parameter AlarmName is invalid.")
    return Key(call.account, call.region, name)


def _check_suppressor(params: Params) -> None:
    members = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
    has_periods = [params.get(name) is not None for name in members]
    if any(has_periods) != bool(params.get("ActionsSuppressor")) or any(has_periods) != all(has_periods):
        names = "ActionsSuppressor, ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod"
        raise validation(f"{names} must be specified together.")
    for name in members:
        if not 0 <= (params.get(name) or 0) <= limits.MAX_EVALUATION_S:
            raise validation(f"The value {params[name]} for parameter {name} is invalid.")


def _put_metric_alarm(tx: Tx, cloudwatch: CloudWatchState, key: Key, params: Params) -> None:
    alarm = _put(tx, key, Kind.METRIC, params)
    interval_s = watch_of(key.place, alarm.settings).interval_s
    due_s = (tx.now_ms // 1000 // interval_s + 1) * interval_s
    tx.after_commit(partial(cloudwatch.look_at, alarm.id, due_s))


def _put_composite_alarm(tx: Tx, cloudwatch: CloudWatchState, key: Key, rule: Rule, params: Params) -> None:
    is_new = find_alarm(tx, key) is None
    alarm = _put(tx, key, Kind.COMPOSITE, params)
    _relate(tx, alarm, rule)
    transition = Transition(tx, cloudwatch)
    if alarm.suppressed_by and not alarm.settings.get("ActionsSuppressor"):
        transition.release(alarm, tx.now_ms)
        alarm = alarm_by_id(tx, alarm.id) or alarm
    transition.look_again(alarm, f"{alarm.arn} was {'created' if is_new else 'updated'}", tx.now_ms)


def _put(tx: Tx, key: Key, kind: Kind, params: Params) -> Alarm:
    """Returns the alarm as it is now, new or with other settings; AwsError when it is of another kind."""
    settings = {name: value for name, value in params.items() if name not in _NOT_KEPT and value is not None}
    old = find_alarm(tx, key)
    if old is None:
        tags = checked_tags({}, params.get("Tags") or ())
        id = add_alarm(tx, key, kind, settings, tags)
    elif old.kind is not kind:
        text = f"The alarm {key.name} exists already and is of another type."
        raise validation(text)
    else:
        id = old.id
        put_settings(tx, old, settings)
    alarm = alarm_by_id(tx, id)
    assert alarm is not None
    _note_settings(tx, alarm, old)
    return alarm


def _note_settings(tx: Tx, alarm: Alarm, old: Alarm | None) -> None:
    data: dict[str, Any] = {"version": "1.0", "type": "Update" if old else "Create"}
    if old:
        data["originalAlarm"] = _shown(old)
        data["updatedAlarm"] = _shown(alarm)
    else:
        data["createdAlarm"] = _shown(alarm)
    summary = f'Alarm "{alarm.key.name}" {"updated" if old else "created"}'
    note(tx, alarm, tx.now_ms, Item.CONFIGURATION, summary, data)


def _shown(alarm: Alarm) -> Mapping[str, Any]:
    settings = {f"{name[:1].lower()}{name[1:]}": value for name, value in alarm.settings.items()}
    return {"alarmName": alarm.key.name, "alarmArn": alarm.arn, **settings}


def _relate(tx: Tx, composite: Alarm, rule: Rule) -> None:
    """Writes down what the composite alarm looks at; AwsError when there is no such alarm, or it is too popular."""
    missing = [name for name in rule.children if not _is_there(tx, composite.key, name)]
    if missing:
        raise validation(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
        )
    suppressor = composite.settings.get("ActionsSuppressor")
    if suppressor and not _is_there(tx, composite.key, suppressor):
        text = f"Could not save the composite alarm as the suppressor alarm {suppressor} does not exist"
        raise validation(text)
    tx.run(Q.delete_parent, composite.id)
    children = dict.fromkeys(child_key(composite.key, name) for name in rule.children)
    for child in children:
        ((count,),) = tx.all(Q.count_parents, *child)
        if count >= limits.MAX_PARENTS:
            raise validation(
                f"{child.name} is in the rules of {limits.MAX_PARENTS} composite alarms already."
            )
        tx.run(Q.add_parent, composite.id, *child, Role.CHILD.value)
    if suppressor:
        tx.run(Q.add_parent, composite.id, *child_key(composite.key, suppressor), Role.SUPPRESSOR.value)


def _is_there(tx: Tx, composite: Key, name: str) -> bool:
    child = child_key(composite, name)
    return child.place == composite.place and find_state(tx, child) is not None
