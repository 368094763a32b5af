"""One query of metric data, checked in AWS's words.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.services.cloudwatch.arns import Place
from penstock.services.cloudwatch.errors import not_implemented, validation
from penstock.services.cloudwatch.math.evaluation import REFUSED
from penstock.services.cloudwatch.math.expression import Node, calls, names, parse_expression
from penstock.services.cloudwatch.math.series import MathError
from penstock.services.cloudwatch.metrics.metric import Metric, dimensions_of
from penstock.services.cloudwatch.metrics.reading import Wanted
from penstock.services.cloudwatch.metrics.span import check_period
from penstock.services.cloudwatch.metrics.statistic import Statistic, parse_statistic

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_ID_TEXT = "^[a-z][a-zA-Z0-9_]*$"
_INSIGHTS = re.compile(r"\s*SELECT\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A statistic of a metric."""

    id: str
    wanted: Wanted
    period: int
    statistic: Statistic
    label: str | None
    is_returned: bool


@dataclass(frozen=True, slots=True)
class ExpressionQuery:
    """An expression over other queries; ``period`` is what it states."""

    id: str
    node: Node
    text: str
    period: int | None
    label: str | None
    is_returned: bool


Query = MetricQuery | ExpressionQuery


def read_queries(place: Place, given: Sequence[Mapping[str, Any]], member: str) -> list[Query]:
    """Returns the queries; AwsError. ``member`` is what the list of them is called."""
    found = [_read(place, query, f"{member}.member.{at}") for at, query in enumerate(given, 1)]
    ids = [query.id for query in found]
    if len(set(ids)) < len(ids):
        raise validation(f"The values for parameter id in {member} are not unique.")
    return found


def in_sequence(queries: Sequence[Query]) -> list[ExpressionQuery]:
    """Returns the expressions, each behind those that it names; AwsError when they name each other in a circle."""
    expressions = {query.id: query for query in queries if isinstance(query, ExpressionQuery)}
    done: dict[str, ExpressionQuery] = {}
    open_ids: set[str] = set()
    # By a stack of its own: five hundred expressions may each name the next.
    stack = list(reversed(expressions))
    while stack:
        id = stack[-1]
        needed = [name for name in names(expressions[id].node) if name in expressions and name not in done]
        if id in done or not needed:
            done.setdefault(id, expressions[id])
            open_ids.discard(id)
            stack.pop()
            continue
        if id in open_ids:
            raise validation(f"Error in expression '{id}': it depends on itself.")
        open_ids.add(id)
        stack += needed
    return list(done.values())


def _read(place: Place, given: Mapping[str, Any], where: str) -> Query:
    id, stat, text = given["Id"], given.get("MetricStat"), given.get("Expression")
    if not _ID.fullmatch(id):
        raise validation(
            f"The value {id} for parameter {where}.Id is not matching the expected pattern {_ID_TEXT}."
        )
    if stat is not None and text is not None:
        raise validation(
            f"The parameters {where}.MetricStat and {where}.Expression are mutually exclusive "
            "and you have specified both."
        )
    if stat is None and text is None:
        raise validation(f"The parameter {where}.MetricStat or {where}.Expression must be specified.")
    if (account := given.get("AccountId")) not in (None, place[0]):
        raise not_implemented(f"Metrics of other accounts ({account}) are")
    is_returned = given.get("ReturnData") is not False
    if stat is not None:
        return _read_stat(place, id, stat, given.get("Label"), is_returned, where)
    period = given.get("Period")
    if period is not None:
        _check_period(period, f"{where}.Period")
    return ExpressionQuery(id, _parsed(id, str(text)), str(text), period, given.get("Label"), is_returned)


def _read_stat(
    place: Place, id: str, stat: Mapping[str, Any], label: str | None, is_returned: bool, where: str
) -> MetricQuery:
    about = stat["Metric"]
    for name in ("Namespace", "MetricName"):
        if not about.get(name):
            raise validation(f"The parameter {where}.MetricStat.Metric.{name} is required.")
    _check_period(stat["Period"], f"{where}.MetricStat.Period")
    try:
        statistic = parse_statistic(stat["Stat"])
    except ValueError:
        text = f"The value {stat['Stat']} for parameter {where}.MetricStat.Stat is not supported."
        raise validation(text) from None
    metric = Metric(*place, about["Namespace"], about["MetricName"], dimensions_of(about.get("Dimensions")))
    wanted = Wanted(metric, stat.get("Unit"), statistic.needs_bins)
    return MetricQuery(id, wanted, stat["Period"], statistic, label, is_returned)


def _check_period(period: int, where: str) -> None:
    if not check_period(period):
        raise validation(f"The parameter {where} must be 1, 5, 10, 20, 30, or a multiple of 60.")


def _parsed(id: str, text: str) -> Node:
    if _INSIGHTS.match(text):
        raise not_implemented("Metrics Insights queries are")
    try:
        node = parse_expression(text)
    except MathError as reason:
        raise validation(f"Error in expression '{id}': {reason}") from None
    for call in calls(node):
        if call.name in REFUSED:
            raise not_implemented(f"The function {call.name} is")
    return node
