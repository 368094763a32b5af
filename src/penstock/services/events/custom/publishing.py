"""PutEvents and PutRawEvents: each event is kept under the bus's next number, once.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-publish.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-custom-bus-ordering.html: a duplicate is one of the same
account and group within five minutes.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.events.custom.arns import member_of
from penstock.services.events.custom.bus import Bus, active_bus
from penstock.services.events.custom.errors import not_implemented
from penstock.services.events.custom.event import BYTES, ENVELOPE, JSON, document_of
from penstock.services.events.custom.state import CustomState
from penstock.services.events.limits import MAX_BODY, MAX_REQUEST_BYTES
from penstock.services.events.putting.event import event_time, new_event
from penstock.store import Tx, queries

Q = queries(__package__)

DEDUPLICATED_MS = 300_000


@dataclass(frozen=True, slots=True)
class _Entry:
    """An event that can be kept, but for what only the bus can say."""

    params: Params
    system: Mapping[str, Any]
    data: str
    content_type: str
    detail: Mapping[str, Any] | None = None

    def content(self) -> str:
        """Returns what tells it from others."""
        fields = {
            name: value for name, value in self.params.items() if name not in ("SystemMetadata", "Data")
        }
        return orjson.dumps([self.data, fields], default=str, option=orjson.OPT_SORT_KEYS).decode()


@operation("PutEvents", action="events:PutEvents", resource=member_of("EventBusArn"), max_body=MAX_BODY)
async def put_events(custom: CustomState, call: Call, params: Params) -> Params:
    """Keeps each event in an envelope of EventBridge's; says of each its id and number, or what is wrong with it."""
    return await _publish(custom, call, params, [_from_source(entry) for entry in params["Entries"]])


@operation("PutRawEvents", action="events:PutEvents", resource=member_of("EventBusArn"), max_body=MAX_BODY)
async def put_raw_events(custom: CustomState, call: Call, params: Params) -> Params:
    """Keeps each event as it is given; says of each its id and number, or what is wrong with it."""
    return await _publish(custom, call, params, [_raw(entry) for entry in params["Entries"]])


async def _publish(custom: CustomState, call: Call, params: Params, entries: list[_Entry | Params]) -> Params:
    kind = (params.get("DeduplicationConfiguration") or {}).get("DeduplicationType")
    results = await custom.store.write(
        _keep_all, custom, call, params["EventBusArn"], entries, kind == "CONTENT_BASED"
    )
    return {"FailedEntryCount": sum("ErrorCode" in one for one in results), "Entries": results}


def _from_source(params: Params) -> _Entry | Params:
    if params["Source"].startswith("aws."):
        return _failed("NotAuthorizedForSourceException", "Not authorized for the source.")
    text = params.get("Detail") or "{}"
    detail = _json(text)
    if not isinstance(detail, dict):
        return _failed("MalformedDetail", "Detail is malformed.")
    if len(text.encode()) > MAX_REQUEST_BYTES:
        return _failed("InvalidArgument", "The event is too large.")
    return _Entry({**params, "Detail": text}, params.get("SystemMetadata") or {}, text, ENVELOPE, detail)


def _raw(params: Params) -> _Entry | Params:
    system, data = params["SystemMetadata"], params["Data"]
    content_type = system["ContentType"]
    if len(data) > MAX_REQUEST_BYTES:
        return _failed("InvalidArgument", "The event is too large.")
    if content_type == BYTES:
        return _Entry(params, system, base64.b64encode(data).decode(), BYTES)
    if content_type != JSON:
        raise not_implemented(f"Events of the content type {content_type[:100]} are")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if _json(text) is _MALFORMED:
        return _failed("InvalidArgument", "Data is not valid JSON.")
    return _Entry(params, system, text, JSON)


def _keep_all(
    tx: Tx, custom: CustomState, call: Call, arn: str, entries: list[_Entry | Params], by_content: bool
) -> list[Params]:
    bus = active_bus(tx, arn)
    results, number = [], bus.last
    for entry in entries:
        if not isinstance(entry, _Entry):
            results.append(entry)
            continue
        result = _keep(tx, call, bus, entry, number + 1, by_content)
        number += result["SuccessCode"] == "PUBLISHED"
        results.append(result)
    if number > bus.last:
        tx.run(Q.put_last, number - bus.last, bus.id)
        tx.after_commit(custom.woken.set)
    return results


def _keep(tx: Tx, call: Call, bus: Bus, entry: _Entry, number: int, by_content: bool) -> Params:
    key = entry.content() if by_content else entry.system.get("DeduplicationId")
    digest = _digest(call.account, entry.system.get("EventGroupId"), key) if key is not None else None
    if digest is not None and (row := tx.one(Q.find_seen, bus.id, digest, tx.now_ms)):
        return _kept(row[0], row[1], "DEDUPLICATED")
    id = tx.ids.uuid()
    if digest is not None:
        tx.run(Q.put_seen, bus.id, digest, tx.now_ms + DEDUPLICATED_MS, id, number)
    data = entry.data if entry.detail is None else _envelope(tx, call, bus, entry, id)
    document = document_of(data, entry.content_type, entry.params.get("Metadata"), entry.system)
    tx.run(Q.add_event, bus.id, number, id, call.account, tx.now_ms, document)
    return _kept(id, number, "PUBLISHED")


def _envelope(tx: Tx, call: Call, bus: Bus, entry: _Entry, id: str) -> str:
    time = event_time(entry.params.get("Time") or tx.now_ms)
    event = new_event(id, call.account, bus.key, time, entry.params, dict(entry.detail or {}))
    return event.text.decode()


def _kept(id: str, number: int, how: str) -> Params:
    return {"EventId": id, "SequenceNumber": f"{number:020}", "SuccessCode": how}


def _digest(account: str, group: str | None, key: str) -> str:
    return hashlib.sha256(orjson.dumps([account, group, key])).hexdigest()


_MALFORMED = object()


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except (ValueError, RecursionError):
        return _MALFORMED


def _failed(code: str, message: str) -> Params:
    return {"ErrorCode": code, "ErrorMessage": message}
