"""What an expression comes to, given the series that it names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.math import functions
from penstock.services.cloudwatch.math.expression import (
    Array,
    Binary,
    Call,
    Name,
    Negative,
    Node,
    Number,
    Text,
)
from penstock.services.cloudwatch.math.operators import OPERATIONS, combined, negative
from penstock.services.cloudwatch.math.series import Array as Many
from penstock.services.cloudwatch.math.series import MathError, TimeSeries, Value

REFUSED = frozenset(
    {"ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SERVICE_QUOTA"}
)
"""Functions that AWS has and this server has not."""

_EACH: dict[str, Callable[[TimeSeries], TimeSeries]] = {
    "DIFF": functions.differences,
    "DIFF_TIME": functions.time_differences,
    "RATE": functions.rates,
    "RUNNING_SUM": functions.running_sum,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may name: ``values`` by the ids of queries, the ``metrics`` among them.

    ``begin_s`` to ``end_s`` is what was asked for, ``period`` what holds for what has none of its own; ``searched``
    what each SEARCH has found.
    """

    begin_s: int
    end_s: int
    period: int
    values: Mapping[str, Value]
    metrics: Mapping[str, TimeSeries]
    searched: Mapping[Call, Many] = field(default_factory=dict)

    def times(self, period: int) -> range:
        """Returns the times at which a series without gaps has values; MathError when they are too many."""
        found = range(self.begin_s, self.end_s, period)
        if self.end_s - self.begin_s > period * limits.MAX_DATA_POINTS:
            raise MathError("The expression has too many data points; ask for less time, or a longer period")
        return found


def evaluate(node: Node, scope: Scope) -> Value:
    """Returns what the expression comes to; MathError."""
    match node:
        case Number(value):
            return value
        case Name(name):
            if name not in scope.values:
                raise MathError(f"Unknown id {name}")
            return scope.values[name]
        case Array(items):
            return _flat([evaluate(item, scope) for item in items])
        case Negative(of):
            return negative(evaluate(of, scope))
        case Binary(operator, left, right):
            return combined(OPERATIONS[operator], evaluate(left, scope), evaluate(right, scope))
        case Call():
            return _call(node, scope)
    raise MathError("A text can only be the argument of a function")


def _call(call: Call, scope: Scope) -> Value:
    name, arguments = call.name, call.arguments
    if name in functions.CONDENSING:
        return functions.condensed(name, evaluate(_only(call), scope))
    if name in functions.MAPPING:
        of = functions.MAPPING[name]
        return _of_each(evaluate(_only(call), scope), lambda series: series.map(of))
    if name in _EACH:
        return _of_each(evaluate(_only(call), scope), _EACH[name])
    if name in functions.CALENDAR:
        series = _series(call, _only(call), scope)
        return functions.calendar(name, series, scope.times(series.period))
    if name in _SPECIAL:
        return _SPECIAL[name](call, scope)
    raise MathError(f"Unknown function {name} with {len(arguments)} arguments")


def _metrics(call: Call, scope: Scope) -> Value:
    if not call.arguments:
        return tuple(scope.metrics.values())
    part = _only(call)
    if not isinstance(part, Text):
        raise MathError("The function METRICS takes a text")
    return tuple(series for id, series in scope.metrics.items() if part.value in id)


def _search(call: Call, scope: Scope) -> Value:
    return scope.searched[call]


def _period(call: Call, scope: Scope) -> Value:
    of = _only(call)
    if not isinstance(of, Name) or of.name not in scope.metrics:
        raise MathError("The function PERIOD takes the id of a metric")
    return float(scope.metrics[of.name].period)


def _metric_count(call: Call, scope: Scope) -> Value:
    return float(len(_array(call, _only(call), scope)))


def _time_series(call: Call, scope: Scope) -> Value:
    value = _number(call, _only(call), scope)
    return TimeSeries({}, scope.period).with_points((at, value) for at in scope.times(scope.period))


def _remove_empty(call: Call, scope: Scope) -> Value:
    return tuple(series for series in _array(call, _only(call), scope) if series.points)


def _first(call: Call, scope: Scope) -> Value:
    array = _array(call, _only(call), scope)
    if not array:
        return TimeSeries({}, scope.period)
    return array[0 if call.name == "FIRST" else -1]


def _fill(call: Call, scope: Scope) -> Value:
    what, by = _exactly(call, 2)
    filler: Value | str
    if isinstance(by, Name) and by.name in ("REPEAT", "LINEAR"):
        filler = by.name
    else:
        filler = evaluate(by, scope)
    if isinstance(filler, tuple):
        raise MathError("The function FILL fills with a number, a time series, REPEAT or LINEAR")
    wanted = filler
    return _of_each(
        evaluate(what, scope),
        lambda series: functions.filled(series, scope.times(series.period), wanted),
    )


def _if(call: Call, scope: Scope) -> Value:
    if len(call.arguments) not in (2, 3):
        raise MathError("The function IF takes two or three arguments")
    condition, *branches = (evaluate(argument, scope) for argument in call.arguments)
    if isinstance(condition, tuple) or any(isinstance(branch, tuple) for branch in branches):
        raise MathError("The function IF takes time series and numbers, no arrays")
    otherwise = branches[1] if len(branches) == 2 else TimeSeries({}, scope.period)
    if isinstance(condition, float):
        return branches[0] if condition else otherwise
    found = []
    for at, value in condition.points.items():
        branch = branches[0] if value else otherwise
        if isinstance(branch, TimeSeries):
            lacking = 0.0 if value else float("nan")
            found.append((at, branch.points.get(at, lacking)))
        elif isinstance(branch, float):
            found.append((at, branch))
    return TimeSeries({}, condition.period, condition.label).with_points(found)


def _sort(call: Call, scope: Scope) -> Value:
    what, by, order, *limit = _exactly(call, 3, 4)
    if not isinstance(by, Name) or by.name not in functions.SORTED_BY:
        raise MathError("The function SORT sorts by AVG, MIN, MAX or SUM")
    if not isinstance(order, Name) or order.name not in ("ASC", "DESC"):
        raise MathError("The function SORT takes ASC or DESC")
    found = functions.in_order(_array(call, what, scope), by.name, descending=order.name == "DESC")
    return found[: max(0, int(_number(call, limit[0], scope)))] if limit else found


def _slice(call: Call, scope: Scope) -> Value:
    what, *ends = _exactly(call, 2, 3)
    places = [max(0, int(_number(call, end, scope))) for end in ends]
    return _array(call, what, scope)[slice(*places, *((None,) if len(places) == 1 else ()))]


_SPECIAL: dict[str, Callable[[Call, Scope], Value]] = {
    "METRICS": _metrics,
    "SEARCH": _search,
    "PERIOD": _period,
    "METRIC_COUNT": _metric_count,
    "TIME_SERIES": _time_series,
    "REMOVE_EMPTY": _remove_empty,
    "FIRST": _first,
    "LAST": _first,
    "FILL": _fill,
    "IF": _if,
    "SORT": _sort,
    "SLICE": _slice,
}


def _exactly(call: Call, *counts: int) -> tuple[Node, ...]:
    if len(call.arguments) not in counts:
        wanted = " or ".join(map(str, counts))
        raise MathError(f"The function {call.name} takes {wanted} arguments, not {len(call.arguments)}")
    return call.arguments


def _only(call: Call) -> Node:
    return _exactly(call, 1)[0]


def _of_each(value: Value, of: Callable[[TimeSeries], TimeSeries]) -> Value:
    match value:
        case TimeSeries():
            return of(value)
        case tuple():
            return tuple(map(of, value))
    raise MathError("A function of time series was given a number")


def _series(call: Call, node: Node, scope: Scope) -> TimeSeries:
    value = evaluate(node, scope)
    if not isinstance(value, TimeSeries):
        raise MathError(f"The function {call.name} takes a time series")
    return value


def _array(call: Call, node: Node, scope: Scope) -> Many:
    value = evaluate(node, scope)
    if isinstance(value, float):
        raise MathError(f"The function {call.name} takes an array of time series")
    return (value,) if isinstance(value, TimeSeries) else value


def _number(call: Call, node: Node, scope: Scope) -> float:
    value = evaluate(node, scope)
    if not isinstance(value, float) or value != value or abs(value) == float("inf"):
        raise MathError(f"The function {call.name} takes a number there")
    return value


def _flat(values: list[Value]) -> Many:
    found: list[TimeSeries] = []
    for value in values:
        match value:
            case TimeSeries():
                found.append(value)
            case tuple():
                found += value
            case _:
                raise MathError("An array holds time series")
    return tuple(found)
