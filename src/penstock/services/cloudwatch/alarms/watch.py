"""What a metric alarm watches, read from its settings once."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.alarms.alarm import Q
from penstock.services.cloudwatch.arns import Place
from penstock.services.cloudwatch.queries.query import (
    ExpressionQuery,
    MetricQuery,
    Query,
    in_sequence,
    read_queries,
)
from penstock.store import ReadTx

_EXTRA = 2
"""By how many periods the evaluation range is longer than what is evaluated: AWS's examples have 5 for 3."""


class Missing(StrEnum):
    """What missing data points are taken for."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True, slots=True)
class Watch:
    """``evaluated`` of the last periods are looked at; with ``needed`` of them breaching it is an alarm.

    ``metrics`` are read, ``expressions`` computed in their order, ``returned`` is the id of what is compared.
    """

    metrics: tuple[MetricQuery, ...]
    expressions: tuple[ExpressionQuery, ...]
    returned: str
    period: int
    evaluated: int
    needed: int
    comparison: str
    threshold: float
    missing: Missing
    ignores_few_samples: bool

    @property
    def range(self) -> int:
        """Returns how many of the last periods are read, in case that some are missing."""
        return self.evaluated + _EXTRA

    @property
    def interval_s(self) -> int:
        """Returns how often it is looked at."""
        if self.period < 60:
            return 10
        return 3600 if self.period * self.evaluated > limits.MAX_EVALUATION_S else 60

    @property
    def percentile(self) -> float | None:
        """Returns the share of a single percentile, between 0 and 1."""
        return None if self.expressions else self.metrics[0].statistic.percentile

    def breaches(self, value: float) -> bool:
        """Returns whether a value is beyond the threshold."""
        return COMPARISONS[self.comparison][0](value, self.threshold)


def watch_by_id(tx: ReadTx, id: int) -> Watch | None:
    """Returns what the alarm watches; None when it is gone or is a composite one."""
    return tx.cached("cloudwatch.watch", id, _load)


def watch_of(place: Place, settings: Mapping[str, Any]) -> Watch:
    """Returns what these settings watch; AwsError."""
    queries = _queries(place, settings)
    expressions = tuple(in_sequence(queries))
    metrics = tuple(query for query in queries if isinstance(query, MetricQuery))
    (returned,) = (query for query in queries if query.is_returned)
    evaluated = settings["EvaluationPeriods"]
    is_dynamo = any(query.wanted.metric.namespace == "AWS/DynamoDB" for query in metrics)
    missing = Missing.IGNORE if is_dynamo else Missing(settings.get("TreatMissingData") or Missing.MISSING)
    return Watch(
        metrics,
        expressions,
        returned.id,
        _period(returned, metrics),
        evaluated,
        settings.get("DatapointsToAlarm") or evaluated,
        settings["ComparisonOperator"],
        settings["Threshold"],
        missing,
        settings.get("EvaluateLowSampleCountPercentile") == "ignore",
    )


def metric_stat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the one metric that an alarm watches, as a query has it."""
    metric = {name: settings[name] for name in ("Namespace", "MetricName", "Dimensions") if name in settings}
    stat = settings.get("ExtendedStatistic") or settings.get("Statistic")
    found = {"Metric": metric, "Period": settings["Period"], "Stat": stat}
    return found | ({"Unit": settings["Unit"]} if settings.get("Unit") else {})


def _queries(place: Place, settings: Mapping[str, Any]) -> list[Query]:
    given = settings.get("Metrics") or [{"Id": "m1", "MetricStat": metric_stat(settings)}]
    return read_queries(place, given, "Metrics")


def _period(returned: Query, metrics: tuple[MetricQuery, ...]) -> int:
    if isinstance(returned, ExpressionQuery) and returned.period:
        return returned.period
    return max((query.period for query in metrics), default=60)


def _load(tx: ReadTx, id: int) -> Watch | None:
    row = tx.one(Q.find_alarm_by_id, id)
    if row is None or row[4] != "MetricAlarm":
        return None
    return watch_of((row[1], row[2]), orjson.loads(row[5]))
