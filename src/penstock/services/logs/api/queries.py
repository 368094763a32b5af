"""StartQuery, GetQueryResults, StopQuery, DescribeQueries, GetLogRecord.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

from collections.abc import Mapping
from typing import Any

from penstock.server import Call, Params, operation
from penstock.services.customer_keys import CustomerKeys
from penstock.services.logs import limits
from penstock.services.logs.errors import (
    invalid_parameter,
    malformed_query,
    no_query,
    query_is_over,
    record_not_found,
)
from penstock.services.logs.group import Key, get_group, group_arn, key_of_identifier
from penstock.services.logs.insights import MalformedQuery, Record, all_fields, shown
from penstock.services.logs.page import Event, Place, Walk, span
from penstock.services.logs.paging import invalid_token, make_token, read_token
from penstock.services.logs.query_runs import Queries, Run, Source, Status, fields_of
from penstock.services.logs.sealing import opened_keys
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, queries

Q = queries("penstock.services.logs")

_LANGUAGE = "CWLI"
_NAMED = ("logGroupName", "logGroupNames", "logGroupIdentifiers")


@operation("StartQuery", action=None)
async def start_query(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the id of the query, which runs from now on; asks for leave to query each of its groups."""
    if params.get("queryLanguage", _LANGUAGE) != _LANGUAGE:
        raise invalid_parameter("Only the query language CWLI is available here.")
    if params["endTime"] < params["startTime"]:
        raise invalid_parameter("End time should not be before start time.")
    keys = _groups(call, params)
    for key in keys:
        await call.authorize("logs:StartQuery", f"{group_arn(key)}:log-stream:")
    sources = await logs.store.read(_sources, keys, params)
    principal = call.principal
    run = Run(
        id=logs.ids.uuid(),
        place=(call.account, call.region),
        text=params["queryString"],
        groups=tuple(name for _, _, name in keys),
        caller=principal.arn or principal.service or principal.kind,
        created_ms=call.now_ms,
    )
    try:
        logs.queries.start(run, sources, params.get("limit") or limits.MAX_QUERY_ROWS)
    except MalformedQuery as error:
        raise malformed_query(error.reason, error.start, error.end) from None
    return {"queryId": run.id}


@operation("GetQueryResults", action="logs:GetQueryResults", long_answer=True)
async def get_query_results(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns how far the query is, and its rows when it is complete."""
    run = _run(logs.queries, call, params)
    start = read_token(params["nextToken"], str, int)[1] if params.get("nextToken") else 0
    if start < 0:
        raise invalid_token()
    limit = params.get("maxItems") or limits.MAX_QUERY_ROWS
    answer: Params = {
        "queryLanguage": _LANGUAGE,
        "status": run.status.value,
        "results": run.rows[start : start + limit],
        "statistics": {
            "recordsMatched": float(run.matched),
            "recordsScanned": float(run.scanned),
            "bytesScanned": float(run.scanned_bytes),
            "logGroupsScanned": float(len(run.groups)),
            "resultCount": float(len(run.rows)),
        },
    }
    if start + limit < len(run.rows):
        answer["nextToken"] = make_token(run.id, start + limit)
    return answer


@operation("StopQuery", action="logs:StopQuery")
async def stop_query(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns that the query runs no more."""
    if not logs.queries.stop(_run(logs.queries, call, params)):
        raise query_is_over()
    return {"success": True}


@operation("DescribeQueries", action="logs:DescribeQueries")
async def describe_queries(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns queries, the newest first."""
    if params.get("queryLanguage", _LANGUAGE) != _LANGUAGE:
        return {"queries": []}
    group, status = params.get("logGroupName"), params.get("status")
    found = [
        run
        for run in logs.queries.of((call.account, call.region))
        if (group is None or group in run.groups) and status in (None, run.status.value)
    ]
    ids = [run.id for run in found]
    start = 0
    if params.get("nextToken"):
        (last,) = read_token(params["nextToken"], str)
        start = ids.index(last) + 1 if last in ids else len(ids)
    page = found[start : start + (params.get("maxResults") or limits.MAX_QUERIES_LISTED)]
    answer: Params = {"queries": [_described(run, call.now_ms) for run in page]}
    if page and page[-1] is not found[-1]:
        answer["nextToken"] = make_token(page[-1].id)
    return answer


@operation("GetLogRecord", action="logs:GetLogRecord")
async def get_log_record(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns all fields of the event that a pointer (``@ptr``) points to."""
    arn, time_ms, id = read_token(params["logRecordPointer"], str, int, int)
    key = key_of_identifier(call, arn)
    if key[:2] != (call.account, call.region):
        raise invalid_token()
    event = await logs.store.read(_event, logs.keys, key, Place(time_ms, id))
    found = all_fields(Record(fields_of(key, event)))
    return {"logRecord": {name: shown(value) for name, value in found.items()}}


def _groups(call: Call, params: Mapping[str, Any]) -> list[Key]:
    given = [params[member] for member in _NAMED if params.get(member)]
    if len(given) != 1:
        raise invalid_parameter(f"Exactly one of {', '.join(_NAMED)} must be specified.")
    names = [given[0]] if isinstance(given[0], str) else given[0]
    keys = [key_of_identifier(call, name) for name in dict.fromkeys(names)]
    if len(keys) > limits.MAX_QUERIED_GROUPS:
        raise invalid_parameter(f"A query takes at most {limits.MAX_QUERIED_GROUPS} log groups.")
    if any(key[:2] != (call.account, call.region) for key in keys):
        raise invalid_parameter("Log groups of other accounts and regions cannot be queried here.")
    return keys


def _sources(tx: ReadTx, keys: list[Key], params: Params) -> list[Source]:
    times = {"startTime": params["startTime"] * 1000, "endTime": params["endTime"] * 1000 + 999}
    found = []
    for key in keys:
        group = get_group(tx, key)
        after, before = span(group, times, tx.now_ms, last_ms=1)
        found.append(Source(key, Walk(group.id, None, after, before, forward=False)))
    return found


def _run(queries: Queries, call: Call, params: Params) -> Run:
    run = queries.find((call.account, call.region), params["queryId"])
    if run is None:
        raise no_query()
    return run


def _event(tx: ReadTx, keys: CustomerKeys, key: Key, place: Place) -> Event:
    group = get_group(tx, key)
    row = tx.one(Q.find_event, place.id, group.id)
    if row is None or row[0] != place.time_ms or row[4] or place.time_ms < group.horizon_ms(tx.now_ms):
        raise record_not_found()
    _, ingested_ms, message, stream, _, sealed_by = row
    if sealed_by is not None:
        message = opened_keys(tx, keys, (sealed_by,))[sealed_by].unseal(message)
    return Event(place, ingested_ms, message, stream)


def _described(run: Run, now_ms: int) -> dict[str, Any]:
    is_begun = run.status is not Status.SCHEDULED
    ended_ms = run.ended_ms if run.is_over else now_ms
    return {
        "queryLanguage": _LANGUAGE,
        "queryId": run.id,
        "queryString": run.text,
        "status": run.status.value,
        "createTime": run.created_ms,
        "logGroupName": run.groups[0],
        "queryDuration": max(ended_ms - run.created_ms, 0) if is_begun else 0,
        "bytesScanned": float(run.scanned_bytes),
        "userIdentity": run.caller,
    }
