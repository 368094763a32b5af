"""StartReplay, CancelReplay, DescribeReplay, ListReplays.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
"""

from datetime import UTC, datetime

import orjson

from penstock.arn import Arn
from penstock.server import Call, Params, operation, page_token
from penstock.services.events.archives.archive import Archive, archive_arn, get_archive
from penstock.services.events.arns import Key, bus_arn, named
from penstock.services.events.errors import illegal_status, limit_exceeded, replay_exists, validation
from penstock.services.events.limits import MAX_ACTIVE_REPLAYS
from penstock.services.events.paging import LAST, page_after
from penstock.services.events.replays.replay import (
    Replay,
    ReplayState,
    find_replay,
    get_replay,
    replay_of,
    replay_resource,
)
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_FILTERS = ("State", "EventSourceArn", "NamePrefix")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEFORE_ALL = -1


@operation("StartReplay", action="events:StartReplay", resource=replay_resource)
async def start_replay(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the new replay, which begins at once."""
    from_ms, to_ms = _ms(params["EventStartTime"]), _ms(params["EventEndTime"])
    if from_ms >= to_ms:
        raise _invalid("EventEndTime", "EventStartTime must be before EventEndTime.")
    archive, bus = _archive_key(call, params["EventSourceArn"]), _bus_key(params["Destination"])
    await call.authorize("events:StartReplay", archive_arn(archive))
    await call.authorize("events:StartReplay", bus_arn(bus))
    replay = await events.store.write(_start, events, call, params, from_ms, to_ms)
    return {"ReplayArn": replay.arn, "State": replay.state.value, "ReplayStartTime": replay.started_ms}


@operation("CancelReplay", action="events:CancelReplay", resource=replay_resource)
async def cancel_replay(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the replay, which ends before its next step."""
    replay = await events.store.write(_cancel, events, _key(call, params))
    return {"ReplayArn": replay.arn, "State": replay.state.value}


@operation("DescribeReplay", action="events:DescribeReplay", resource=replay_resource)
async def describe_replay(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the replay is and how far it has come."""
    replay = await events.store.read(get_replay, _key(call, params))
    shown = _shown(replay) | {"ReplayArn": replay.arn}
    if replay.description is not None:
        shown["Description"] = replay.description
    destination: Params = {"Arn": bus_arn(replay.bus_key)}
    if replay.rules:
        destination["FilterArns"] = sorted(replay.rules)
    return shown | {"Destination": destination}


@operation("ListReplays", action="events:ListReplays")
async def list_replays(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the account's replays by name, of a prefix, an archive, or a state."""
    if sum(bool(params.get(name)) for name in _FILTERS) > 1:
        raise validation(
            "At most one filter is allowed for ListReplays. "
            "Use either : State, EventSourceArn, or NamePrefix."
        )
    after, limit = page_after(params)
    place = (call.account, call.region, "")
    found = await events.store.read(_list, place, params.get("NamePrefix") or "", after, limit)
    answer: Params = {"Replays": [_shown(replay) for replay in found[:limit] if _is_wanted(replay, params)]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1].key[2])
    return answer


def _key(call: Call, params: Params) -> Key:
    return call.account, call.region, params["ReplayName"]


def _ms(moment: datetime) -> int:
    return int((moment - _EPOCH).total_seconds() * 1000)


def _start(tx: Tx, events: EventsState, call: Call, params: Params, from_ms: int, to_ms: int) -> Replay:
    key = _key(call, params)
    archive = get_archive(tx, _archive_key(call, params["EventSourceArn"]))
    rules = _rules(archive, params["Destination"])
    if find_replay(tx, key):
        raise replay_exists(key[2])
    ((active,),) = tx.all(Q.find_active_count, *key[:2])
    if active >= MAX_ACTIVE_REPLAYS:
        raise limit_exceeded()
    tx.insert(
        Q.add_replay,
        *key,
        archive.id,
        archive.key[2],
        archive.bus,
        params.get("Description"),
        orjson.dumps(rules).decode(),
        from_ms,
        to_ms,
        ReplayState.STARTING.value,
        from_ms,
        _BEFORE_ALL,
        tx.now_ms,
    )
    tx.after_commit(events.replay_woken.set)
    return get_replay(tx, key)


def _archive_key(call: Call, text: str) -> Key:
    parts = Arn.parse(text)
    kind, _, name = parts.resource.partition("/")
    if kind != "archive" or (parts.account, parts.region) != (call.account, call.region):
        raise _invalid("EventSourceArn", "Must contain an archive ARN.")
    return call.account, call.region, name


def _bus_key(destination: Params) -> Key:
    bus = named(destination["Arn"])
    if bus is None or not bus.is_bus:
        raise _invalid("Destination.Arn", "Must contain an event bus ARN.")
    return bus.bus


def _rules(archive: Archive, destination: Params) -> list[str]:
    bus = _bus_key(destination)
    if bus != archive.bus_key:
        raise _invalid("Destination.Arn", "Cross event bus replay is not permitted.")
    rules = list(dict.fromkeys(destination.get("FilterArns") or []))
    for rule in rules:
        found = named(rule)
        if found is None or found.bus != bus or not found.is_rule:
            raise _invalid("Destination.FilterArns", f"{rule} is not a rule of the event bus.")
    return rules


def _cancel(tx: Tx, events: EventsState, key: Key) -> Replay:
    replay = get_replay(tx, key)
    if replay.state not in (ReplayState.STARTING, ReplayState.RUNNING):
        raise illegal_status(key[2])
    tx.run(Q.put_replay_state, ReplayState.CANCELLING.value, None, replay.id)
    tx.after_commit(events.replay_woken.set)
    return get_replay(tx, key)


def _list(tx: ReadTx, place: Key, prefix: str, after: str, limit: int) -> list[Replay]:
    # The last of the page before comes once more: one lower bound is all that an index can use.
    rows = tx.all(Q.find_replays, *place[:2], max(after, prefix), prefix + LAST, limit + 2)
    return [replay_of(place, row) for row in rows if row[0] > after][: limit + 1]


def _is_wanted(replay: Replay, params: Params) -> bool:
    source, state = params.get("EventSourceArn"), params.get("State")
    return (not source or _archive_arn(replay) == source) and (not state or replay.state == state)


def _archive_arn(replay: Replay) -> str:
    return archive_arn((*replay.key[:2], replay.archive_name))


def _shown(replay: Replay) -> Params:
    shown: Params = {
        "ReplayName": replay.key[2],
        "EventSourceArn": _archive_arn(replay),
        "State": replay.state.value,
        "EventStartTime": replay.from_ms,
        "EventEndTime": replay.to_ms,
        "ReplayStartTime": replay.started_ms,
    }
    if replay.last_ms is not None:
        shown["EventLastReplayedTime"] = replay.last_ms
    if replay.ended_ms is not None:
        shown["ReplayEndTime"] = replay.ended_ms
    return shown


def _invalid(member: str, reason: str) -> Exception:
    return validation(f"Parameter {member} is not valid. Reason: {reason}")
