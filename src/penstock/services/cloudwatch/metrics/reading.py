"""Reads what is kept of a metric, added up by stretches of time."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from penstock.services.cloudwatch.metrics.aggregate import Aggregate, read_aggregate
from penstock.services.cloudwatch.metrics.metric import Metric, find_metric
from penstock.services.cloudwatch.metrics.span import Source, Span
from penstock.store import ReadTx, Row, Store, queries

Q = queries(__package__)

_STEP = 1000  # rows that are read in two milliseconds or so
_ALL = 1 << 30

Stretches = dict[int, Aggregate]
"""What there is, by when the stretch began."""


class Wanted(NamedTuple):
    """Of which metric what is wanted: data of one ``unit`` or of all, with or without what percentiles need."""

    metric: Metric
    unit: str | None
    has_bins: bool


async def read_stretches(store: Store, wanted: Wanted, span: Span, now_s: int) -> dict[str, Stretches]:
    """Returns the data of each unit by stretch, the earliest first; some rows are read at a time."""
    found: dict[str, Stretches] = {}
    id = await store.read(find_metric, wanted.metric)
    for source in span.sources(now_s) if id is not None else ():
        begin_s = source.begin_s
        while True:
            some = source._replace(begin_s=begin_s)
            rows = await store.read(_rows, id, some, wanted.has_bins, _STEP)
            await asyncio.sleep(0)  # a read by itself lets nobody else run
            last_s = rows[-1][0] if len(rows) == _STEP else None
            # Two units share a time: the last time of a step may not be whole, and comes again.
            _add(found, (row for row in rows if row[0] != last_s), wanted, span)
            if last_s is None:
                break
            begin_s = last_s
    return {unit: dict(sorted(stretches.items())) for unit, stretches in found.items()}


def read_now(tx: ReadTx, wanted: Wanted, span: Span, now_s: int) -> Stretches:
    """Returns the data of all wanted units together, by stretch: for short spans."""
    found: dict[str, Stretches] = {}
    id = find_metric(tx, wanted.metric)
    for source in span.sources(now_s) if id is not None else ():
        _add(found, _rows(tx, id, source, wanted.has_bins, _ALL), wanted, span)
    return together(found)


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


def _rows(tx: ReadTx, id: int | None, source: Source, has_bins: bool, limit: int) -> list[Row]:
    statement = Q.find_datapoints_with_bins if has_bins else Q.find_datapoints
    return tx.all(statement, id, source.resolution, source.begin_s, source.end_s, limit)


def _add(found: dict[str, Stretches], rows: "Iterator[Row] | list[Row]", wanted: Wanted, span: Span) -> None:
    for time_s, unit, *columns in rows:
        if wanted.unit in (None, unit):
            stretches = found.setdefault(unit, {})
            begin_s = span.stretch(time_s)
            if (there := stretches.get(begin_s)) is None:
                stretches[begin_s] = read_aggregate(tuple(columns))
            else:
                there.merge(read_aggregate(tuple(columns)))
