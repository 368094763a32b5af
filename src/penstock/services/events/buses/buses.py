"""CreateEventBus, DeleteEventBus, DescribeEventBus, ListEventBuses, UpdateEventBus."""

from dataclasses import replace

from penstock.server import Call, Params, operation, page_token, requested_tags
from penstock.services.events.arns import DEFAULT, Key, bus_key
from penstock.services.events.buses.bus import (
    Bus,
    add_bus,
    find_bus,
    get_bus,
    named_bus,
    policy_text,
    put_bus,
)
from penstock.services.events.buses.tag_list import checked_tags
from penstock.services.events.errors import bus_exists, not_implemented, validation
from penstock.services.events.keys import check_named
from penstock.services.events.paging import LAST, page_after
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)


@operation("CreateEventBus", action="events:CreateEventBus", resource=named_bus, context=requested_tags)
async def create_event_bus(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the ARN of the new bus."""
    if params.get("EventSourceName"):
        raise not_implemented("Partner event sources are")
    if "/" in params["Name"]:
        raise validation("Event bus name must not contain '/'.")
    _refuse_lacking(params)
    if params.get("Tags"):
        context = requested_tags(events, call, params)
        await call.authorize("events:TagResource", named_bus(events, call, params), context)
    bus = await events.store.write(_create, events, bus_key(call, params, "Name"), params)
    return {"EventBusArn": bus.arn, **_settings(bus)}


@operation("DeleteEventBus", action="events:DeleteEventBus", resource=named_bus)
async def delete_event_bus(events: EventsState, call: Call, params: Params) -> None:
    """Returns when the bus is not there (any more)."""
    key = bus_key(call, params, "Name")
    if key[2] == DEFAULT:
        raise validation("Cannot delete event bus default.")
    await events.store.write(_delete, key)


@operation("DescribeEventBus", action="events:DescribeEventBus", resource=named_bus)
async def describe_event_bus(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the bus is."""
    bus = await events.store.read(get_bus, bus_key(call, params, "Name"))
    return {**_shown(bus), **_settings(bus)}


@operation("ListEventBuses", action="events:ListEventBuses")
async def list_event_buses(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the account's buses by name."""
    after, limit = page_after(params)
    found = await events.store.read(_list, call, params.get("NamePrefix") or "", after, limit)
    answer: Params = {"EventBuses": [_shown(bus) for bus in found[:limit]]}
    if len(found) > limit:
        answer["NextToken"] = page_token(found[limit - 1].name)
    return answer


@operation("UpdateEventBus", action="events:UpdateEventBus", resource=named_bus)
async def update_event_bus(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the bus is from now on."""
    _refuse_lacking(params)
    bus = await events.store.write(_update, events, bus_key(call, params, "Name"), params)
    return {"Arn": bus.arn, "Name": bus.name, **_settings(bus)}


def _refuse_lacking(params: Params) -> None:
    if (params.get("LogConfig") or {}).get("Level", "OFF") != "OFF":
        raise not_implemented("Logs of event buses are")


def _create(tx: Tx, events: EventsState, key: Key, params: Params) -> Bus:
    if find_bus(tx, key):
        raise bus_exists(key[2])
    tags = checked_tags({}, params.get("Tags") or [])
    add_bus(tx, _with_settings(tx, events, Bus(key, tags=tags), params))
    return get_bus(tx, key)


def _delete(tx: Tx, key: Key) -> None:
    bus = find_bus(tx, key)
    if bus is None:
        return
    if tx.one(Q.find_any_rule, *key):
        raise validation("EventBus can't be deleted since it has rules.")
    tx.run(Q.delete_bus, bus.id)
    tx.forget("events.bus", key)


def _update(tx: Tx, events: EventsState, key: Key, params: Params) -> Bus:
    bus = get_bus(tx, key)
    put_bus(tx, _with_settings(tx, events, bus, params), policy_text(bus))
    return get_bus(tx, key)


def _with_settings(tx: Tx, events: EventsState, bus: Bus, params: Params) -> Bus:
    kms_key = params.get("KmsKeyIdentifier") or None
    if kms_key != bus.kms_key:
        check_named(tx, events.keys, bus.key, kms_key)
    dead_letter = (params.get("DeadLetterConfig") or {}).get("Arn")
    return replace(bus, description=params.get("Description"), dead_letter=dead_letter, kms_key=kms_key)


def _list(tx: ReadTx, call: Call, prefix: str, after: str, limit: int) -> list[Bus]:
    # The last of the page before comes once more, and so may the default bus, which need not have a row.
    rows = tx.all(Q.find_buses, call.account, call.region, max(after, prefix), prefix + LAST, limit + 2)
    names = {name for (name,) in rows} | ({DEFAULT} if DEFAULT.startswith(prefix) else set())
    wanted = sorted(name for name in names if name > after)
    return [get_bus(tx, (call.account, call.region, name)) for name in wanted[: limit + 1]]


def _shown(bus: Bus) -> Params:
    shown: Params = {"Name": bus.name, "Arn": bus.arn}
    if bus.policy:
        shown["Policy"] = bus.policy.text
    if bus.description is not None:
        shown["Description"] = bus.description
    if bus.created_ms is not None:
        shown |= {"CreationTime": bus.created_ms, "LastModifiedTime": bus.modified_ms}
    return shown


def _settings(bus: Bus) -> Params:
    shown: Params = {}
    if bus.description is not None:
        shown["Description"] = bus.description
    if bus.dead_letter is not None:
        shown["DeadLetterConfig"] = {"Arn": bus.dead_letter}
    if bus.kms_key is not None:
        shown["KmsKeyIdentifier"] = bus.kms_key
    return shown
