"""What a metric widget shows: its queries, its time, and how they look.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Metric-Widget-Structure.html
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from penstock.services.cloudwatch import limits
from penstock.services.cloudwatch.errors import not_implemented, validation

_DURATION = re.compile(
    r"-?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)
_COLOR = re.compile(r"#?[0-9a-fA-F]{6}")
_MOST_PIXELS = 2000

Json = Mapping[str, Any]


class Line(NamedTuple):
    """One query's look: its ``id``, its color if it has one of its own, whether its axis is the right one."""

    id: str
    color: str | None
    is_right: bool


class Mark(NamedTuple):
    """A level that is drawn across."""

    value: float
    label: str
    color: str | None


class Widget(NamedTuple):
    """A widget as it is asked for; ``queries`` are as GetMetricData has them, ``bounds`` those of the left axis."""

    title: str
    width: int
    height: int
    begin_s: int
    end_s: int
    is_stacked: bool
    queries: list[Json]
    lines: dict[str, Line]
    marks: list[Mark]
    bounds: tuple[float | None, float | None]


def read_widget(text: str, now_s: int) -> Widget:
    """Returns what a widget's JSON says; AwsError."""
    try:
        widget = orjson.loads(text)
    except (ValueError, RecursionError):
        widget = None
    if not isinstance(widget, dict):
        raise _invalid("it is not a JSON object")
    if (view := widget.get("view", "timeSeries")) != "timeSeries":
        raise not_implemented(f"Widgets with the view {str(view)[:40]} are")
    begin_s = _moment(widget.get("start", "-PT3H"), now_s, "start")
    end_s = _moment(widget.get("end", "P0D"), now_s, "end")
    if begin_s < 0:
        raise _invalid("its start is before 1970")
    if begin_s >= end_s:
        raise _invalid("its start is not before its end")
    rows = list(_rows(widget))
    return Widget(
        _text(widget, "title"),
        _pixels(widget, "width", 600),
        _pixels(widget, "height", 400),
        begin_s,
        end_s,
        widget.get("stacked") is True,
        [_query(widget, id, names, options) for id, names, options in rows],
        {id: _line(id, options) for id, _, options in rows},
        list(_marks(widget)),
        _bounds(widget),
    )


def _rows(widget: Json) -> Iterator[tuple[str, list[str], Json]]:
    """Yields id, names and options of each line; what a row repeats of the one before it is spelt out."""
    given = widget.get("metrics")
    if not isinstance(given, list) or not given:
        raise _invalid("it has no metrics")
    if len(given) > limits.MAX_QUERIES:
        raise _invalid(f"it has more than {limits.MAX_QUERIES} metrics")
    before: list[str] = []
    for at, row in enumerate(given):
        if not isinstance(row, list) or not row:
            raise _invalid(f"metrics[{at}] is not an array")
        options = row[-1] if isinstance(row[-1], dict) else {}
        names = row[:-1] if options or isinstance(row[-1], dict) else row
        if not all(isinstance(name, str) for name in names):
            raise _invalid(f"metrics[{at}] has names that are no texts")
        if names:
            before = names = _spelt_out(names, before)
        id = options.get("id", f"penstock{at}")
        if not isinstance(id, str):
            raise _invalid(f"metrics[{at}] has an id that is no text")
        yield id, names, options


def _spelt_out(names: list[str], before: list[str]) -> list[str]:
    if names[0] == "...":
        return before[: max(0, len(before) - len(names) + 1)] + names[1:]
    return [before[at] if name == "." and at < len(before) else name for at, name in enumerate(names)]


def _query(widget: Json, id: str, names: list[str], options: Json) -> Json:
    query: dict[str, Any] = {"Id": id, "ReturnData": options.get("visible") is not False}
    if isinstance(options.get("label"), str):
        query["Label"] = options["label"]
    period = options.get("period", widget.get("period", 300))
    if not isinstance(period, int) or isinstance(period, bool):
        raise _invalid("a period is no number")
    if "expression" in options:
        return query | {"Expression": str(options["expression"]), "Period": period}
    if len(names) < 2 or len(names) % 2:
        raise _invalid("a metric is namespace, name, and pairs of a dimension and its value")
    pairs = zip(names[2::2], names[3::2], strict=True)
    metric = {
        "Namespace": names[0],
        "MetricName": names[1],
        "Dimensions": [{"Name": name, "Value": value} for name, value in pairs],
    }
    stat = str(options.get("stat", widget.get("stat", "Average")))
    return query | {"MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def _line(id: str, options: Json) -> Line:
    return Line(id, _color(options), options.get("yAxis") == "right")


def _marks(widget: Json) -> Iterator[Mark]:
    annotations = widget.get("annotations")
    if not isinstance(annotations, dict):
        return
    if annotations.get("alarms"):
        raise not_implemented("Alarms in widgets' images are")
    marks = annotations.get("horizontal")
    for mark in marks if isinstance(marks, list) else ():
        value = mark.get("value") if isinstance(mark, dict) else None
        if isinstance(value, int | float) and abs(value) <= limits.MAX_VALUE:
            yield Mark(float(value), _text(mark, "label"), _color(mark))


def _bounds(widget: Json) -> tuple[float | None, float | None]:
    axes = widget.get("yAxis")
    left = axes.get("left") if isinstance(axes, dict) else None
    low, high = (left.get("min"), left.get("max")) if isinstance(left, dict) else (None, None)
    return _number(low), _number(high)


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and abs(value) <= limits.MAX_VALUE
    return float(value) if is_number else None  # type: ignore[arg-type]


def _color(options: Json) -> str | None:
    color = options.get("color")
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        return None
    return color if color.startswith("#") else f"#{color}"


def _pixels(widget: Json, name: str, default: int) -> int:
    value = widget.get(name, default)
    if not isinstance(value, int) or not 1 <= value <= _MOST_PIXELS:
        raise _invalid(f"its {name} is not between 1 and {_MOST_PIXELS}")
    return max(value, 50)  # below that there is nothing to be seen


def _text(widget: Json, name: str) -> str:
    value = widget.get(name, "")
    return value[:255] if isinstance(value, str) else ""


def _moment(text: object, now_s: int, name: str) -> int:
    if isinstance(text, str) and (found := _DURATION.fullmatch(text)) and any(found.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return now_s - (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 - seconds
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except (ValueError, OverflowError):
        raise _invalid(f"its {name} is no time") from None


def _invalid(reason: str) -> Exception:
    return validation(f"The parameter MetricWidget is not valid: {reason}.")
