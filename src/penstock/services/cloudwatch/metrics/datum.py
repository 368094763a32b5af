"""What one entry of PutMetricData says, checked in AWS's words.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.arns import Place
from penstock.services.cloudwatch.errors import invalid_combination, invalid_value, missing_parameter
from penstock.services.cloudwatch.metrics.aggregate import Aggregate
from penstock.services.cloudwatch.metrics.metric import Metric, dimensions_of
from penstock.services.cloudwatch.metrics.recording import MINUTE, SECOND, Data

Datum = Mapping[str, Any]

_KINDS = ("Value", "Values", "StatisticValues")
_STATISTICS = ("SampleCount", "Sum", "Minimum", "Maximum")


def read_data(place: Place, namespace: str, entries: list[tuple[str, Datum]], now_ms: int) -> list[Data]:
    """Returns what the entries say, added up by metric, time and unit; AwsError. Each comes with its place."""
    found: dict[tuple[Metric, int, int, str], Aggregate] = {}
    for where, datum in entries:
        metric = Metric(*place, namespace, datum["MetricName"], _dimensions(where, datum))
        values, unit = _values(where, datum), datum.get("Unit") or "None"
        for resolution, time_s in _times(where, datum, now_ms):
            found.setdefault((metric, resolution, time_s, unit), Aggregate()).merge(values)
    return [Data(*key, values) for key, values in found.items()]


def size(datum: Datum) -> int:
    """Returns how many values there are to be read."""
    return max(1, len(datum.get("Values") or ()))


def _dimensions(where: str, datum: Datum) -> tuple[tuple[str, str], ...]:
    found = dimensions_of(datum.get("Dimensions"))
    for number, (name, value) in enumerate(found, 1):
        at = f"{where}.Dimensions.member.{number}"
        if not (name.isascii() and name.isprintable() and name.strip()) or name.startswith(":"):
            raise invalid_value(f"The value {name} for parameter {at}.Name is invalid.")
        if not (value.isascii() and value.isprintable() and value.strip()):
            raise invalid_value(f"The value {value} for parameter {at}.Value is invalid.")
    if len({name for name, _ in found}) < len(found):
        raise invalid_value(f"The collection {where}.Dimensions must not have two of the same name.")
    return found


def _times(where: str, datum: Datum, now_ms: int) -> Iterator[tuple[int, int]]:
    moment, resolution = datum.get("Timestamp"), datum.get("StorageResolution") or MINUTE
    if resolution not in (SECOND, MINUTE):
        raise invalid_value(f"The value {resolution} for parameter {where}.StorageResolution is invalid.")
    at_ms = now_ms if moment is None else round(moment.timestamp() * 1000)
    if at_ms < now_ms - limits.PAST_MS:
        text = "must specify a time no more than two weeks in the past."
        raise invalid_value(f"The parameter {where}.Timestamp {text}")
    if at_ms > now_ms + limits.FUTURE_MS:
        text = "must specify a time no more than two hours in the future."
        raise invalid_value(f"The parameter {where}.Timestamp {text}")
    time_s = at_ms // 1000
    yield MINUTE, time_s - time_s % MINUTE
    if resolution == SECOND:
        yield SECOND, time_s


def _values(where: str, datum: Datum) -> Aggregate:
    given = [kind for kind in _KINDS if datum.get(kind) is not None]
    if len(given) > 1:
        raise invalid_combination(
            f"The parameters {where}.{given[0]} and {where}.{given[1]} are mutually exclusive "
            "and you have specified both."
        )
    if not given:
        raise missing_parameter(f"{where}.Value")
    match given[0]:
        case "Value":
            values = Aggregate()
            values.add(_number(datum["Value"], f"{where}.Value"))
            return values
        case "Values":
            return _counted(where, datum)
    return _statistics(f"{where}.StatisticValues", datum["StatisticValues"])


def _counted(where: str, datum: Datum) -> Aggregate:
    numbers, counts = datum["Values"], datum.get("Counts")
    if not numbers:
        raise missing_parameter(f"{where}.Values")
    if len(numbers) > limits.MAX_VALUES:
        raise invalid_value(
            f"The collection {where}.Values must not have a size greater than {limits.MAX_VALUES}."
        )
    if counts is None:
        counts = [1.0] * len(numbers)
    if len(counts) != len(numbers):
        raise invalid_value(f"The parameters {where}.Values and {where}.Counts must be of the same size.")
    values = Aggregate()
    for number, (value, count) in enumerate(zip(numbers, counts, strict=True), 1):
        count = _count(count, f"{where}.Counts.member.{number}")
        values.add(_number(value, f"{where}.Values.member.{number}"), count)
    return values


def _statistics(where: str, given: Datum) -> Aggregate:
    count, total, least, most = (_number(given[name], f"{where}.{name}") for name in _STATISTICS)
    _count(count, f"{where}.SampleCount")
    if least > most:
        raise invalid_combination(
            f"The parameter {where}.Maximum must be greater than or equal to {where}.Minimum."
        )
    values = Aggregate(count, total, least, most)
    if least == most and math.isclose(total, least * count):
        values = Aggregate()
        values.add(least, count)
    return values


def _number(value: float, where: str) -> float:
    if not math.isfinite(value) or abs(value) > limits.MAX_VALUE:
        raise invalid_value(f"The value {_shown(value)} for parameter {where} is invalid.")
    return float(value)


def _count(value: float, where: str) -> float:
    if not (math.isfinite(value) and 0 < value <= limits.MAX_VALUE):
        raise invalid_value(f"The value {_shown(value)} for parameter {where} is invalid.")
    return float(value)


def _shown(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return ("-∞" if value < 0 else "∞") if math.isinf(value) else str(value)
