"""CreateLogStream, DeleteLogStream and DescribeLogStreams."""

from functools import partial
from typing import Any

from penstock.access import Keys
from penstock.server import Call, Lookup, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter, stream_exists
from penstock.services.logs.group import (
    Key,
    find_group,
    find_stream,
    forget_stream,
    get_group,
    get_stream,
    group_arn,
    group_key,
    group_resource,
    stream_resource,
)
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.logs")

_LAST = "\U0010ffff"
_END = 1 << 62


@operation("CreateLogStream", action=None)
async def create_log_stream(logs: LogsState, call: Call, params: Params) -> None:
    """Creates the log stream."""
    key = group_key(call, params)
    # The action is one on the group, whose tags count, but AWS names the stream.
    tags = Lookup("aws:resourcetag/", partial(_tag_keys, key=key))
    await call.authorize("logs:CreateLogStream", stream_resource(logs, call, params), lookup=tags)
    await logs.store.write(_create, key, params["logStreamName"])


@operation("DeleteLogStream", action="logs:DeleteLogStream", resource=stream_resource)
async def delete_log_stream(logs: LogsState, call: Call, params: Params) -> None:
    """Deletes the log stream; its events go in small steps afterwards."""
    await logs.store.write(_delete, logs, group_key(call, params), params["logStreamName"])


@operation("DescribeLogStreams", action="logs:DescribeLogStreams", resource=group_resource)
async def describe_log_streams(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns log streams, by name or by the time of their last event."""
    key = group_key(call, params)
    by_time = params.get("orderBy") == "LastEventTime"
    if by_time and params.get("logStreamNamePrefix") is not None:
        raise invalid_parameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
    limit = params.get("limit") or limits.MAX_DESCRIBED
    rows = await logs.store.read(_by_time if by_time else _by_name, key, params, limit + 1)
    result: Params = {"logStreams": [_described(key, row) for row in rows[:limit]]}
    if len(rows) > limit:
        name, _, _, last_event_ms, _ = rows[limit - 1]
        result["nextToken"] = make_token(last_event_ms, name)
    return result


def _tag_keys(tx: ReadTx, key: Key) -> Keys:
    group = find_group(tx, key)
    return {**group.tag_keys} if group else {}


def _create(tx: Tx, key: Key, name: str) -> None:
    group = get_group(tx, key)
    if find_stream(tx, group, name) is not None:
        raise stream_exists()
    tx.insert(Q.add_stream, group.id, name, tx.now_ms)
    forget_stream(tx, group.id, name)


def _delete(tx: Tx, logs: LogsState, key: Key, name: str) -> None:
    group = get_group(tx, key)
    tx.run(Q.put_stream_dropped, get_stream(tx, group, name))
    forget_stream(tx, group.id, name)
    tx.after_commit(logs.sweeper.wake)


def _by_name(tx: ReadTx, key: Key, params: Params, count: int) -> list[Row]:
    group = get_group(tx, key)
    prefix = params.get("logStreamNamePrefix") or ""
    first, last = prefix, prefix + _LAST
    _, after = _place(params, "")
    if params.get("descending"):
        return tx.all(Q.find_streams_by_name_descending, group.id, first, after or last, count)
    # The last name of the page before comes once more: one lower bound is all that an index can use.
    rows = tx.all(Q.find_streams_by_name, group.id, after or first, last, count + 1)
    return [row for row in rows if row[0] != after][:count]


def _by_time(tx: ReadTx, key: Key, params: Params, count: int) -> list[Row]:
    group = get_group(tx, key)
    descending = params.get("descending")
    last_event_ms, after = _place(params, _LAST if descending else "")
    statement = Q.find_streams_by_time_descending if descending else Q.find_streams_by_time
    return tx.all(statement, group.id, last_event_ms, after, count)


def _place(params: Params, start: str) -> tuple[int, str]:
    if token := params.get("nextToken"):
        last_event_ms, name = read_token(token, int, str)
        return last_event_ms, name
    return (_END if start else -1), start


def _described(key: Key, row: Row) -> dict[str, Any]:
    name, created_ms, first_event_ms, last_event_ms, last_ingested_ms = row
    described = {
        "logStreamName": name,
        "creationTime": created_ms,
        "arn": f"{group_arn(key)}:log-stream:{name}",
        "storedBytes": 0,  # AWS has reported 0 since 2019; the group's storedBytes is kept
    }
    if last_event_ms:
        described["firstEventTimestamp"] = first_event_ms
        described["lastEventTimestamp"] = last_event_ms
        described["lastIngestionTime"] = last_ingested_ms
        described["uploadSequenceToken"] = f"{last_ingested_ms:056d}"
    return described
