"""What is shown of what a query comes to."""

from dataclasses import replace

from penstock.services.cloudwatch.errors import validation
from penstock.services.cloudwatch.math.series import TimeSeries, Value
from penstock.services.cloudwatch.queries.query import MetricQuery, Query

Shown = tuple[str, str, TimeSeries]
"""Id, label and series."""


def shown_as(query: Query, value: Value) -> list[Shown]:
    """Returns id, label and series of everything that a query comes to; AwsError for a mere number."""
    match value:
        case TimeSeries():
            default = value.label if isinstance(query, MetricQuery) else query.id
            series = replace(value, label=default)
            return [(query.id, default if query.label is None else query.label, series)]
        case tuple():
            return [(query.id, _array_label(query.label, series), series) for series in value]
    raise validation(f"Error in expression '{query.id}': it comes to a number, and must come to time series")


def _array_label(label: str | None, series: TimeSeries) -> str:
    if not label:
        return series.label
    return label if "${" in label else f"{label} {series.label}"
