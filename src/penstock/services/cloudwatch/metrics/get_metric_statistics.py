"""GetMetricStatistics.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

from penstock.server import Call, Params, operation
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.arns import place
from penstock.services.cloudwatch.errors import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from penstock.services.cloudwatch.metrics.aggregate import Aggregate
from penstock.services.cloudwatch.metrics.metric import Metric, dimensions_of
from penstock.services.cloudwatch.metrics.reading import Wanted, read_stretches
from penstock.services.cloudwatch.metrics.span import Span, check_period, seconds, span_of
from penstock.services.cloudwatch.metrics.statistic import Statistic, is_plain, parse_statistic
from penstock.services.cloudwatch.state import CloudWatchState

_REQUIRED = ("Namespace", "MetricName", "StartTime", "EndTime", "Period")


def check_required(params: Params) -> None:
    """Returns when what must be there is; AwsError."""
    for name in _REQUIRED:
        if params.get(name) is None:
            raise missing_parameter(name)


@operation("GetMetricStatistics", action="cloudwatch:GetMetricStatistics", check=check_required)
async def get_metric_statistics(cloudwatch: CloudWatchState, call: Call, params: Params) -> Params:
    """Returns the statistics of a metric for each stretch of time in which there are data."""
    statistics = _statistics(params)
    span = _span(params, call.now_ms // 1000)
    metric = Metric(
        *place(call), params["Namespace"], params["MetricName"], dimensions_of(params.get("Dimensions"))
    )
    has_bins = any(statistic.needs_bins for statistic in statistics)
    wanted = Wanted(metric, params.get("Unit"), has_bins)
    found = await read_stretches(cloudwatch.store, wanted, span, call.now_ms // 1000)
    return {
        "Label": metric.name,
        "Datapoints": [
            shown
            for unit, stretches in found.items()
            for time_s, values in stretches.items()
            if (shown := _datapoint(time_s, unit, values, statistics))
        ],
    }


def _statistics(params: Params) -> list[Statistic]:
    plain, extended = params.get("Statistics") or [], params.get("ExtendedStatistics") or []
    if not plain and not extended:
        raise invalid_combination(
            "At least one of the parameters Statistics, ExtendedStatistics must be specified."
        )
    if plain and extended:
        raise invalid_combination(
            "The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both."
        )
    found = []
    for name in extended:
        try:
            found.append(parse_statistic(name))
        except ValueError:
            raise invalid_value(f"The value {name} for parameter ExtendedStatistics is invalid.") from None
    return found or [parse_statistic(name) for name in plain]


def _span(params: Params, now_s: int) -> Span:
    begin, end, period = params["StartTime"], params["EndTime"], params["Period"]
    if not check_period(period):
        text = "must be 1, 5, 10, 20, 30, or a multiple of 60" if period < 60 else "must be a multiple of 60"
        raise invalid_value(f"The parameter Period {text}.")
    if begin >= end:
        raise invalid_combination("The parameter StartTime must be less than the parameter EndTime.")
    begin_s, end_s = seconds(begin, end)
    points = Span(begin_s, end_s, period).length
    if points > limits.MAX_STATISTICS_POINTS:
        raise invalid_combination(
            f"You have requested up to {points:,} datapoints, which exceeds the limit of "
            f"{limits.MAX_STATISTICS_POINTS:,}. You may reduce the datapoints requested by increasing Period, "
            "or decreasing the time range."
        )
    return span_of(begin_s, end_s, period, now_s)


def _datapoint(time_s: int, unit: str, values: Aggregate, statistics: list[Statistic]) -> Params | None:
    shown: Params = {}
    for statistic in statistics:
        if (value := statistic.of(values)) is not None:
            if is_plain(statistic.name):
                shown[statistic.name] = value
            else:
                shown.setdefault("ExtendedStatistics", {})[statistic.name] = value
    return {"Timestamp": time_s * 1000, **shown, "Unit": unit} if shown else None
