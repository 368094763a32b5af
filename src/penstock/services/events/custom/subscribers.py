"""CreateSubscriber, DeleteSubscriber, DescribeSubscriber, ListSubscribers, UpdateSubscriber, RevokeResource.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-subscribers.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-replay.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from penstock.server import Call, Params, operation
from penstock.services.events.custom.arns import SUBSCRIBER, member_of, named, new_of, new_uid
from penstock.services.events.custom.bus import Bus, active_bus, bus_of_id, get_bus, request_digest
from penstock.services.events.custom.checks import check_settings
from penstock.services.events.custom.errors import (
    exists,
    invalid,
    mismatch,
    not_found,
    wrong_state,
)
from penstock.services.events.custom.pages import page_of, page_token_of
from penstock.services.events.custom.state import CustomState
from penstock.services.events.custom.subscriber import (
    Subscriber,
    find_subscriber,
    get_subscriber,
    standing,
    subscriber_of,
)
from penstock.services.events.custom.tags import check_may_tag, checked_tags, tag_context
from penstock.services.events.rules.pass_role import check_pass_role
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SETTINGS = (
    "InvokeConfiguration",
    "Description",
    "FilterConfiguration",
    "Type",
    "StartingPosition",
    "PointInTimeConfiguration",
    "BatchConfiguration",
    "Transformer",
    "RetryPolicy",
    "OnFailureConfiguration",
    "LogConfiguration",
)
_CREATED_ONLY = ("Type", "StartingPosition", "PointInTimeConfiguration")
_DEFAULTS: Mapping[str, Any] = {
    "Type": "UNORDERED",
    "StartingPosition": "LATEST",
    "Transformer": {"Type": "RAW"},
    "BatchConfiguration": {"MaxBatchSize": 10, "MaxBatchWindowInSeconds": 0},
    "RetryPolicy": {"MaxRetryAttempts": 5, "MaxEventAgeInSeconds": 300, "RetryStrategy": "ALL"},
}


class _Start(NamedTuple):
    """Behind which number a subscriber begins, and when it ends."""

    after: int
    until_ms: int | None


@operation(
    "CreateSubscriber", action="events:CreateSubscriber", resource=new_of(SUBSCRIBER), context=tag_context
)
async def create_subscriber(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns the new subscriber of a bus; the same for a request that is sent again."""
    check_settings(params)
    await call.authorize("events:CreateSubscriber", params["EventBusArn"])
    await check_may_tag(call, SUBSCRIBER, params)
    await check_pass_role(call, params["InvokeConfiguration"]["RoleArn"])
    found = await custom.store.write(_create, custom, call, params)
    return await _shown(custom, found, all_of_it=False)


@operation("DeleteSubscriber", action="events:DeleteSubscriber", resource=member_of("SubscriberArn"))
async def delete_subscriber(custom: CustomState, call: Call, params: Params) -> Params:
    """Deletes the subscriber; what is on its way to its target is given up."""
    await custom.store.write(_delete, params["SubscriberArn"])
    return {}


@operation("DescribeSubscriber", action="events:DescribeSubscriber", resource=member_of("SubscriberArn"))
async def describe_subscriber(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns what the subscriber is."""
    found = await custom.store.read(get_subscriber, params["SubscriberArn"])
    return await _shown(custom, found, all_of_it=True)


@operation("ListSubscribers", action="events:ListSubscribers")
async def list_subscribers(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns the account's subscribers by name, of a prefix or a bus."""
    after, limit = page_of(params)
    rows = await custom.store.read(_list, call, after, limit + 1, params)
    shown = [
        {**standing(found, bus), "TargetArn": found.target_arn, "SubscriberAccountId": found.key[0]}
        for found, bus in rows[:limit]
        if bus is not None and _is_wanted(found, bus, params)
    ]
    return {"Subscribers": shown, **page_token_of(rows, limit, lambda row: row[0].key[2])}


@operation("UpdateSubscriber", action="events:UpdateSubscriber", resource=member_of("SubscriberArn"))
async def update_subscriber(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns the subscriber with what is given; stopped, or running from where ``ResumePosition`` says."""
    if role := (params.get("InvokeConfiguration") or {}).get("RoleArn"):
        await check_pass_role(call, role)
    found = await custom.store.write(_update, custom, params)
    return await _shown(custom, found, all_of_it=False)


@operation("RevokeResource", action="events:RevokeResource", resource=member_of("Arn"))
async def revoke_resource(custom: CustomState, call: Call, params: Params) -> Params:
    """Stops a subscriber for good, at the wish of the bus's owner."""
    name = named(params["Arn"])
    if name is None or name.kind != SUBSCRIBER:
        raise not_found(f"Resource {params['Arn']}")
    await custom.store.write(_revoke, params["Arn"])
    return {"Arn": params["Arn"]}


def _create(tx: Tx, custom: CustomState, call: Call, params: Params) -> Subscriber:
    key, digest = (call.account, call.region, params["Name"]), request_digest(params)
    if present := find_subscriber(tx, key):
        if present.token is None or present.token != params.get("ClientToken"):
            raise exists(f"Subscriber {params['Name']}")
        if present.request != digest:
            raise mismatch()
        return present
    bus = active_bus(tx, params["EventBusArn"])
    start = _start(tx, bus, params)
    given = {name: params[name] for name in _SETTINGS if params.get(name) is not None}
    texts = (_text({**_DEFAULTS, **given}), _text(checked_tags({}, params.get("Tags") or {})))
    running = (params.get("State") or "RUNNING") == "RUNNING"
    kept = (*texts, params.get("ClientToken"), digest, int(running))
    places = (start.after, bus.last, start.until_ms)
    tx.insert(Q.add_subscriber, bus.id, *key, new_uid(tx.ids), *kept, *places, tx.now_ms, tx.now_ms)
    tx.after_commit(custom.woken.set)
    made = find_subscriber(tx, key)
    assert made is not None
    return made


def _start(tx: ReadTx, bus: Bus, params: Params) -> _Start:
    point = params.get("PointInTimeConfiguration") or {}
    if (params.get("StartingPosition") or "LATEST") == "LATEST":
        if point:
            raise invalid("PointInTimeConfiguration goes with the starting position POINT_IN_TIME only.")
        return _Start(bus.last, None)
    if not point:
        raise invalid("The starting position POINT_IN_TIME needs a PointInTimeConfiguration.")
    until_ms = _ms(point["EndPoint"]) if point.get("EndPoint") else None
    if point["PointType"] == "HORIZON":
        return _Start(0, until_ms)
    if not point.get("StartingPoint"):
        raise invalid("The point type TIMESTAMP needs a StartingPoint.")
    from_ms = _ms(point["StartingPoint"])
    if not bus.kept_since_ms(tx.now_ms) <= from_ms <= tx.now_ms:
        raise invalid("StartingPoint must be within the retention window of the event bus.")
    if until_ms is not None and until_ms <= from_ms:
        raise invalid("EndPoint must be behind StartingPoint.")
    row = tx.one(Q.find_last_before, bus.id, from_ms)
    return _Start(row[0] if row else 0, until_ms)


def _update(tx: Tx, custom: CustomState, params: Params) -> Subscriber:
    found = get_subscriber(tx, params["SubscriberArn"])
    if found.revoked:
        raise wrong_state(f"Subscriber {found.arn} has been revoked.")
    given = {
        name: params[name] for name in _SETTINGS if name not in _CREATED_ONLY and params.get(name) is not None
    }
    if "InvokeConfiguration" in given:
        given["InvokeConfiguration"] = {**found.invoke, **given["InvokeConfiguration"]}
    settings = {**found.settings, **given}
    check_settings(settings)
    running = params["State"] == "RUNNING" if params.get("State") else found.running
    after = found.after
    if running and not found.running and params.get("ResumePosition") == "LATEST":
        bus = bus_of_id(tx, found.bus)
        after = bus.last if bus else after
    tx.run(Q.put_subscriber, _text(settings), int(running), after, tx.now_ms, found.id)
    tx.after_commit(custom.woken.set)
    return get_subscriber(tx, found.arn)


def _delete(tx: Tx, arn: str) -> None:
    tx.run(Q.delete_subscriber, get_subscriber(tx, arn).id)


def _revoke(tx: Tx, arn: str) -> None:
    tx.run(Q.put_revoked, tx.now_ms, get_subscriber(tx, arn).id)


def _list(
    tx: ReadTx, call: Call, after: str, limit: int, params: Params
) -> list[tuple[Subscriber, Bus | None]]:
    if arn := params.get("EventBusArn"):
        get_bus(tx, arn)
    rows = tx.all(Q.find_subscribers, call.account, call.region, after, limit)
    return [(found, bus_of_id(tx, found.bus)) for found in map(subscriber_of, rows)]


def _is_wanted(found: Subscriber, bus: Bus, params: Params) -> bool:
    return params.get("EventBusArn") in (None, bus.arn) and found.key[2].startswith(
        params.get("NamePrefix") or ""
    )


async def _shown(custom: CustomState, found: Subscriber, *, all_of_it: bool) -> Params:
    bus = await custom.store.read(bus_of_id, found.bus)
    if bus is None:
        raise not_found(f"Subscriber {found.arn}")
    names = _SETTINGS if all_of_it else ("StartingPosition", "PointInTimeConfiguration")
    settings = {name: found.settings[name] for name in names if name in found.settings}
    if point := settings.get("PointInTimeConfiguration"):
        times = ("StartingPoint", "EndPoint")
        settings["PointInTimeConfiguration"] = {
            name: _moment(value) if name in times else value for name, value in point.items()
        }
    return {**settings, **standing(found, bus)}


def _text(value: object) -> str:
    return orjson.dumps(value).decode()


def _ms(moment: datetime) -> int:
    return round((moment - _EPOCH).total_seconds() * 1000)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
