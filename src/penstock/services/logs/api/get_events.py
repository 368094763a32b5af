"""GetLogEvents: one stream, forwards and backwards, for as long as one likes."""

from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.group import Key, get_group, get_stream, group_key, stream_resource
from penstock.services.logs.page import Place, Walk, span
from penstock.services.logs.paging import invalid_token
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx

_FORWARD, _BACKWARD = "f", "b"
_MAX_SCANNED = limits.MAX_PAGE_EVENTS


@operation("GetLogEvents", action="logs:GetLogEvents", resource=stream_resource, long_answer=True)
async def get_log_events(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns a page of events, oldest first, and the tokens of the pages after and before it.

    At the end of the stream the token is the one that was given; it works again when more events have come.
    """
    walk, tokens = await logs.store.read(_walk, group_key(call, params), params)
    limit = params.get("limit") or limits.MAX_PAGE_EVENTS
    page = await logs.reader.page(walk, limit, None, _MAX_SCANNED)
    events = page.events if walk.forward else page.events[::-1]
    backward, forward = (events[0].place, events[-1].place) if events else tokens
    return {
        "events": [
            {"timestamp": event.place.time_ms, "message": event.message, "ingestionTime": event.ingested_ms}
            for event in events
        ],
        "nextForwardToken": f"{_FORWARD}/{forward.text()}/s",
        "nextBackwardToken": f"{_BACKWARD}/{backward.text()}/s",
    }


def _walk(tx: ReadTx, key: Key, params: Params) -> tuple[Walk, tuple[Place, Place]]:
    """Returns where to look, and the places for the backward and the forward token if nothing is found."""
    group = get_group(tx, key)
    stream = get_stream(tx, group, params["logStreamName"])
    after, before = span(group, params, tx.now_ms, last_ms=0)
    token = params.get("nextToken")
    if token is None:
        return Walk(group.id, stream, after, before, bool(params.get("startFromHead"))), (after, after)
    direction, place = _read_token(token)
    # The event at the place has been seen; whoever turns round wants to see it again.
    if direction == _FORWARD:
        return Walk(group.id, stream, max(after, place), before, True), (
            Place(place.time_ms, place.id + 1),
            place,
        )
    behind = Place(place.time_ms, max(place.id - 1, 0))
    return Walk(group.id, stream, after, min(before, place), False), (place, behind)


def _read_token(token: str) -> tuple[str, Place]:
    parts = token.split("/")
    place = Place.read(parts[1]) if len(parts) == 3 else None
    if place is None or parts[0] not in (_FORWARD, _BACKWARD) or parts[2] != "s":
        raise invalid_token()
    return parts[0], place
