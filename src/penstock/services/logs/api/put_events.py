"""PutLogEvents."""

from itertools import pairwise
from typing import NamedTuple

from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter
from penstock.services.logs.group import Group, Key, get_group, get_stream, group_key, stream_resource
from penstock.services.logs.page import stored_bytes
from penstock.services.logs.state import LogsState
from penstock.services.logs.storing import Events, Storing
from penstock.services.logs.watch import Watch, watch_of
from penstock.store import ReadTx


@operation("PutLogEvents", action="logs:PutLogEvents", resource=stream_resource, max_body=8 * 1024 * 1024)
async def put_log_events(logs: LogsState, call: Call, params: Params) -> Params:
    """Stores the events of a batch that are neither too old nor too new, and says which are.

    Sequence tokens are ignored, as AWS has done since 2023.
    """
    events = params["logEvents"]
    _check_size(events)
    _check_order(events)
    key = group_key(call, params)
    stream_name = params["logStreamName"]
    bounds, group, watch = await logs.store.read(_admit, key, stream_name, events)
    kept = events[max(bounds.too_old, bounds.expired) : bounds.too_new]
    if kept:
        await Storing(logs, group, stream_name, watch).store(kept, call.now_ms)
    result: Params = {"nextSequenceToken": f"{call.now_ms:056d}"}
    if rejected := bounds.rejected(len(events)):
        result["rejectedLogEventsInfo"] = rejected
    return result


class _Bounds(NamedTuple):
    """Indexes into a batch: before ``expired`` and ``too_old`` and from ``too_new`` on, events are rejected."""

    too_old: int
    expired: int
    too_new: int

    def rejected(self, count: int) -> dict[str, int]:
        info = {}
        if self.too_new < count:
            info["tooNewLogEventStartIndex"] = self.too_new
        if self.too_old:
            info["tooOldLogEventEndIndex"] = self.too_old
        if self.expired:
            info["expiredLogEventEndIndex"] = self.expired
        return info


def _admit(tx: ReadTx, key: Key, stream_name: str, events: Events) -> tuple[_Bounds, Group, Watch]:
    group = get_group(tx, key)
    get_stream(tx, group, stream_name)
    bounds = _bounds(group, events, tx.now_ms)
    kept = events[max(bounds.too_old, bounds.expired) : bounds.too_new]
    if kept and kept[-1]["timestamp"] - kept[0]["timestamp"] > limits.MAX_SPAN_MS:
        raise invalid_parameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
        )
    return bounds, group, watch_of(tx, group)


def _bounds(group: Group, events: Events, now_ms: int) -> _Bounds:
    horizon_ms = group.horizon_ms(now_ms)
    times = [event["timestamp"] for event in events]
    return _Bounds(
        too_old=sum(time < now_ms - limits.MAX_AGE_MS for time in times),
        expired=sum(time < horizon_ms for time in times),
        too_new=sum(time <= now_ms + limits.MAX_FUTURE_MS for time in times),
    )


def _check_size(events: Events) -> None:
    sizes = [stored_bytes(event["message"]) for event in events]
    if (size := max(sizes)) > limits.MAX_EVENT_BYTES:
        raise invalid_parameter(
            f"Log event too large: {size} bytes exceeds limit of {limits.MAX_EVENT_BYTES}"
        )
    if (size := sum(sizes)) > limits.MAX_BATCH_BYTES:
        raise invalid_parameter(f"Upload too large: {size} bytes exceeds limit of {limits.MAX_BATCH_BYTES}")


def _check_order(events: Events) -> None:
    times = [event["timestamp"] for event in events]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise invalid_parameter("Log events in a single PutLogEvents request must be in chronological order.")
