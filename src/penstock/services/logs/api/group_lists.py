"""ListLogGroups, ListLogGroupsForQuery and GetLogGroupFields: what there is to be queried.

Sources: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListLogGroups.html and their pages
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter, no_query
from penstock.services.logs.group import (
    Key,
    get_group,
    group_arn,
    group_key,
    group_resource,
)
from penstock.services.logs.page import Event, Walk, span
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.query_runs import fields_of
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, Row, queries

Q = queries("penstock.services.logs")

_LAST = "\U0010ffff"
_STEP = 500
_MINUTE_MS = 60_000
_RECENT_MS, _AROUND_MS = 15 * _MINUTE_MS, 8 * _MINUTE_MS
_SAMPLE = 1000  # events in which fields are looked for
_ABSENT = ("accountIdentifiers", "includeLinkedAccounts", "dataSources", "fieldIndexNames", "logGroupTags")


@operation("ListLogGroups", action="logs:ListLogGroups")
async def list_log_groups(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns log groups by name: of a class, and with one of some texts in their name (``^``: at its beginning)."""
    for member in _ABSENT:
        if params.get(member):
            raise invalid_parameter(f"{member} is not available here.")
    after = read_token(params["nextToken"], str)[0] if params.get("nextToken") else ""
    limit, wanted = params.get("limit") or limits.MAX_DESCRIBED, _wanted(params)
    found: list[Row] = []
    while len(found) <= limit:
        rows = await logs.store.read(_page, call, after)
        found += [row for row in rows if row[0] != after and wanted(row)]
        if len(rows) < _STEP:
            break
        after = rows[-1][0]
    place = (call.account, call.region)
    answer: Params = {
        "logGroups": [
            {"logGroupName": row[0], "logGroupArn": group_arn((*place, row[0])), "logGroupClass": row[1]}
            for row in found[:limit]
        ]
    }
    if len(found) > limit:
        answer["nextToken"] = make_token(found[limit - 1][0])
    return answer


@operation("ListLogGroupsForQuery", action="logs:ListLogGroupsForQuery")
async def list_log_groups_for_query(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the names of the log groups of a query: fifty at most, which are one page."""
    run = logs.queries.find((call.account, call.region), params["queryId"])
    if run is None:
        raise no_query()
    return {"logGroupIdentifiers": list(run.groups)}


@operation("GetLogGroupFields", action="logs:GetLogGroupFields", resource=group_resource)
async def get_log_group_fields(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the fields of the last events of fifteen minutes, or around a time, and in how many percent they are."""
    walk, key = await logs.store.read(_recent, group_key(call, params), params)
    page = await logs.reader.page(walk, _SAMPLE, None, _SAMPLE)
    counts = await asyncio.to_thread(_counts, key, page.events)
    return {
        "logGroupFields": [
            {"name": name, "percent": count * 100 // len(page.events)} for name, count in counts.most_common()
        ]
    }


def _wanted(params: Params) -> Callable[[Row], bool]:
    pattern, log_class = params.get("logGroupNamePattern"), params.get("logGroupClass")
    texts = pattern.split("|") if pattern else [""]
    beginnings = tuple(text[1:] for text in texts if text.startswith("^"))
    parts = [text for text in texts if not text.startswith("^")]

    def wanted(row: Row) -> bool:
        name = row[0]
        is_named = name.startswith(beginnings) or any(part in name for part in parts)
        return is_named and log_class in (None, row[1])

    return wanted


def _page(tx: ReadTx, call: Call, after: str) -> list[Row]:
    return tx.all(Q.find_groups, call.account, call.region, after, _LAST, _STEP)


def _recent(tx: ReadTx, key: Key, params: Params) -> tuple[Walk, Key]:
    group, at = get_group(tx, key), params.get("time")
    start, end = (tx.now_ms - _RECENT_MS, tx.now_ms) if at is None else (at - _AROUND_MS, at + _AROUND_MS)
    after, before = span(group, {"startTime": max(start, 0), "endTime": end}, tx.now_ms, last_ms=1)
    return Walk(group.id, None, after, before, forward=False), key


def _counts(key: Key, events: list[Event]) -> Counter[str]:
    from penstock.services.logs.insights import Record, all_fields

    counts: Counter[str] = Counter()
    for event in events:
        counts.update(all_fields(Record(fields_of(key, event))).keys())
    return counts
