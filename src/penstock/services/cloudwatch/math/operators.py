"""What stands between operands, and what becomes of series that lack values.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
from collections.abc import Callable

from penstock.services.cloudwatch.math.series import Array, MathError, TimeSeries, Value, result

Operation = Callable[[float, float], float]

OPERATIONS: dict[str, Operation] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "&&": lambda left, right: float(bool(left) and bool(right)),
    "||": lambda left, right: float(bool(left) or bool(right)),
}


def combined(of: Operation, left: Value, right: Value) -> Value:
    """Returns ``of`` two values, point by point; a value that one of two series lacks counts as 0."""
    match left, right:
        case float(), float():
            return result(of, left, right)
        case TimeSeries(), TimeSeries():
            return _paired(of, left, right)
        case TimeSeries(), float() as number:
            return left.map(lambda value: of(value, number))
        case float() as number, TimeSeries():
            return right.map(lambda value: of(number, value))
        case tuple(), tuple():
            raise MathError("An operator cannot stand between two arrays of time series")
        case tuple(), _:
            return _each(left, lambda series: combined(of, series, right))
        case _, tuple():
            return _each(right, lambda series: combined(of, left, series))
    raise MathError("An operator stands between time series or numbers")


def negative(value: Value) -> Value:
    """Returns the value with the other sign."""
    match value:
        case float():
            return -value
        case TimeSeries():
            return value.map(operator.neg)
    return _each(value, lambda series: series.map(operator.neg))


def _each(array: Array, of: Callable[[TimeSeries], Value]) -> Array:
    found = []
    for series in array:
        value = of(series)
        assert isinstance(value, TimeSeries)
        found.append(value)
    return tuple(found)


def _paired(of: Operation, left: TimeSeries, right: TimeSeries) -> TimeSeries:
    times = sorted(left.points.keys() | right.points.keys())
    pairs = ((at, left.points.get(at, 0.0), right.points.get(at, 0.0)) for at in times)
    made = ((at, result(of, first, second)) for at, first, second in pairs)
    return TimeSeries({}, max(left.period, right.period), left.label).with_points(made)
