"""AWS's metrics under names that Prometheus likes: ``NumberOfMessagesSent`` of ``AWS/SQS`` is
``aws_sqs_number_of_messages_sent_total``.

Times are in seconds. What AWS gives for a resource and for all of an account is given for the resource: sums are the
reader's. A metric shows a bounded number of resources, the first that came; the others are added up.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from penstock.app.exposition import Metric, Sample
from penstock.measurements import Measurements, Series

RESOURCES = 100
"""As many of one metric are shown one by one."""

_OTHERS = "(others)"
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")

Labels = tuple[tuple[str, str], ...]


class _Name(NamedTuple):
    """What a metric is called; its values are multiplied by ``factor``."""

    text: str
    unit: str
    factor: float


class AwsMetrics:
    """What of the measurements is shown."""

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements
        self._shown: dict[str, dict[Labels, None]] = {}

    def metrics(self) -> Iterator[Metric]:
        """Yields a metric for each name that something was measured of."""
        sums: defaultdict[tuple[str, _Name], defaultdict[Labels, list[float]]]
        sums = defaultdict(lambda: defaultdict(lambda: [0, 0.0]))
        levels: defaultdict[tuple[str, _Name], defaultdict[Labels, float]]
        levels = defaultdict(lambda: defaultdict(float))
        for series, total in self._measurements.totals().items():
            if series.dimensions:
                found = sums[series.name, _name_of(series)][self._labels(series)]
                found[0] += total.values
                found[1] += total.sum
        for series, value in self._measurements.levels().items():
            if series.dimensions:
                levels[series.name, _name_of(series)][self._labels(series)] += value
        for (aws_name, name), totals in sorted(sums.items()):
            yield _summary(aws_name, name, totals) if name.unit else _counter(aws_name, name, totals)
        for (aws_name, name), values in sorted(levels.items()):
            samples = [Sample(value * name.factor, dict(labels)) for labels, value in values.items()]
            yield Metric(_joined(name.text, name.unit), "gauge", f"AWS's {aws_name}.", samples)

    def _labels(self, series: Series) -> Labels:
        labels = _labels_of(series)
        shown = self._shown.setdefault(f"{series.namespace} {series.name}", {})
        if labels in shown:
            return labels
        if len(shown) < RESOURCES:
            shown[labels] = None
            return labels
        return tuple((name, _OTHERS) for name, _ in labels)


def _counter(aws_name: str, name: _Name, totals: dict[Labels, list[float]]) -> Metric:
    samples = [Sample(sum, dict(labels)) for labels, (_, sum) in totals.items()]
    return Metric(_joined(name.text, "total"), "counter", f"AWS's {aws_name}.", samples)


def _summary(aws_name: str, name: _Name, totals: dict[Labels, list[float]]) -> Metric:
    samples = []
    for labels, (values, sum) in totals.items():
        samples.append(Sample(sum * name.factor, dict(labels), "_sum"))
        samples.append(Sample(values, dict(labels), "_count"))
    return Metric(_joined(name.text, name.unit), "summary", f"AWS's {aws_name}.", samples)


@lru_cache(maxsize=256)
def _named(namespace: str, name: str, unit: str) -> _Name:
    text = f"aws_{_snake(namespace.rpartition('/')[2])}_{_snake(name)}"
    if unit == "Milliseconds":
        return _Name(text, "seconds", 0.001)
    return _Name(text, {"Bytes": "bytes", "Seconds": "seconds"}.get(unit, ""), 1)


def _name_of(series: Series) -> _Name:
    return _named(series.namespace, series.name, series.unit)


@lru_cache(maxsize=4096)
def _labels_of(series: Series) -> Labels:
    own = tuple((_snake(name), value) for name, value in series.dimensions)
    return (("account", series.account), ("region", series.region), *own)


def _joined(text: str, end: str) -> str:
    return text if not end or text.endswith(f"_{end}") else f"{text}_{end}"


def _snake(text: str) -> str:
    return "_".join(_WORD.findall(text)).lower()
