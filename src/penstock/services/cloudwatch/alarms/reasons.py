"""Why an alarm is in its state, in AWS's words.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from penstock.services.cloudwatch.alarms.alarm import State
from penstock.services.cloudwatch.alarms.verdict import Point, Verdict
from penstock.services.cloudwatch.alarms.watch import COMPARISONS, Missing, Watch

MAX_REASON = 1023
MAX_REASON_DATA = 4000


def stamp(at_ms: int) -> str:
    """Returns a moment as alarms write it: ``2019-10-02T17:04:40.989+0000``."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03}+0000"


def spoken(at_ms: int) -> str:
    """Returns a moment as people read it: ``Wednesday 10 November, 2021 02:45:55 UTC``."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%A %d %B, %Y %H:%M:%S} UTC"


def reason(watch: Watch, verdict: Verdict, state: State) -> str:
    """Returns why the verdict is that the alarm is in ``state``."""
    if state is State.INSUFFICIENT_DATA:
        return f"Insufficient Data: {_count(watch.evaluated, 'datapoint')} unknown."
    if not verdict.points:
        periods = "period" if watch.evaluated == 1 else "periods"
        return (
            f"Threshold Crossed: no datapoints were received for {watch.evaluated} {periods} and "
            f"{_treated(watch, verdict.filled)}."
        )
    is_alarm = state is State.ALARM
    counted = [point for point in verdict.points if watch.breaches(point.value) is is_alarm]
    shown = ", ".join(_shown(point) for point in reversed(counted))
    text = (
        f"Threshold Crossed: {len(counted)} out of the last {watch.evaluated} datapoints [{shown}] "
        f"{'was' if len(counted) == 1 else 'were'} {'' if is_alarm else 'not '}"
        f"{COMPARISONS[watch.comparison][1]} the threshold ({watch.threshold})"
    )
    if verdict.filled > 0 and watch.missing in (Missing.BREACHING, Missing.NOT_BREACHING):
        text += f" and {_treated(watch, verdict.filled)}"
    least = watch.needed if is_alarm else watch.evaluated - watch.needed + 1
    way = "OK -> ALARM" if is_alarm else "ALARM -> OK"
    points = "datapoint" if least == 1 else "datapoints"
    return f"{text} (minimum {least} {points} for {way} transition)."[:MAX_REASON]


def reason_data(watch: Watch, verdict: Verdict, at_ms: int) -> str:
    """Returns the same for programs, as JSON; data points are left out when it would be too long."""
    found: dict[str, Any] = {"version": "1.0", "queryDate": stamp(at_ms)}
    if verdict.points:
        found["startDate"] = stamp(verdict.points[0].time_s * 1000)
    if not watch.expressions:
        (query,) = watch.metrics
        if query.wanted.unit:
            found["unit"] = query.wanted.unit
        found["statistic"] = query.statistic.name
    found["period"] = watch.period
    found["recentDatapoints"] = [point.value for point in verdict.points]
    found["threshold"] = watch.threshold
    found["evaluatedDatapoints"] = [_evaluated(point) for point in reversed(verdict.points)]
    for name in ("evaluatedDatapoints", "recentDatapoints"):
        text = orjson.dumps(found).decode()
        if len(text) <= MAX_REASON_DATA:
            break
        found[name] = []
    return orjson.dumps(found).decode()


def _count(count: int, noun: str) -> str:
    return f"1 {noun} was" if count == 1 else f"{count} {noun}s were"


def _treated(watch: Watch, count: int) -> str:
    taken = "Breaching" if watch.missing is Missing.BREACHING else "NonBreaching"
    return f"{_count(count, 'missing datapoint')} treated as [{taken}]"


def _shown(point: Point) -> str:
    return f"{point.value} ({datetime.fromtimestamp(point.time_s, UTC):%d/%m/%y %H:%M:%S})"


def _evaluated(point: Point) -> dict[str, Any]:
    samples: Sequence[tuple[str, Any]] = [("sampleCount", point.samples)] if point.samples is not None else []
    return {"timestamp": stamp(point.time_s * 1000), **dict(samples), "value": point.value}
