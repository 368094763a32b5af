"""Brings alarms into states, with all that follows: history, actions, the alarms above. One transaction.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html
"""

from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from penstock.services.cloudwatch.alarms.actions import take_actions, tell_bus
from penstock.services.cloudwatch.alarms.alarm import (
    Alarm,
    Q,
    Role,
    State,
    Suppression,
    find_state,
    parents,
    put_state,
)
from penstock.services.cloudwatch.alarms.history import Item, note
from penstock.services.cloudwatch.alarms.message import Change, Trigger
from penstock.services.cloudwatch.alarms.reasons import MAX_REASON, spoken, stamp
from penstock.services.cloudwatch.alarms.rule import Rule, parse_rule
from penstock.services.cloudwatch.arns import Key, named_alarm
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import ReadTx, Tx


class Entry(NamedTuple):
    """The state that an alarm comes into: why, when, and by which children."""

    state: State
    reason: str
    reason_data: str | None
    at_ms: int
    triggers: tuple[Trigger, ...] = ()


class Transition:
    """One change and those that it causes; an alarm that is changed already is not looked at again: a circle."""

    def __init__(self, tx: Tx, cloudwatch: CloudWatchState) -> None:
        self._tx = tx
        self._cloudwatch = cloudwatch
        self._changed: set[int] = set()

    def enter(self, alarm: Alarm, entry: Entry) -> None:
        """Brings the alarm into a state; when it is in that already, only the reason is new."""
        is_new = entry.state is not alarm.state
        after = replace(
            alarm,
            state=entry.state,
            reason=entry.reason[:MAX_REASON],
            reason_data=entry.reason_data,
            updated_ms=entry.at_ms,
            transitioned_ms=entry.at_ms if is_new else alarm.transitioned_ms,
        )
        put_state(self._tx, after)
        if is_new:
            self._changed.add(alarm.id)
            self._follow(Change(after, alarm, entry.at_ms, entry.triggers))

    def look_again(self, composite: Alarm, entry_reason: str, at_ms: int, *triggers: Trigger) -> None:
        """Brings a composite alarm into the state that its rule says."""
        rule = rule_of(self._tx, composite)
        is_alarm = rule.is_alarm(lambda name: _state_of(self._tx, composite, name))
        state = State.ALARM if is_alarm else State.OK
        if state is not composite.state:
            shown = [
                {"arn": each.arn, "state": {"value": each.state.value, "timestamp": stamp(each.at_ms)}}
                for each in triggers
            ]
            data = orjson.dumps({"triggeringAlarms": shown}).decode() if triggers else None
            self.enter(composite, Entry(state, entry_reason, data, at_ms, triggers))

    def release(self, composite: Alarm, at_ms: int) -> None:
        """Takes the actions of a composite alarm that nothing holds back any more, unless they were taken before."""
        self._put_suppression(composite, composite.state, None, None)
        if composite.acted is not composite.state:
            before = replace(composite, state=composite.acted)
            after = replace(composite, suppressed_by=None, suppressed_ms=None)
            take_actions(self._tx, self._cloudwatch.delivery, Change(after, before, at_ms))

    def _follow(self, change: Change) -> None:
        _note_state(self._tx, change)
        alarm, at_ms = self._act(change), change.at_ms
        tell_bus(self._tx, self._cloudwatch.delivery, change._replace(alarm=alarm))
        for parent, role in parents(self._tx, alarm.key):
            if role is Role.SUPPRESSOR:
                self._suppressor_changed(parent, alarm, at_ms)
            elif parent.id not in self._changed:
                trigger = Trigger(alarm.arn, alarm.state, at_ms)
                text = f"{alarm.arn} transitioned to {alarm.state} at {spoken(at_ms)}"
                self.look_again(parent, text, at_ms, trigger)

    def _act(self, change: Change) -> Alarm:
        """Takes the actions of a change, or holds them back; returns the alarm as it is then."""
        alarm = change.alarm
        held = self._held(alarm, change.at_ms)
        if held is None:
            take_actions(self._tx, self._cloudwatch.delivery, change)
            self._put_suppression(alarm, alarm.state, None, None)
            return replace(alarm, acted=alarm.state, suppressed_by=None, suppressed_ms=None)
        self._put_suppression(alarm, alarm.acted, *held)
        return replace(alarm, suppressed_by=held[0], suppressed_ms=held[1])

    def _held(self, alarm: Alarm, at_ms: int) -> tuple[Suppression, int | None] | None:
        """Returns by what the actions of a change are held back, and until when if that ends by itself."""
        suppressor = alarm.settings.get("ActionsSuppressor")
        if not suppressor:
            return None
        if _state_of(self._tx, alarm, suppressor) is State.ALARM:
            return Suppression.ALARM, None
        if alarm.suppressed_by is Suppression.EXTENSION:
            return Suppression.EXTENSION, alarm.suppressed_ms
        wait_ms = 1000 * (alarm.settings.get("ActionsSuppressorWaitPeriod") or 0)
        return (Suppression.WAIT, at_ms + wait_ms) if wait_ms else None

    def _suppressor_changed(self, composite: Alarm, suppressor: Alarm, at_ms: int) -> None:
        extension_ms = 1000 * (composite.settings.get("ActionsSuppressorExtensionPeriod") or 0)
        if suppressor.state is State.ALARM:
            if composite.suppressed_by is not None:
                self._put_suppression(composite, composite.acted, Suppression.ALARM, None)
        elif suppressor.state is State.OK and extension_ms:
            self._put_suppression(composite, composite.acted, Suppression.EXTENSION, at_ms + extension_ms)
        elif composite.suppressed_by is Suppression.ALARM:
            self.release(composite, at_ms)

    def _put_suppression(
        self, alarm: Alarm, acted: State, by: Suppression | None, until_ms: int | None
    ) -> None:
        if (alarm.acted, alarm.suppressed_by, alarm.suppressed_ms) == (acted, by, until_ms):
            return
        self._tx.run(Q.put_suppression, acted.value, by.value if by else None, until_ms, alarm.id)
        if until_ms is not None:
            due_s = -(-until_ms // 1000)
            self._tx.after_commit(lambda: self._cloudwatch.look_at(alarm.id, due_s))


def rule_of(tx: ReadTx, composite: Alarm) -> Rule:
    """Returns the rule of a composite alarm, read once."""
    text: str = composite.settings["AlarmRule"]
    return tx.cached("cloudwatch.rule", composite.id, lambda *_: parse_rule(text))


def child_key(composite: Key, name: str) -> Key:
    """Returns which alarm a composite one means by a name or an ARN."""
    return named_alarm(name) or Key(composite.account, composite.region, name)


def _state_of(tx: ReadTx, composite: Alarm, name: str) -> State | None:
    return find_state(tx, child_key(composite.key, name))


def _note_state(tx: Tx, change: Change) -> None:
    summary = f"Alarm updated from {change.before.state} to {change.alarm.state}"
    data = {"version": "1.0", "oldState": _shown(change.before), "newState": _shown(change.alarm)}
    note(tx, change.alarm, change.at_ms, Item.STATE, summary, data)


def _shown(alarm: Alarm) -> dict[str, Any]:
    found: dict[str, Any] = {"stateValue": alarm.state.value, "stateReason": alarm.reason}
    if alarm.reason_data:
        try:
            found["stateReasonData"] = orjson.loads(alarm.reason_data)
        except ValueError:  # what SetAlarmState was given need not be JSON
            found["stateReasonData"] = alarm.reason_data
    return found
