"""Reads what is kept of a metric, added up by stretches of time."""

import asyncio
from typing import NamedTuple

from penstock.services.cloudwatch.metrics.aggregate import Aggregate, read_aggregate
from penstock.services.cloudwatch.metrics.metric import Metric, find_metric
from penstock.services.cloudwatch.metrics.recording import HOUR, MINUTE, SECOND
from penstock.services.cloudwatch.metrics.span import Kept, Span
from penstock.store import ReadTx, Row, Store, queries

Q = queries(__package__)

_MOST = 2000  # rows that are read in three milliseconds or so; an hour, or a second's minute, never has more
_FIRST, _WIDEST = 12, 1536  # how many hours are looked at, or minutes where there are seconds

Stretches = dict[int, Aggregate]
"""What there is, by when the stretch began."""


class Wanted(NamedTuple):
    """Of which metric what is wanted: data of one ``unit`` or of all, with or without what percentiles need."""

    metric: Metric
    unit: str | None
    has_bins: bool


async def read_stretches(store: Store, wanted: Wanted, span: Span, now_s: int) -> dict[str, Stretches]:
    """Returns the data of each unit by stretch, the earliest first; some are read at a time.

    What one read looks at is whole hours, so that rows which are rolled up meanwhile are seen before or after it.
    """
    found: dict[str, Stretches] = {}
    id = await store.read(find_metric, wanted.metric)
    kept = span.kept(now_s)
    step_s = HOUR if kept.resolutions[0] > SECOND else MINUTE
    begin_s, width_s = kept.begin_s, _FIRST * step_s
    while id is not None and begin_s < kept.end_s:
        end_s = min(kept.end_s, begin_s - begin_s % step_s + width_s)
        some = kept._replace(begin_s=begin_s, end_s=end_s)
        rows = await store.read(_rows, id, some, wanted.has_bins)
        await asyncio.sleep(0)  # a read by itself lets nobody else run
        if rows is None:
            width_s = max(width_s // 2 // step_s, 1) * step_s
            continue
        _add(found, rows, wanted, span)
        begin_s, width_s = end_s, min(width_s * 2, _WIDEST * step_s)
    return {unit: dict(sorted(stretches.items())) for unit, stretches in found.items()}


def together(found: dict[str, Stretches]) -> Stretches:
    """Returns the data of all units as one."""
    if len(found) == 1:
        return next(iter(found.values()))
    merged: Stretches = {}
    for stretches in found.values():
        for time_s, values in stretches.items():
            merged.setdefault(time_s, Aggregate()).merge(values)
    return dict(sorted(merged.items()))


def next_data_s(tx: ReadTx, metric: Metric, after_s: int, resolution: int) -> int | None:
    """Returns the time of the first data at ``after_s`` or later; None when there are none."""
    id = find_metric(tx, metric)
    row = tx.one(Q.find_next_datapoint, id, resolution, after_s) if id is not None else None
    return row[0] if row else None


def _rows(tx: ReadTx, id: int, some: Kept, has_bins: bool) -> list[Row] | None:
    """Returns the rows of all resolutions; None when they are too many for one read."""
    statement = Q.find_datapoints_with_bins if has_bins else Q.find_datapoints
    found: list[Row] = []
    for resolution in some.resolutions:
        found += tx.all(statement, id, resolution, some.begin_s, some.end_s, _MOST + 1)
        if len(found) > _MOST:
            return None
    return found


def _add(found: dict[str, Stretches], rows: list[Row], wanted: Wanted, span: Span) -> None:
    for time_s, unit, *columns in rows:
        if wanted.unit in (None, unit):
            stretches = found.setdefault(unit, {})
            begin_s = span.stretch(time_s)
            if (there := stretches.get(begin_s)) is None:
                stretches[begin_s] = read_aggregate(tuple(columns))
            else:
                there.merge(read_aggregate(tuple(columns)))
