"""An alarm, its state, and the row that keeps both."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from penstock.services.cloudwatch.arns import Key, Place, alarm_arn
from penstock.services.cloudwatch.errors import no_alarm
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

INITIAL_REASON = "Unchecked: Initial alarm creation"

LAST = "\U0010ffff"


class State(StrEnum):
    """AWS's states of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Kind(StrEnum):
    """AWS's kinds of alarms that there are here."""

    METRIC = "MetricAlarm"
    COMPOSITE = "CompositeAlarm"


class Suppression(StrEnum):
    """By what the actions of a composite alarm are held back."""

    WAIT = "WaitPeriod"
    EXTENSION = "ExtensionPeriod"
    ALARM = "Alarm"


class Role(StrEnum):
    """What an alarm is to a composite one."""

    CHILD = "child"
    SUPPRESSOR = "suppressor"


ACTIONS = {
    State.OK: "OKActions",
    State.ALARM: "AlarmActions",
    State.INSUFFICIENT_DATA: "InsufficientDataActions",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as its row says; ``settings`` are members under AWS's names.

    ``acted`` is the state whose actions were taken last; ``suppressed_by`` what holds those of the present one back,
    until ``suppressed_ms`` when that ends by itself.
    """

    id: int
    key: Key
    kind: Kind
    settings: Mapping[str, Any]
    tags: Mapping[str, str]
    configured_ms: int
    state: State
    reason: str
    reason_data: str | None
    updated_ms: int
    transitioned_ms: int
    acted: State
    suppressed_by: Suppression | None
    suppressed_ms: int | None

    @property
    def arn(self) -> str:
        """Returns its ARN."""
        return alarm_arn(self.key)

    @property
    def has_actions(self) -> bool:
        """Returns whether its actions are enabled."""
        return self.settings.get("ActionsEnabled") is not False

    def actions(self, state: State) -> list[str]:
        """Returns what is to be done when it comes into a state."""
        return list(self.settings.get(ACTIONS[state]) or ())


def find_alarm(tx: ReadTx, key: Key) -> Alarm | None:
    """Returns the alarm, or None."""
    row = tx.one(Q.find_alarm, *key)
    return _alarm(row) if row else None


def find_state(tx: ReadTx, key: Key) -> State | None:
    """Returns the state of the alarm, remembered: a composite alarm asks for those of a hundred; None without one."""
    return tx.cached("cloudwatch.state", key, _load_state)


def put_state(tx: Tx, alarm: Alarm) -> None:
    """Keeps the alarm's state, why it is in it and since when."""
    times = (alarm.updated_ms, alarm.transitioned_ms)
    tx.run(Q.put_state, alarm.state.value, alarm.reason, alarm.reason_data, *times, alarm.id)
    tx.forget("cloudwatch.state", alarm.key)


def delete_alarm(tx: Tx, alarm: Alarm) -> None:
    """Deletes the alarm."""
    tx.run(Q.delete_alarm, alarm.id)
    tx.forget("cloudwatch.state", alarm.key)
    forget_alarm(tx, alarm.id)


def get_alarm(tx: ReadTx, key: Key) -> Alarm:
    """Returns the alarm; AwsError ``ResourceNotFound``."""
    found = find_alarm(tx, key)
    if found is None:
        raise no_alarm(key.name)
    return found


def alarm_by_id(tx: ReadTx, id: int) -> Alarm | None:
    """Returns the alarm, or None when it is gone."""
    row = tx.one(Q.find_alarm_by_id, id)
    return _alarm(row) if row else None


def alarms_after(tx: ReadTx, place: Place, after: str, prefix: str, limit: int) -> list[Alarm]:
    """Returns alarms by name, behind ``after``, whose names begin with ``prefix``."""
    rows = tx.all(Q.find_alarms, *place, max(after, prefix), prefix + LAST, limit)
    found = [_alarm(row) for row in rows]
    if prefix > after and (own := find_alarm(tx, Key(*place, prefix))):
        found.insert(0, own)  # the name that is the prefix itself
    return found


def alarms_by_id(tx: ReadTx, after: int, limit: int) -> list[Alarm]:
    """Returns alarms of all accounts by id."""
    return [_alarm(row) for row in tx.all(Q.find_alarms_by_id, after, limit)]


def parents(tx: ReadTx, key: Key) -> list[tuple[Alarm, Role]]:
    """Returns the composite alarms that look at an alarm, and what it is to each."""
    found = []
    for id, role in tx.all(Q.find_parents, *key):
        if (parent := alarm_by_id(tx, id)) is not None:
            found.append((parent, Role(role)))
    return found


def put_tags(tx: Tx, alarm: Alarm, tags: Mapping[str, str]) -> None:
    """Replaces the tags."""
    tx.run(Q.put_tags, orjson.dumps(tags).decode(), alarm.id)


def put_settings(tx: Tx, alarm: Alarm, settings: Mapping[str, Any]) -> None:
    """Replaces the settings; the state stays."""
    tx.run(Q.put_settings, orjson.dumps(settings).decode(), tx.now_ms, alarm.id)
    forget_alarm(tx, alarm.id)


def add_alarm(tx: Tx, key: Key, kind: Kind, settings: Mapping[str, Any], tags: Mapping[str, str]) -> int:
    """Returns the id of a new alarm, of which nothing is known yet."""
    documents = (orjson.dumps(settings).decode(), orjson.dumps(tags).decode())
    state = State.INSUFFICIENT_DATA.value
    times = (tx.now_ms, tx.now_ms)
    tx.forget("cloudwatch.state", key)
    return tx.insert(
        Q.add_alarm, *key, kind.value, *documents, tx.now_ms, state, INITIAL_REASON, *times, state
    )


def forget_alarm(tx: Tx, id: int) -> None:
    """Drops what is remembered of an alarm's settings."""
    tx.forget("cloudwatch.watch", id)
    tx.forget("cloudwatch.rule", id)


def _load_state(tx: ReadTx, key: Key) -> State | None:
    row = tx.one(Q.find_state, *key)
    return State(row[0]) if row else None


def _alarm(row: Row) -> Alarm:
    id, account, region, name, kind, settings, tags, configured_ms, state, reason, data, updated_ms, *rest = (
        row
    )
    transitioned_ms, acted, suppressed_by, suppressed_ms = rest
    return Alarm(
        id,
        Key(account, region, name),
        Kind(kind),
        orjson.loads(settings),
        orjson.loads(tags),
        configured_ms,
        State(state),
        reason,
        data,
        updated_ms,
        transitioned_ms,
        State(acted),
        Suppression(suppressed_by) if suppressed_by else None,
        suppressed_ms,
    )
