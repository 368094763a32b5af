"""SetAlarmState, EnableAlarmActions, DisableAlarmActions, DeleteAlarms.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
"""

from functools import partial

import orjson

from penstock.server import Call, Params, operation
from penstock.services.cloudwatch.alarms.alarm import (
    Alarm,
    Kind,
    Q,
    State,
    delete_alarm,
    find_alarm,
    get_alarm,
    parents,
    put_settings,
)
from penstock.services.cloudwatch.alarms.history import Item, note
from penstock.services.cloudwatch.alarms.transition import Entry, Transition
from penstock.services.cloudwatch.arns import Key, alarm_arn, asked_alarm
from penstock.services.cloudwatch.errors import invalid_format, validation
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import Tx


@operation("SetAlarmState", action="cloudwatch:SetAlarmState", resource=asked_alarm)
async def set_alarm_state(cloudwatch: CloudWatchState, call: Call, params: Params) -> None:
    """Returns when the alarm is in the state and its actions are on their way; the next look may change it."""
    data = params.get("StateReasonData")
    if data:
        try:
            orjson.loads(data)
        except ValueError:
            raise invalid_format("StateReasonData was not valid JSON") from None
    await cloudwatch.store.write(
        _set_state, cloudwatch, Key(call.account, call.region, params["AlarmName"]), params
    )


@operation("EnableAlarmActions", action=None)
async def enable_alarm_actions(cloudwatch: CloudWatchState, call: Call, params: Params) -> None:
    """Returns when the actions of these alarms are taken."""
    await _authorize(call, params, "cloudwatch:EnableAlarmActions")
    await cloudwatch.store.write(_set_enabled, call, params["AlarmNames"], True)


@operation("DisableAlarmActions", action=None)
async def disable_alarm_actions(cloudwatch: CloudWatchState, call: Call, params: Params) -> None:
    """Returns when the actions of these alarms are not taken."""
    await _authorize(call, params, "cloudwatch:DisableAlarmActions")
    await cloudwatch.store.write(_set_enabled, call, params["AlarmNames"], False)


@operation("DeleteAlarms", action=None)
async def delete_alarms(cloudwatch: CloudWatchState, call: Call, params: Params) -> None:
    """Returns when none of these alarms is there; their history stays."""
    await _authorize(call, params, "cloudwatch:DeleteAlarms")
    await cloudwatch.store.write(_delete, cloudwatch, call, list(dict.fromkeys(params["AlarmNames"])))


async def _authorize(call: Call, params: Params, action: str) -> None:
    names = dict.fromkeys(params["AlarmNames"]) or {"*": None}
    for name in names:
        await call.authorize(action, alarm_arn(Key(call.account, call.region, name)))


def _set_state(tx: Tx, cloudwatch: CloudWatchState, key: Key, params: Params) -> None:
    alarm = get_alarm(tx, key)
    state, reason = State(params["StateValue"]), params["StateReason"]
    entry = Entry(state, reason, params.get("StateReasonData"), tx.now_ms)
    Transition(tx, cloudwatch).enter(alarm, entry)


def _set_enabled(tx: Tx, call: Call, names: list[str], is_enabled: bool) -> None:
    for name in names:
        alarm = find_alarm(tx, Key(call.account, call.region, name))
        if alarm is not None and alarm.has_actions is not is_enabled:
            put_settings(tx, alarm, {**alarm.settings, "ActionsEnabled": is_enabled})
            text = f"Alarm actions {'enabled' if is_enabled else 'disabled'} for {name}"
            data = {"version": "1.0", "type": "Update", "actionsEnabled": is_enabled}
            note(tx, alarm, tx.now_ms, Item.CONFIGURATION, text, data)


def _delete(tx: Tx, cloudwatch: CloudWatchState, call: Call, names: list[str]) -> None:
    found = [find_alarm(tx, Key(call.account, call.region, name)) for name in names]
    alarms = [alarm for alarm in found if alarm is not None]
    if sum(alarm.kind is Kind.COMPOSITE for alarm in alarms) > 1:
        raise validation("Only one composite alarm can be deleted at a time.")
    ids = {alarm.id for alarm in alarms}
    for alarm in alarms:
        if any(parent.id not in ids for parent, _ in parents(tx, alarm.key)):
            name = alarm.key.name
            raise validation(f"Cannot delete {name} as there are composite alarm(s) depending on it.")
    for alarm in alarms:
        _delete_one(tx, cloudwatch, alarm)


def _delete_one(tx: Tx, cloudwatch: CloudWatchState, alarm: Alarm) -> None:
    data = {"version": "1.0", "type": "Delete", "deletedAlarm": {"alarmName": alarm.key.name}}
    note(tx, alarm, tx.now_ms, Item.CONFIGURATION, f'Alarm "{alarm.key.name}" deleted', data)
    tx.run(Q.delete_parent, alarm.id)
    delete_alarm(tx, alarm)
    tx.after_commit(partial(cloudwatch.schedule.drop, alarm.id))
