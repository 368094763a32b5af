"""ListMetrics.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from penstock.server import Call, Params, operation
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.arns import Place, place
from penstock.services.cloudwatch.metrics.metric import Listed, list_some, shown_dimensions
from penstock.services.cloudwatch.paging import make_token, read_token
from penstock.services.cloudwatch.state import CloudWatchState
from penstock.store import Store

_STEP = 500
_START = ("", "", "")


@operation("ListMetrics", action="cloudwatch:ListMetrics", long_answer=True)
async def list_metrics(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns metrics of which data have come within two weeks, within three hours when so asked, in pages."""
    token = params.get("NextToken")
    after = read_token(token, str, str, str) if token else _START
    term_ms = limits.RECENT_MS if params.get("RecentlyActive") else limits.LISTED_FOR_MS
    filters = params.get("Dimensions") or []
    found: list[Listed] = []
    asked = (params.get("Namespace"), params.get("MetricName"))
    async for listed in walk_metrics(cloudwatch.store, place(call), *asked, after=tuple(map(str, after))):
        if listed.seen_ms < call.now_ms - term_ms or not _matches(listed, filters):
            continue
        if len(found) == limits.MAX_LISTED:
            return {"Metrics": _shown(found), "NextToken": make_token(*found[-1].place)}
        found.append(listed)
    return {"Metrics": _shown(found)}


async def walk_metrics(
    store: Store, of: Place, namespace: str | None, name: str | None, *, after: tuple[str, ...] = _START
) -> AsyncIterator[Listed]:
    """Yields the metrics of an account and region by their places, some read at a time."""
    while some := await store.read(list_some, of, namespace, name, after, _STEP):
        for listed in some:
            if name is None or listed.metric.name == name:
                yield listed
        after = some[-1].place
        await asyncio.sleep(0)  # a read by itself lets nobody else run


def _matches(listed: Listed, filters: list[Mapping[str, str]]) -> bool:
    has = dict(listed.metric.dimensions)
    return all(
        wanted["Name"] in has and wanted.get("Value") in (None, has[wanted["Name"]]) for wanted in filters
    )


def _shown(found: list[Listed]) -> list[Params]:
    return [
        {
            "Namespace": listed.metric.namespace,
            "MetricName": listed.metric.name,
            "Dimensions": shown_dimensions(listed.metric.dimensions),
        }
        for listed in found
    ]
