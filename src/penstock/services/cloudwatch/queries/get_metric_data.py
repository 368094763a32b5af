"""GetMetricData.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections.abc import AsyncIterator
from itertools import islice
from typing import NamedTuple

from penstock.server import Call, Params, operation
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.arns import place
from penstock.services.cloudwatch.errors import invalid_token, validation
from penstock.services.cloudwatch.math.labels import shown_label
from penstock.services.cloudwatch.metrics.span import seconds
from penstock.services.cloudwatch.paging import make_token, read_token
from penstock.services.cloudwatch.queries.query import ExpressionQuery, MetricQuery, Query, read_queries
from penstock.services.cloudwatch.queries.results import Asked, read_all, read_series
from penstock.services.cloudwatch.queries.shown import Shown, shown_as
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import Store

_MEMBER = "MetricDataQueries"


class _Page(NamedTuple):
    """Where a page begins: with which of the answer's series, behind how many of its points; and what it may hold."""

    series: int
    points: int
    room: int


@operation("GetMetricData", action="cloudwatch:GetMetricData", long_answer=True)
async def get_metric_data(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns the series that the queries come to, the latest values first unless asked otherwise, in pages."""
    queries = _checked(call, params)
    asked = Asked(place(call), *seconds(params["StartTime"], params["EndTime"]), call.now_ms // 1000)
    page = _page(params)
    results: list[Params] = []
    behind, room = page.points, page.room
    async for number, one in _each(cloudwatch.store, queries, asked, page):
        result, left = _result(one, behind, room, params, asked)
        results.append(result)
        if left is not None:
            return {"MetricDataResults": results, "Messages": [], "NextToken": make_token(number, left)}
        behind, room = 0, room - len(result["Values"])
    return {"MetricDataResults": results, "Messages": []}


async def _each(
    store: Store, queries: list[Query], asked: Asked, page: _Page
) -> AsyncIterator[tuple[int, Shown]]:
    """Yields what is shown from the page's first series on; of metrics no more is read than is taken."""
    returned = [query for query in queries if query.is_returned]
    if not any(isinstance(query, ExpressionQuery) for query in queries):
        for number, query in islice(enumerate(returned), page.series, None):
            assert isinstance(query, MetricQuery)
            (one,) = shown_as(query, await read_series(store, query, asked))
            yield number, one
        return
    values = await read_all(store, queries, asked)
    found = [one for query in returned for one in shown_as(query, values[query.id])]
    for number, one in islice(enumerate(found), page.series, None):
        yield number, one


def _checked(call: Call, params: Params) -> list[Query]:
    if params["StartTime"] >= params["EndTime"]:
        raise validation("The parameter EndTime must be greater than StartTime.")
    given = params[_MEMBER]
    if not given:
        raise validation(f"The parameter {_MEMBER} is required.")
    if len(given) > limits.MAX_QUERIES:
        raise validation(f"The collection {_MEMBER} must not have a size greater than {limits.MAX_QUERIES}.")
    return read_queries(place(call), given, _MEMBER)


def _page(params: Params) -> _Page:
    room = params.get("MaxDatapoints") or limits.MAX_DATA_POINTS
    if not 0 < room <= limits.MAX_DATA_POINTS:
        raise validation(f"The value {room} for parameter MaxDatapoints is invalid.")
    if not (token := params.get("NextToken")):
        return _Page(0, 0, room)
    series, points = map(int, read_token(token, int, int))
    if series < 0 or points < 0:
        raise invalid_token()
    return _Page(series, points, room)


def _result(one: Shown, behind: int, room: int, params: Params, asked: Asked) -> tuple[Params, int | None]:
    """Returns what a page shows of a series, and behind how many of its points the next begins, if one does."""
    id, label, series = one
    zone = (params.get("LabelOptions") or {}).get("Timezone") or ""
    points = list(series.points.items())
    if params.get("ScanBy") != "TimestampAscending":
        points.reverse()
    some = points[behind : behind + room]
    is_cut = behind + len(some) < len(points)
    result = {
        "Id": id,
        "Label": shown_label(label, series, asked.now_s, zone),
        "Timestamps": [time_s * 1000 for time_s, _ in some],
        "Values": [value for _, value in some],
        "StatusCode": "PartialData" if is_cut else "Complete",
    }
    return result, behind + len(some) if is_cut else None
