"""CreateEventBus, DeleteEventBus, DescribeEventBus, ListEventBuses, UpdateEventBus."""

import orjson

from penstock.server import Call, Params, operation
from penstock.services.events.custom.arns import BUS, member_of, new_of, new_uid
from penstock.services.events.custom.bus import (
    LASTS_MS,
    Bus,
    bus_of,
    find_bus,
    get_bus,
    request_digest,
)
from penstock.services.events.custom.errors import exists, in_use, mismatch, not_implemented
from penstock.services.events.custom.pages import page_of, page_token_of
from penstock.services.events.custom.state import CustomState
from penstock.services.events.custom.tags import check_may_tag, checked_tags, tag_context
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_RETENTION_DAYS = 1


@operation("CreateEventBus", action="events:CreateEventBus", resource=new_of(BUS), context=tag_context)
async def create_event_bus(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns the new bus, which is ACTIVE shortly; the same for a request that is sent again."""
    _check(params)
    await check_may_tag(call, BUS, params)
    bus = await custom.store.write(_create, call, params)
    return _shown(bus, bus.created_ms)


@operation("DeleteEventBus", action="events:DeleteEventBus", resource=member_of("EventBusArn"))
async def delete_event_bus(custom: CustomState, call: Call, params: Params) -> Params:
    """Deletes the bus; its events go in small steps afterwards. AwsError ``ResourceInUseException``."""
    await custom.store.write(_delete, custom, params["EventBusArn"])
    return {}


@operation("DescribeEventBus", action="events:DescribeEventBus", resource=member_of("EventBusArn"))
async def describe_event_bus(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns what the bus is, and since when it has its events."""
    bus = await custom.store.read(get_bus, params["EventBusArn"])
    return _shown(bus, custom.clock.now_ms())


@operation("ListEventBuses", action="events:ListEventBuses")
async def list_event_buses(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns the account's buses by name, of a prefix."""
    after, limit = page_of(params)
    prefix = params.get("NamePrefix") or ""
    now_ms = custom.clock.now_ms()
    if params.get("EventBusAccountId") not in (None, call.account):
        return {"EventBuses": []}  # nobody shares any with this account
    rows = await custom.store.read(_list, call, after, prefix, limit + 1)
    return {
        "EventBuses": [_summary(bus, now_ms) for bus in rows[:limit]],
        **page_token_of(rows, limit, lambda bus: bus.key[2]),
    }


@operation("UpdateEventBus", action="events:UpdateEventBus", resource=member_of("EventBusArn"))
async def update_event_bus(custom: CustomState, call: Call, params: Params) -> Params:
    """Returns the bus with what is given; the rest stays."""
    _check(params)
    bus = await custom.store.write(_update, params)
    return _shown(bus, bus.changed_ms)


def _check(params: Params) -> None:
    if (params.get("EncryptionConfiguration") or {}).get("KmsKeyIdentifier"):
        raise not_implemented("KMS keys of custom event buses are")


def _create(tx: Tx, call: Call, params: Params) -> Bus:
    key, digest = (call.account, call.region, params["Name"]), request_digest(params)
    if present := find_bus(tx, key):
        if present.token is None or present.token != params.get("ClientToken"):
            raise exists(f"Event bus {params['Name']}")
        if present.request != digest:
            raise mismatch()
        return present
    tags = orjson.dumps(checked_tags({}, params.get("Tags") or {})).decode()
    settings = (params.get("Description"), _retention(params, _RETENTION_DAYS), tags)
    times = (tx.now_ms, tx.now_ms, tx.now_ms + LASTS_MS)
    tx.insert(Q.add_bus, *key, new_uid(tx.ids), *settings, params.get("ClientToken"), digest, *times)
    made = find_bus(tx, key)
    assert made is not None
    return made


def _update(tx: Tx, params: Params) -> Bus:
    bus = get_bus(tx, params["EventBusArn"])
    changed_ms = max(tx.now_ms, bus.created_ms + 1)  # else it would be CREATING again
    settings = (params.get("Description", bus.description), _retention(params, bus.retention_days))
    tx.run(Q.put_bus, *settings, changed_ms, changed_ms + LASTS_MS, bus.id)
    return get_bus(tx, bus.arn)


def _delete(tx: Tx, custom: CustomState, arn: str) -> None:
    bus = get_bus(tx, arn)
    if tx.one(Q.find_subscriber_of_bus, bus.id):
        raise in_use(f"Event bus {arn} has subscribers.")
    tx.run(Q.put_bus_dropped, bus.id)
    tx.after_commit(custom.sweeper.wake)


def _list(tx: ReadTx, call: Call, after: str, prefix: str, limit: int) -> list[Bus]:
    # A name just before the prefix is none that a bus can have.
    first = max(after, prefix[:-1] + chr(ord(prefix[-1]) - 1) + "\U0010ffff" if prefix else "")
    rows = tx.all(Q.find_buses, call.account, call.region, first, limit)
    return [bus for bus in map(bus_of, rows) if bus.key[2].startswith(prefix)]


def _retention(params: Params, otherwise: int) -> int:
    return (params.get("StorageConfiguration") or {}).get("RetentionPeriodInDays") or otherwise


def _shown(bus: Bus, now_ms: int) -> Params:
    storage = {
        "RetentionPeriodInDays": bus.retention_days,
        "RetentionWindowStartTime": bus.kept_since_ms(now_ms),
    }
    return {**_summary(bus, now_ms), "StorageConfiguration": storage}


def _summary(bus: Bus, now_ms: int) -> Params:
    described = {"Description": bus.description} if bus.description is not None else {}
    return {
        "EventBusArn": bus.arn,
        "Name": bus.key[2],
        **described,
        "State": bus.state(now_ms).value,
        "CreationTime": bus.created_ms,
        "LastModifiedTime": bus.changed_ms,
        "EventBusAccountId": bus.key[0],
    }
