"""What a dashboard's body must be, and what is odd about one.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from penstock.services.cloudwatch import limits

Json = Mapping[str, Any]


class Finding(NamedTuple):
    """What is wrong or odd, and where it stands."""

    path: str
    message: str


class Findings(NamedTuple):
    """``errors`` keep a body from being stored, ``warnings`` do not."""

    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()


def examine(text: str) -> Findings:
    """Returns what is wrong and what is odd about a body."""
    try:
        body = orjson.loads(text)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Findings((Finding("", "The field DashboardBody must be a valid JSON object"),))
    widgets = body.get("widgets")
    if not isinstance(widgets, list):
        return Findings(
            (Finding("/widgets", "Should be array" if "widgets" in body else "Should be present"),)
        )
    if len(widgets) > limits.MAX_WIDGETS:
        return Findings((Finding("/widgets", f"Should not have more than {limits.MAX_WIDGETS} items"),))
    errors = [found for at, widget in enumerate(widgets) for found in _errors(f"/widgets/{at}", widget)]
    odd = [found for at, widget in enumerate(widgets) for found in _warnings(f"/widgets/{at}", widget)]
    return Findings(tuple(errors), tuple(odd))


def _errors(path: str, widget: Any) -> Iterator[Finding]:
    if not isinstance(widget, dict):
        yield Finding(path, "Should be object")
        return
    kind, properties = widget.get("type"), widget.get("properties")
    if not isinstance(kind, str) or kind not in _CHECKS:
        kind = ""
        yield Finding(f"{path}/type", "Should be equal to one of the allowed values")
    if not isinstance(properties, dict):
        yield Finding(
            f"{path}/properties", "Should be object" if "properties" in widget else "Should be present"
        )
    for name, (least, most) in _PLACES.items():
        value = widget.get(name, least)
        if not isinstance(value, int) or isinstance(value, bool):
            yield Finding(f"{path}/{name}", "Should be integer")
        elif not least <= value <= most:
            yield Finding(f"{path}/{name}", f"Should be >= {least} and <= {most}")
    if kind and isinstance(properties, dict):
        yield from _CHECKS[kind](f"{path}/properties", properties)


def _metric(path: str, properties: Json) -> Iterator[Finding]:
    annotations = properties.get("annotations")
    has_alarms = isinstance(annotations, dict) and bool(annotations.get("alarms"))
    metrics = properties.get("metrics")
    if metrics is None and not has_alarms:
        yield Finding(f"{path}/metrics", "Should be present")
        return
    if metrics is not None and not isinstance(metrics, list):
        yield Finding(f"{path}/metrics", "Should be array")
        return
    for at, row in enumerate(metrics or ()):
        if not isinstance(row, list) or not row:
            yield Finding(f"{path}/metrics/{at}", "Should be array with at least one item")


def _required(*names: str) -> Callable[[str, Json], Iterator[Finding]]:
    def check(path: str, properties: Json) -> Iterator[Finding]:
        for name in names:
            if properties.get(name) in (None, "", []):
                yield Finding(f"{path}/{name}", "Should be present")

    return check


_CHECKS: dict[str, Callable[[str, Json], Iterator[Finding]]] = {
    "metric": _metric,
    "text": _required("markdown"),
    "log": _required("query", "region"),
    "alarm": _required("alarms"),
    "explorer": _required("metrics"),
    "custom": _required("endpoint"),
}
_PLACES = {"x": (0, 23), "y": (0, 1 << 31), "width": (1, 24), "height": (1, 1000)}
_MEMBERS = frozenset({"type", "properties", *_PLACES})


def _warnings(path: str, widget: Any) -> Iterator[Finding]:
    if not isinstance(widget, dict):
        return
    for name in sorted(map(str, widget.keys() - _MEMBERS)):
        yield Finding(f"{path}/{name}", "Should not have additional properties")
    properties = widget.get("properties")
    if widget.get("type") == "metric" and isinstance(properties, dict) and not properties.get("region"):
        yield Finding(
            f"{path}/properties/region", "Should be present: the widget shows the region it is seen in"
        )
