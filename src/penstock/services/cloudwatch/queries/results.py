"""From queries to series: what metrics and searches read, and what expressions make of it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.arns import Place
from penstock.services.cloudwatch.errors import validation
from penstock.services.cloudwatch.math.evaluation import Scope, evaluate
from penstock.services.cloudwatch.math.expression import Call, calls
from penstock.services.cloudwatch.math.search import Search, parse_search
from penstock.services.cloudwatch.math.series import Array, MathError, TimeSeries, Value
from penstock.services.cloudwatch.metrics.list_metrics import walk_metrics
from penstock.services.cloudwatch.metrics.metric import Metric
from penstock.services.cloudwatch.metrics.reading import Stretches, Wanted, read_stretches, together
from penstock.services.cloudwatch.metrics.span import Span, span_of
from penstock.services.cloudwatch.metrics.statistic import Statistic
from penstock.services.cloudwatch.queries.query import ExpressionQuery, MetricQuery, Query, in_sequence
from penstock.store import Store

_DEFAULT_PERIOD = 60


class Asked(NamedTuple):
    """Where, from when to when, and now, in seconds since the epoch."""

    place: Place
    begin_s: int
    end_s: int
    now_s: int

    def span(self, period: int) -> Span:
        """Returns what is looked at with this period."""
        return span_of(self.begin_s, self.end_s, period, self.now_s)


def series_of(query: MetricQuery, stretches: Stretches) -> TimeSeries:
    """Returns the series that a query of a metric comes to."""
    return _series(query.wanted.metric, query.statistic, query.period, query.wanted.metric.name, stretches)


async def read_series(store: Store, query: MetricQuery, asked: Asked) -> TimeSeries:
    """Returns the series that a query of a metric comes to."""
    span = asked.span(query.period)
    return series_of(query, together(await read_stretches(store, query.wanted, span, asked.now_s)))


async def read_all(store: Store, queries: Sequence[Query], asked: Asked) -> dict[str, Value]:
    """Returns what each query comes to, by its id; AwsError. It takes what it takes, in steps and in a thread."""
    metrics = {
        query.id: await read_series(store, query, asked)
        for query in queries
        if isinstance(query, MetricQuery)
    }
    expressions = in_sequence(queries)
    searched: dict[Call, Array] = {}
    for query in expressions:
        for call in calls(query.node):
            if call.name == "SEARCH" and call not in searched:
                searched[call] = await _searched(store, query, call, asked)
    return await asyncio.to_thread(evaluate_all, expressions, metrics, searched, asked)


def evaluate_all(
    expressions: Sequence[ExpressionQuery],
    metrics: Mapping[str, TimeSeries],
    searched: Mapping[Call, Array],
    asked: Asked,
) -> dict[str, Value]:
    """Returns what metrics and expressions come to, by their ids; AwsError."""
    values: dict[str, Value] = dict(metrics)
    shortest = min((series.period for series in metrics.values()), default=_DEFAULT_PERIOD)
    for query in expressions:
        span = asked.span(query.period or shortest)
        scope = Scope(span.begin_s, span.end_s, span.period, values, metrics, searched)
        try:
            values[query.id] = evaluate(query.node, scope)
        except MathError as reason:
            raise validation(f"Error in expression '{query.id}': {reason}") from None
    return values


def _series(
    metric: Metric, statistic: Statistic, period: int, label: str, stretches: Stretches
) -> TimeSeries:
    points = {
        time_s: value for time_s, values in stretches.items() if (value := statistic.of(values)) is not None
    }
    return TimeSeries(points, period, label, metric, statistic.name)


async def _searched(store: Store, query: ExpressionQuery, call: Call, asked: Asked) -> Array:
    try:
        search = parse_search(call)
    except MathError as reason:
        raise validation(f"Error in expression '{query.id}': {reason}") from None
    period = search.period or query.period or 300
    if period % _DEFAULT_PERIOD and period not in (1, 5, 10, 20, 30):
        raise validation(f"Error in expression '{query.id}': the period {period} is not supported")
    metrics = await _found(store, search, asked)
    label = _labels(metrics)
    found = []
    for metric in metrics:
        wanted = Wanted(metric, None, search.statistic.needs_bins)
        span = asked.span(period)
        stretches = together(await read_stretches(store, wanted, span, asked.now_s))
        found.append(_series(metric, search.statistic, period, label[metric], stretches))
    return tuple(found)


async def _found(store: Store, search: Search, asked: Asked) -> list[Metric]:
    found = []
    oldest_ms = asked.now_s * 1000 - limits.LISTED_FOR_MS
    async for listed in walk_metrics(store, asked.place, search.namespace, None):
        if listed.seen_ms >= oldest_ms and search.matches(listed.metric):
            found.append(listed.metric)
            if len(found) == limits.MAX_SEARCHED:
                break
    return found


def _labels(metrics: Sequence[Metric]) -> dict[Metric, str]:
    """Returns what tells the metrics apart: the values of their dimensions, their names when those differ."""
    has_names = len({metric.name for metric in metrics}) > 1
    found = {}
    for metric in metrics:
        parts = [value for _, value in metric.dimensions]
        found[metric] = " ".join([*parts, metric.name] if has_names or not parts else parts)
    return found
