"""What the requests that make alarms may say, in AWS's words.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from penstock.arn import Arn
from penstock.server import Call, Params
from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.alarms.actions import KINDS
from penstock.services.cloudwatch.alarms.alarm import ACTIONS
from penstock.services.cloudwatch.alarms.watch import COMPARISONS, Missing
from penstock.services.cloudwatch.errors import invalid_combination, not_implemented, validation
from penstock.services.cloudwatch.metrics.statistic import is_plain, parse_statistic
from penstock.services.cloudwatch.queries.query import ExpressionQuery, in_sequence, read_queries

_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
_LACKING = {
    "ThresholdMetricId": "Alarms on anomaly detection are",
    "EvaluationCriteria": "Alarms on PromQL queries are",
    "EvaluationInterval": "Alarms on PromQL queries are",
    "EvaluationWindow": "Evaluation windows are",
    "WarmUpConfiguration": "Warm-up periods are",
    "ActionConfiguration": "Configurations of actions are",
}


def check_actions(call: Call, params: Params) -> None:
    """Returns when every action is one that an alarm can take here; AwsError."""
    for name in ("ActionConfiguration",):
        if params.get(name) is not None:
            raise not_implemented(_LACKING[name])
    for member in ACTIONS.values():
        for action in params.get(member) or ():
            _check_action(call, action)


def check_metric_alarm(call: Call, params: Params) -> None:
    """Returns when the alarm can be judged; AwsError."""
    for name, what in _LACKING.items():
        if params.get(name) is not None:
            raise not_implemented(what)
    comparison = params.get("ComparisonOperator")
    if comparison is None:
        raise validation("The parameter ComparisonOperator is required.")
    if comparison not in COMPARISONS:
        raise not_implemented("Alarms on anomaly detection are")
    _check_periods(params)
    _check_choice(params, "TreatMissingData", [each.value for each in Missing])
    _check_choice(params, "EvaluateLowSampleCountPercentile", ["evaluate", "ignore"])
    threshold = params.get("Threshold")
    if threshold is None:
        raise validation("The parameter Threshold is required.")
    if not -limits.MAX_VALUE <= threshold <= limits.MAX_VALUE:
        raise validation(f"The value {threshold} for parameter Threshold is invalid.")
    if params.get("Metrics") is not None:
        _check_queries(call, params)
    else:
        _check_one_metric(params)
    _check_range(params)


def _check_action(call: Call, action: str) -> None:
    try:
        parts = Arn.parse(action)
    except ValueError:
        raise validation(f"Invalid arn syntax: {action}") from None
    if parts.service not in KINDS:
        raise not_implemented(f"Alarm actions like {action} are")
    if parts.region != call.region:
        raise validation(f"Invalid region {parts.region} specified. Only {call.region} is supported.")
    if not parts.account:
        raise validation(f"Invalid arn syntax: {action}")


def _check_periods(params: Params) -> None:
    evaluated = params.get("EvaluationPeriods")
    if evaluated is None:
        raise validation("The parameter EvaluationPeriods is required.")
    if (params.get("DatapointsToAlarm") or 1) > evaluated:
        raise validation("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")


def _check_choice(params: Params, name: str, choices: Iterable[str]) -> None:
    value = params.get(name)
    if value is not None and value not in choices:
        shown = ", ".join(choices)
        raise validation(f"The value {value} for parameter {name} is not supported: it is one of {shown}.")


def _check_one_metric(params: Params) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if not params.get(name):
            raise validation(f"The parameter {name} is required.")
    plain, extended = params.get("Statistic"), params.get("ExtendedStatistic")
    if (plain is None) == (extended is None):
        raise invalid_combination("Either Statistic or ExtendedStatistic must be specified, and not both.")
    if extended is not None:
        try:
            parse_statistic(extended)
        except ValueError:
            raise validation(
                f"The value {extended} for parameter ExtendedStatistic is not supported."
            ) from None
        if is_plain(extended):
            raise validation(f"The value {extended} for parameter ExtendedStatistic is not supported.")
    _check_period(params["Period"])


def _check_period(period: int) -> None:
    if period not in (10, 20, 30) and period % 60:
        raise validation("Period must be 10, 20, 30 or a multiple of 60")


def _check_queries(call: Call, params: Params) -> None:
    given: list[Mapping[str, Any]] = params["Metrics"]
    if any(params.get(name) is not None for name in _ONE_METRIC):
        names = ", ".join(_ONE_METRIC)
        raise invalid_combination(f"The parameter Metrics cannot be combined with any of {names}.")
    if not given:
        raise validation("The parameter Metrics must not be empty.")
    queries = read_queries((call.account, call.region), given, "Metrics")
    if sum(query.is_returned for query in queries) != 1:
        raise validation("Exactly one element of the metrics list should return data.")
    expressions = in_sequence(queries)
    if any("SEARCH" in query.text for query in expressions):
        raise validation("SEARCH is not supported on Metric Alarms.")
    metrics = [query for query in queries if not isinstance(query, ExpressionQuery)]
    if len(metrics) > limits.MAX_ALARM_QUERIES:
        raise validation(f"An alarm can have at most {limits.MAX_ALARM_QUERIES} metrics.")
    if not metrics:
        raise validation("Invalid metrics list: an expression needs at least one metric.")
    periods = {query.period for query in metrics}
    if len(periods) > 1:
        raise validation("Period must be the same for all metrics of an alarm.")
    _check_period(periods.pop())


def _check_range(params: Params) -> None:
    given = params.get("Metrics")
    periods = [query["MetricStat"]["Period"] for query in given if "MetricStat" in query] if given else []
    period = max(periods) if periods else params["Period"]
    most = limits.MAX_EVALUATION_S if period < 3600 else limits.MAX_LONG_EVALUATION_S
    if period * params["EvaluationPeriods"] > most:
        days = "a day" if most == limits.MAX_EVALUATION_S else "seven days"
        raise validation(
            f"Metrics cannot be checked across more than {days} (EvaluationPeriods * Period must be <= {most})."
        )
