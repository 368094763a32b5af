"""PutEvents.

Source: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from dataclasses import dataclass
from typing import Any

import orjson

from penstock.delivery import Message
from penstock.delivery.trace_header import Carried, Trace, message_header
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.events.arns import Key, bus_arn, bus_key
from penstock.services.events.buses.bus import find_bus
from penstock.services.events.errors import not_implemented, throttled, validation
from penstock.services.events.limits import (
    MAX_BODY,
    MAX_DETAIL_TYPE,
    MAX_REQUEST_BYTES,
    TIME_BYTES,
)
from penstock.services.events.putting.event import event_time, new_event
from penstock.services.events.putting.fan_out import FanOut
from penstock.services.events.state import EventsState
from penstock.store import Tx

_REQUIRED = ("Source", "DetailType", "Detail")


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry that can be put on a bus."""

    bus: Key
    params: Params
    detail: dict[str, Any]


@operation("PutEvents", action=None, max_body=MAX_BODY)
async def put_events(events: EventsState, call: Call, params: Params) -> Params:
    """Puts each entry on its bus, and says of each its event's id or what is wrong with it."""
    if params.get("EndpointId"):
        raise not_implemented("Global endpoints are")
    entries = params["Entries"]
    if sum(map(_size, entries)) > MAX_REQUEST_BYTES:
        raise validation("Total size of the entries in the request is over the limit.")
    if not any(all(entry.get(name) for name in _REQUIRED) for entry in entries):
        raise validation(_missing(entries[0]))
    checked = [await _checked(call, entry) for entry in entries]
    results = await _put_all(events, call, checked)
    failed = sum("ErrorCode" in result for result in results)
    return {"FailedEntryCount": failed, "Entries": results}


def _size(entry: Params) -> int:
    """Returns what an entry counts for, in bytes.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size
    """
    texts = [entry.get(name) or "" for name in _REQUIRED] + (entry.get("Resources") or [])
    return sum(len(text.encode()) for text in texts) + (TIME_BYTES if entry.get("Time") else 0)


async def _checked(call: Call, params: Params) -> _Entry | Params:
    """Returns the entry, or what is wrong with it; AwsError when the caller may not put events on its own bus."""
    bus = bus_key(call, params)
    if any(not params.get(name) for name in _REQUIRED):
        return _failed("InvalidArgument", _missing(params))
    context = {
        "events:source": params["Source"],
        "events:detail-type": params["DetailType"],
        "events:eventBusInvocation": "false",
    }
    try:
        await call.authorize("events:PutEvents", bus_arn(bus), context)
    except AwsError as refused:
        if bus[0] == call.account:
            raise
        return _failed(refused.code, refused.message)
    if params["Source"].startswith("aws."):
        return _failed("NotAuthorizedForSourceException", "Not authorized for the source.")
    if len(params["DetailType"]) > MAX_DETAIL_TYPE:
        reason = f"DetailType must have at most {MAX_DETAIL_TYPE} characters."
        return _failed("InvalidArgument", f"Parameter DetailType is not valid. Reason: {reason}")
    detail = _detail(params["Detail"])
    if detail is None:
        return _failed("MalformedDetail", "Detail is malformed.")
    return _Entry(bus, params, detail)


async def _put_all(events: EventsState, call: Call, checked: list[_Entry | Params]) -> list[Params]:
    if not any(isinstance(entry, _Entry) for entry in checked):
        return [entry for entry in checked if not isinstance(entry, _Entry)]
    try:
        return await events.store.write(_put, events, call, checked)
    except AwsError as error:
        if error.code == "SlowDown":
            raise throttled() from None
        raise


def _put(tx: Tx, events: EventsState, call: Call, checked: list[_Entry | Params]) -> list[Params]:
    return [_put_one(tx, events, call, entry) if isinstance(entry, _Entry) else entry for entry in checked]


def _put_one(tx: Tx, events: EventsState, call: Call, entry: _Entry) -> Params:
    event_id = tx.ids.uuid()
    # Like AWS, an event for a bus that is not there is taken and goes nowhere.
    if find_bus(tx, entry.bus) is not None:
        time = event_time(entry.params.get("Time") or tx.now_ms)
        event = new_event(event_id, call.account, entry.bus, time, entry.params, entry.detail)
        message = Message(event.text, _trace(tx, call, entry.params))
        FanOut(tx, events, event, message).run(entry.bus)
    return {"EventId": event_id}


def _trace(tx: Tx, call: Call, entry: Params) -> Trace | Carried:
    """Returns the header to hand on: a function's own call is believed, what an entry states is a claim."""
    if isinstance(call.trace, Trace):
        return call.trace
    claim = entry.get("TraceHeader") or call.trace
    return message_header(claim, tx.ids.hex(16), now_ms=tx.now_ms, ids=tx.ids)


def _detail(text: str) -> dict[str, Any] | None:
    try:
        detail = orjson.loads(text)
    except (ValueError, RecursionError):
        return None
    return detail if isinstance(detail, dict) else None


def _missing(entry: Params) -> str:
    name = next(name for name in _REQUIRED if not entry.get(name))
    return f"Parameter {name} is not valid. Reason: {name} is a required argument."


def _failed(code: str, message: str) -> Params:
    return {"ErrorCode": code, "ErrorMessage": message}
