"""Looks at what an alarm watches, as of one moment."""

from typing import NamedTuple

from penstock.errors import AwsError
from penstock.services.cloudwatch.alarms.verdict import Point, Verdict, judge
from penstock.services.cloudwatch.alarms.watch import Watch
from penstock.services.cloudwatch.arns import Place
from penstock.services.cloudwatch.math.series import TimeSeries
from penstock.services.cloudwatch.metrics.reading import Stretches, next_data_s, read_stretches, together
from penstock.services.cloudwatch.metrics.recording import MINUTE, SECOND
from penstock.services.cloudwatch.metrics.span import Span
from penstock.services.cloudwatch.queries.results import Asked, evaluate_all, series_of
from penstock.store import ReadTx, Store

_FEW = 10
"""Samples beyond the percentile, of which there must be as many for it to mean something."""


class Look(NamedTuple):
    """What an alarm's data say at one moment; ``is_empty``: there are none in the evaluation range."""

    verdict: Verdict
    is_empty: bool


async def look(store: Store, place: Place, watch: Watch, at_s: int) -> Look:
    """Returns the verdict as of ``at_s``, on the periods that were over then; some rows are read at a time."""
    end_s = at_s - at_s % min(watch.period, MINUTE)
    begin_s = end_s - watch.range * watch.period
    read: dict[str, Stretches] = {}
    for query in watch.metrics:
        span = Span(end_s - watch.range * query.period, end_s, query.period)
        read[query.id] = together(await read_stretches(store, query.wanted, span, at_s))
    points = _points(watch, Asked(place, begin_s, end_s, at_s), read)
    verdict = judge(watch, points)
    if watch.ignores_few_samples and _has_few_samples(watch, verdict):
        verdict = verdict._replace(state=None)
    return Look(verdict, not any(read.values()))


def next_look_s(tx: ReadTx, watch: Watch, after_s: int) -> int | None:
    """Returns when data that come after ``after_s`` are part of a period that is over; None when there are none."""
    resolution = MINUTE if watch.period % MINUTE == 0 else SECOND
    found = [next_data_s(tx, query.wanted.metric, after_s, resolution) for query in watch.metrics]
    return min((time_s + resolution for time_s in found if time_s is not None), default=None)


def _points(watch: Watch, asked: Asked, read: dict[str, Stretches]) -> list[Point | None]:
    metrics = {query.id: series_of(query, read[query.id]) for query in watch.metrics}
    value: object = metrics.get(watch.returned)
    stretches: Stretches = read.get(watch.returned, {})
    if watch.expressions:
        try:
            value = evaluate_all(watch.expressions, metrics, {}, asked)[watch.returned]
        except AwsError:  # it made sense when the alarm was put, and does not with these data
            value = None
    if not isinstance(value, TimeSeries):
        return [None] * watch.range
    found = value.points
    times = range(asked.begin_s, asked.end_s, watch.period)
    return [
        Point(at, found[at], stretches[at].count if at in stretches else None) if at in found else None
        for at in times
    ]


def _has_few_samples(watch: Watch, verdict: Verdict) -> bool:
    """Returns whether there are too few samples for a percentile to mean anything.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/percentiles-with-low-samples.html
    """
    share = watch.percentile
    if share is None or not 0 < share < 1 or not verdict.points:
        return False
    samples = sum(point.samples or 0 for point in verdict.points)
    return samples * min(share, 1 - share) < _FEW - 1e-9
