"""Writes data: what came for one metric, moment and unit is added to what is there."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from penstock.services.cloudwatch.metrics.aggregate import Aggregate, read_aggregate
from penstock.services.cloudwatch.metrics.metric import Metric, ensure_metric
from penstock.store import Store, Tx, queries

Q = queries(__package__)

SECOND, MINUTE, FIVE_MINUTES, HOUR = 1, 60, 300, 3600

_STEP = 100


class Data(NamedTuple):
    """Values of a metric in the stretch of ``resolution`` seconds that began at ``time_s``."""

    metric: Metric
    resolution: int
    time_s: int
    unit: str
    values: Aggregate


async def record(store: Store, data: Sequence[Data]) -> None:
    """Returns when the data are durable: a hundred at a time, so that no other request waits for long."""
    for at in range(0, len(data), _STEP):
        await store.write(add_data, data[at : at + _STEP])


def add_data(tx: Tx, data: Iterable[Data]) -> None:
    """Adds the data to those that are there."""
    for metric, resolution, time_s, unit, values in data:
        add_datapoint(tx, ensure_metric(tx, metric), resolution, time_s, unit, values)


def add_datapoint(tx: Tx, metric: int, resolution: int, time_s: int, unit: str, values: Aggregate) -> None:
    """Adds values to what is there for the same metric, time and unit."""
    place = (metric, resolution, time_s, unit)
    row = tx.one(Q.find_datapoint, *place)
    if row is None:
        tx.run(Q.put_datapoint, *place, *values.columns())
        return
    merged = read_aggregate(row)
    merged.merge(values)
    tx.run(Q.put_datapoint, *place, *merged.columns())
