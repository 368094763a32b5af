"""PutQueryDefinition, DescribeQueryDefinitions, DeleteQueryDefinition: queries that somebody has saved.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
"""

from typing import Any

import orjson

from penstock.server import Call, Params, operation
from penstock.services.logs import limits
from penstock.services.logs.errors import invalid_parameter, no_query_definition, too_many_queries_saved
from penstock.services.logs.group import Place
from penstock.services.logs.paging import make_token, read_token
from penstock.services.logs.state import LogsState
from penstock.store import ReadTx, Row, Tx, queries

Q = queries("penstock.services.logs")

_LANGUAGE = "CWLI"
_LAST = "\U0010ffff"


@operation("PutQueryDefinition", action="logs:PutQueryDefinition")
async def put_query_definition(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns the id of the definition, which is new unless one was given."""
    if params.get("queryLanguage", _LANGUAGE) != _LANGUAGE:
        raise invalid_parameter("Only the query language CWLI is available here.")
    if params.get("parameters"):
        raise invalid_parameter("Query parameters are not available here.")
    id, place = params.get("queryDefinitionId"), (call.account, call.region)
    groups = orjson.dumps(params.get("logGroupNames") or []).decode()
    about = (params["name"], params["queryString"], groups, call.now_ms)
    if id:
        await logs.store.write(_put, place, id, about)
        return {"queryDefinitionId": id}
    id = logs.ids.uuid()
    await logs.store.write(_add, place, id, about)
    return {"queryDefinitionId": id}


@operation("DescribeQueryDefinitions", action="logs:DescribeQueryDefinitions")
async def describe_query_definitions(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns definitions by name, of a prefix if one is given."""
    if params.get("queryLanguage", _LANGUAGE) != _LANGUAGE:
        return {"queryDefinitions": []}
    prefix = params.get("queryDefinitionNamePrefix") or ""
    after = tuple(read_token(params["nextToken"], str, str)) if params.get("nextToken") else (prefix, "")
    limit = params.get("maxResults") or limits.MAX_QUERIES_LISTED
    rows = await logs.store.read(_page, (call.account, call.region), after, prefix, limit + 1)
    answer: Params = {"queryDefinitions": [_shown(row) for row in rows[:limit]]}
    if len(rows) > limit:
        id, name, *_ = rows[limit - 1]
        answer["nextToken"] = make_token(name, id)
    return answer


@operation("DeleteQueryDefinition", action="logs:DeleteQueryDefinition")
async def delete_query_definition(logs: LogsState, call: Call, params: Params) -> Params:
    """Returns that the definition is gone."""
    await logs.store.write(_delete, (call.account, call.region), params["queryDefinitionId"])
    return {"success": True}


def _add(tx: Tx, place: Place, id: str, about: tuple[Any, ...]) -> None:
    if len(_page(tx, place, ("", ""), "", limits.MAX_QUERY_DEFINITIONS)) >= limits.MAX_QUERY_DEFINITIONS:
        raise too_many_queries_saved()
    tx.run(Q.add_query_definition, *place, id, *about)


def _put(tx: Tx, place: Place, id: str, about: tuple[Any, ...]) -> None:
    if not tx.run(Q.put_query_definition, *about, *place, id):
        raise no_query_definition()


def _page(tx: ReadTx, place: Place, after: tuple[str, ...], prefix: str, limit: int) -> list[Row]:
    return tx.all(Q.find_query_definitions, *place, *after, prefix + _LAST, limit)


def _delete(tx: Tx, place: Place, id: str) -> None:
    if not tx.run(Q.delete_query_definition, *place, id):
        raise no_query_definition()


def _shown(row: Row) -> dict[str, Any]:
    id, name, query, groups, modified_ms = row
    shown = {
        "queryLanguage": _LANGUAGE,
        "queryDefinitionId": id,
        "name": name,
        "queryString": query,
        "lastModified": modified_ms,
    }
    names = orjson.loads(groups)
    return {**shown, "logGroupNames": names} if names else shown
