"""AWS's metrics under names that Prometheus likes: ``NumberOfMessagesSent`` of ``AWS/SQS`` is
``aws_sqs_number_of_messages_sent_total``.

Times are in seconds. What AWS gives for a resource and for all of an account is given for the resource: sums are the
reader's. A metric shows a bounded number of resources, the first that came; the others are added up.
"""

import asyncio
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from penstock.app.telemetry.exposition import Metric, Sample
from penstock.measurements import Measurements, Series

RESOURCES = 100
"""As many of one metric are shown one by one."""

_OTHERS = "(others)"
_MOST_CELLS = 50_000
_STEP = 2000
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")

Labels = tuple[tuple[str, str], ...]


class _Name(NamedTuple):
    """What a metric is called; its values are multiplied by ``factor``."""

    text: str
    unit: str
    factor: float


class _Cell:
    """What one line, or two of a summary, show; ``values`` is 0 when there is nothing to show any more."""

    __slots__ = ("sum", "values")

    def __init__(self) -> None:
        self.values = 0
        self.sum = 0.0


class _Shown:
    """One metric: its lines by their labels."""

    def __init__(self, aws_name: str, name: _Name) -> None:
        self.aws_name = aws_name
        self.name = name
        self.cells: dict[Labels, _Cell] = {}

    def cell(self, labels: Labels) -> _Cell:
        """Returns the line with these labels, that of the others when there are too many."""
        if labels not in self.cells and len(self.cells) >= RESOURCES:
            labels = tuple((name, _OTHERS) for name, _ in labels)
        return self.cells.setdefault(labels, _Cell())

    def lines(self) -> Iterator[tuple[dict[str, str], int, float]]:
        """Yields labels, values and sum of each line, and begins it anew."""
        for labels, cell in self.cells.items():
            if cell.values:
                yield dict(labels), cell.values, cell.sum * self.name.factor
            cell.values, cell.sum = 0, 0.0


class AwsMetrics:
    """What of the measurements is shown."""

    def __init__(self, measurements: Measurements) -> None:
        self._measurements = measurements
        self._lock = asyncio.Lock()  # the cells are one scrape's
        self._sums: dict[_Name, _Shown] = {}
        self._levels: dict[_Name, _Shown] = {}
        self._cells: dict[Series, _Cell | None] = {}  # None: not shown

    async def metrics(self) -> list[Metric]:
        """Returns a metric for each name that something was measured of."""
        async with self._lock:
            if len(self._cells) > _MOST_CELLS:  # of resources that are gone, most of them
                self._sums, self._levels, self._cells = {}, {}, {}
            await self._add_up()
            found = [_summary(one) if one.name.unit else _counter(one) for one in self._sums.values()]
            return found + [_gauge(one) for one in self._levels.values()]

    async def _add_up(self) -> None:
        totals, levels = self._measurements.totals(), self._measurements.levels()
        for count, (series, total) in enumerate(totals.items()):
            if cell := self._cell(series, self._sums):
                cell.values += total.values
                cell.sum += total.sum
            if not count % _STEP:
                await asyncio.sleep(0)  # others have their turn
        for series, level in levels.items():
            if cell := self._cell(series, self._levels):
                cell.values += 1
                cell.sum += level

    def _cell(self, series: Series, among: dict[_Name, _Shown]) -> _Cell | None:
        try:
            return self._cells[series]
        except KeyError:
            pass
        cell = None
        if series.is_own:
            name = _named(series.namespace, series.name, series.unit)
            if name not in among:
                among[name] = _Shown(series.name, name)
            cell = among[name].cell(_labels_of(series))
        self._cells[series] = cell
        return cell


def _counter(shown: _Shown) -> Metric:
    samples = [Sample(sum, labels) for labels, _, sum in shown.lines()]
    return Metric(_joined(shown.name.text, "total"), "counter", _help(shown), samples)


def _summary(shown: _Shown) -> Metric:
    samples: list[Sample] = []
    for labels, values, sum in shown.lines():
        samples += (Sample(sum, labels, "_sum"), Sample(values, labels, "_count"))
    return Metric(_joined(shown.name.text, shown.name.unit), "summary", _help(shown), samples)


def _gauge(shown: _Shown) -> Metric:
    samples = [Sample(sum, labels) for labels, _, sum in shown.lines()]
    return Metric(_joined(shown.name.text, shown.name.unit), "gauge", _help(shown), samples)


def _help(shown: _Shown) -> str:
    return f"AWS's {shown.aws_name}."


@lru_cache(maxsize=256)
def _named(namespace: str, name: str, unit: str) -> _Name:
    text = f"aws_{_snake(namespace.rpartition('/')[2])}_{_snake(name)}"
    if unit == "Milliseconds":
        return _Name(text, "seconds", 0.001)
    return _Name(text, {"Bytes": "bytes", "Seconds": "seconds"}.get(unit, ""), 1)


def _labels_of(series: Series) -> Labels:
    own = tuple((_snake(name), value) for name, value in series.dimensions)
    return (("account", series.account), ("region", series.region), *own)


def _joined(text: str, end: str) -> str:
    return text if not end or text.endswith(f"_{end}") else f"{text}_{end}"


def _snake(text: str) -> str:
    return "_".join(_WORD.findall(text)).lower()
