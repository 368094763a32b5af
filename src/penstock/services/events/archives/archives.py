"""CreateArchive, DeleteArchive, DescribeArchive, ListArchives, UpdateArchive.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive-event.html
"""

from penstock.server import Call, Params, operation, page_token
from penstock.services.customer_keys import KeyRefusal
from penstock.services.events.archives.archive import (
    Archive,
    archive_of,
    archive_resource,
    find_archive,
    forget_archives,
    get_archive,
)
from penstock.services.events.arns import Key, bus_arn, named
from penstock.services.events.buses.bus import get_bus
from penstock.services.events.errors import archive_exists, no_bus, validation
from penstock.services.events.keys import check_named, weigh_archive
from penstock.services.events.paging import LAST, page_after
from penstock.services.events.rules.pattern import checked_pattern
from penstock.services.events.state import EventsState
from penstock.store import ReadTx, Tx, queries

Q = queries(__package__)

_ENABLED, _DISABLED = "ENABLED", "DISABLED"
_MAX_REASON = 512
_FILTERS = ("State", "EventSourceArn", "NamePrefix")


@operation("CreateArchive", action="events:CreateArchive", resource=archive_resource)
async def create_archive(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the new archive, which keeps what goes over its bus from now on."""
    _check(params)
    bus = named(params["EventSourceArn"])
    if bus is None or not bus.is_bus:
        raise validation("Parameter EventSourceArn is not valid. Reason: Must contain an event bus ARN.")
    if bus.bus[:2] != (call.account, call.region):
        raise no_bus(bus.bus[2])
    await call.authorize("events:CreateArchive", bus_arn(bus.bus))
    return _state(await events.store.write(_create, events, _key(call, params), bus.bus, params))


@operation("DeleteArchive", action="events:DeleteArchive", resource=archive_resource)
async def delete_archive(events: EventsState, call: Call, params: Params) -> None:
    """Deletes the archive; its events go in small steps afterwards."""
    await events.store.write(_delete, events, _key(call, params))


@operation("DescribeArchive", action="events:DescribeArchive", resource=archive_resource)
async def describe_archive(events: EventsState, call: Call, params: Params) -> Params:
    """Returns what the archive is, and how much is in it."""
    archive, refused = await events.store.read(_describe, events, _key(call, params))
    shown = {**_shown(archive), "ArchiveArn": archive.arn}
    if refused:
        shown |= {"State": _DISABLED, "StateReason": refused}
    more = {
        "Description": archive.description,
        "EventPattern": archive.pattern,
        "KmsKeyIdentifier": archive.kms_key,
    }
    return shown | {name: value for name, value in more.items() if value is not None}


@operation("ListArchives", action="events:ListArchives")
async def list_archives(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the account's archives by name, of a prefix, a bus, or a state."""
    if sum(bool(params.get(name)) for name in _FILTERS) > 1:
        raise validation(
            "At most one filter is allowed for ListArchives. "
            "Use either : State, EventSourceArn, or NamePrefix."
        )
    after, limit = page_after(params)
    place = (call.account, call.region, "")
    rows = await events.store.read(_list, place, params.get("NamePrefix") or "", after, limit)
    answer: Params = {
        "Archives": [_shown(archive) for archive in rows[:limit] if _is_wanted(archive, params)]
    }
    if len(rows) > limit:
        answer["NextToken"] = page_token(rows[limit - 1].key[2])
    return answer


@operation("UpdateArchive", action="events:UpdateArchive", resource=archive_resource)
async def update_archive(events: EventsState, call: Call, params: Params) -> Params:
    """Returns the archive with what is given; the rest stays."""
    _check(params)
    return _state(await events.store.write(_update, events, _key(call, params), params))


def _key(call: Call, params: Params) -> Key:
    return call.account, call.region, params["ArchiveName"]


def _check(params: Params) -> None:
    if params.get("EventPattern"):
        checked_pattern(params["EventPattern"])


def _describe(tx: ReadTx, events: EventsState, key: Key) -> tuple[Archive, str | None]:
    """Returns the archive, and why it keeps nothing now, if its key is why."""
    archive = get_archive(tx, key)
    if archive.kms_key:
        try:
            weigh_archive(tx, events.keys, archive.bus_key, archive.kms_key)
        except KeyRefusal as refusal:
            return archive, f"{refusal.code}: {refusal.message}"[:_MAX_REASON]
    return archive, None


def _create(tx: Tx, events: EventsState, key: Key, bus: Key, params: Params) -> Archive:
    get_bus(tx, bus)
    if find_archive(tx, key):
        raise archive_exists(key[2])
    kms_key = params.get("KmsKeyIdentifier") or None
    check_named(tx, events.keys, bus, kms_key)
    settings = (params.get("Description"), params.get("EventPattern"), params.get("RetentionDays") or 0)
    tx.insert(Q.add_archive, *key, bus[2], *settings, kms_key, tx.now_ms)
    forget_archives(tx, bus)
    return get_archive(tx, key)


def _update(tx: Tx, events: EventsState, key: Key, params: Params) -> Archive:
    archive = get_archive(tx, key)
    kms_key = params.get("KmsKeyIdentifier", archive.kms_key) or None
    if kms_key != archive.kms_key:
        check_named(tx, events.keys, archive.bus_key, kms_key)
    tx.run(
        Q.put_archive,
        params.get("Description", archive.description),
        params.get("EventPattern", archive.pattern),
        params.get("RetentionDays", archive.retention_days),
        kms_key,
        archive.id,
    )
    forget_archives(tx, archive.bus_key)
    return get_archive(tx, key)


def _delete(tx: Tx, events: EventsState, key: Key) -> None:
    archive = get_archive(tx, key)
    tx.run(Q.put_archive_dropped, archive.id)
    forget_archives(tx, archive.bus_key)
    tx.after_commit(events.sweeper.wake)


def _list(tx: ReadTx, place: Key, prefix: str, after: str, limit: int) -> list[Archive]:
    # The last of the page before comes once more: one lower bound is all that an index can use.
    rows = tx.all(Q.find_archives, *place[:2], max(after, prefix), prefix + LAST, limit + 2)
    return [archive_of(place, row) for row in rows if row[0] > after][: limit + 1]


def _is_wanted(archive: Archive, params: Params) -> bool:
    bus, state = params.get("EventSourceArn"), params.get("State")
    return (not bus or bus_arn(archive.bus_key) == bus) and (not state or state == _ENABLED)


def _shown(archive: Archive) -> Params:
    return {
        "ArchiveName": archive.key[2],
        "EventSourceArn": bus_arn(archive.bus_key),
        "State": _ENABLED,
        "RetentionDays": archive.retention_days,
        "SizeBytes": archive.bytes,
        "EventCount": archive.events,
        "CreationTime": archive.created_ms,
    }


def _state(archive: Archive) -> Params:
    return {"ArchiveArn": archive.arn, "State": _ENABLED, "CreationTime": archive.created_ms}
