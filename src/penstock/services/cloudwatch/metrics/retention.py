"""Rolls old data up and takes away what is older still, metric by metric, some rows at a time.

A minute's row lives for 15 days and then is part of five minutes' for 63, of an hour's for 455; a second's goes after
three hours, for the minute has it too.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
"""

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.metrics.aggregate import Aggregate, read_aggregate
from penstock.services.cloudwatch.metrics.metric import forget_metric
from penstock.services.cloudwatch.metrics.recording import FIVE_MINUTES, HOUR, MINUTE, SECOND, add_datapoint
from penstock.store import ReadTx, Row, Tx, queries

Q = queries(__package__)

_METRICS = 20
_ROWS = 300
_NEVER = 1 << 40


def expire(tx: Tx, after: int) -> int | None:
    """Makes the next step; returns the metric to go on behind, or None at the end."""
    rows = tx.all(Q.find_some_metrics, after, _METRICS)
    for id, *key, seen_ms in rows:
        if _shorten(tx, id):
            return after
        after = id
        if seen_ms < tx.now_ms - limits.HOURS_S * 1000 and _is_empty(tx, id):
            tx.run(Q.delete_metric, id)
            forget_metric(tx, key)
    return after if rows else None


def _shorten(tx: Tx, metric: int) -> bool:
    """Takes some rows of a metric away; returns whether it did."""
    now_s = tx.now_ms // 1000
    return (
        _drop(tx, metric, SECOND, now_s - limits.HIGH_RESOLUTION_S)
        or _roll_up(tx, metric, MINUTE, FIVE_MINUTES, now_s - limits.MINUTES_S)
        or _roll_up(tx, metric, FIVE_MINUTES, HOUR, now_s - limits.FIVE_MINUTES_S)
        or _drop(tx, metric, HOUR, now_s - limits.HOURS_S)
    )


def _drop(tx: Tx, metric: int, resolution: int, before_s: int) -> bool:
    rows = tx.all(Q.find_oldest_datapoints, metric, resolution, before_s, _ROWS)
    if rows:
        tx.run(Q.delete_datapoints, metric, resolution, rows[0][0], rows[-1][0])
    return bool(rows)


def _roll_up(tx: Tx, metric: int, fine: int, coarse: int, before_s: int) -> bool:
    rows = tx.all(Q.find_oldest_datapoints, metric, fine, before_s - before_s % coarse, _ROWS)
    if not rows:
        return False
    last_s = rows[-1][0]
    if len(rows) == _ROWS and rows[0][0] != last_s:  # of the last time there may be more units
        last_s = max(row[0] for row in rows if row[0] != last_s)
    for (time_s, unit), values in _sums(rows, coarse, last_s).items():
        add_datapoint(tx, metric, coarse, time_s, unit, values)
    tx.run(Q.delete_datapoints, metric, fine, rows[0][0], last_s)
    return True


def _sums(rows: list[Row], coarse: int, last_s: int) -> dict[tuple[int, str], Aggregate]:
    found: dict[tuple[int, str], Aggregate] = {}
    for time_s, unit, *columns in rows:
        if time_s <= last_s:
            place = (time_s - time_s % coarse, unit)
            found.setdefault(place, Aggregate()).merge(read_aggregate(tuple(columns)))
    return found


def _is_empty(tx: ReadTx, metric: int) -> bool:
    return not any(
        tx.one(Q.find_next_datapoint, metric, resolution, -_NEVER)
        for resolution in (SECOND, MINUTE, FIVE_MINUTES, HOUR)
    )
