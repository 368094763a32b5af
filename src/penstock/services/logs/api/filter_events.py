"""FilterLogEvents: a whole group, by stream, time and pattern."""

from collections.abc import Callable

from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter
from penstock.services.logs.group import Key, find_stream, get_group, get_stream, group_key, group_resource
from penstock.services.logs.page import Event, Place, Walk, span
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.patterns import compile_pattern
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx

_MAX_SCANNED = 20_000  # events looked at for one page; AWS, too, answers short pages with a token


@operation("FilterLogEvents", action="logs:FilterLogEvents", resource=group_resource, long_answer=True)
async def filter_log_events(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns a page of the events that match, of all streams together in the order of their time."""
    if params.get("logStreamNames") and params.get("logStreamNamePrefix"):
        raise invalid_parameter("You can specify either logStreamNames or logStreamNamePrefix, but not both.")
    wanted = _wanted(params)
    walk = await logs.store.read(_walk, group_key(call, params), params)
    limit = params.get("limit") or limits.MAX_PAGE_EVENTS
    page = await logs.reader.page(walk, limit, wanted, _MAX_SCANNED)
    result: Params = {"events": [_described(event) for event in page.events], "searchedLogStreams": []}
    if page.stopped:
        result["nextToken"] = make_token(walk.forward, *page.stopped)
    return result


def _walk(tx: ReadTx, key: Key, params: Params) -> Walk:
    group = get_group(tx, key)
    names = params.get("logStreamNames") or []
    for name in names:
        get_stream(tx, group, name)
    # The index of one stream is shorter than that of its group.
    stream = find_stream(tx, group, names[0]) if len(names) == 1 else None
    start, end = span(group, params, tx.now_ms, last_ms=1)
    token = params.get("nextToken")
    if token is None:
        return Walk(group.id, stream, start, end, params.get("startFromHead") is not False)
    forward, time_ms, id = read_token(token, bool, int, int)
    return Walk(group.id, stream, start, end, forward).beyond(Place(time_ms, id))


def _wanted(params: Params) -> Callable[[Event], bool]:
    matches = compile_pattern(params.get("filterPattern") or "")
    names = frozenset(params.get("logStreamNames") or ())
    prefix = params.get("logStreamNamePrefix") or ""

    def wanted(event: Event) -> bool:
        if (names and event.stream not in names) or not event.stream.startswith(prefix):
            return False
        return matches(event.message)

    return wanted


def _described(event: Event) -> dict[str, object]:
    return {
        "logStreamName": event.stream,
        "timestamp": event.place.time_ms,
        "message": event.message,
        "ingestionTime": event.ingested_ms,
        "eventId": event.place.text(),
    }
