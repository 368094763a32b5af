"""Statistics by their names: the five plain ones, percentiles, trimmed and winsorized means and their like.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from penstock.services.cloudwatch.metrics.aggregate import Aggregate

_PLAIN: dict[str, Callable[[Aggregate], float]] = {
    "SampleCount": lambda values: values.count,
    "Average": lambda values: values.average,
    "Sum": lambda values: values.sum,
    "Minimum": lambda values: values.minimum,
    "Maximum": lambda values: values.maximum,
}
_ONE = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)")
_NUMBER = r"(\d{1,15}(?:\.\d{1,10})?)"
_SHARES = re.compile(rf"(TM|TC|TS|WM)\((?:{_NUMBER}%)?:(?:{_NUMBER}%)?\)")
_BOUNDS = re.compile(rf"(TM|TC|TS|WM|PR)\({_NUMBER}?:{_NUMBER}?\)")

Values = list[tuple[float, float]]
"""Values with how often each occurred, the least first."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic; ``percentile`` is set for those of one percentile. Which values it needs ``needs_bins`` says."""

    name: str
    compute: Callable[[Aggregate], float]
    needs_bins: bool
    percentile: float | None = None

    def of(self, values: Aggregate) -> float | None:
        """Returns the statistic; None when the values do not say it, or there are none in its bounds."""
        if not values.count or (self.needs_bins and not values.is_distribution):
            return None
        try:
            return self.compute(values)
        except ZeroDivisionError:  # nothing lies between the bounds
            return None


@lru_cache(maxsize=512)
def parse_statistic(name: str) -> Statistic:
    """Returns the statistic called ``name``; ValueError when there is none."""
    if name in _PLAIN:
        return Statistic(name, _PLAIN[name], needs_bins=False)
    if name == "IQM":
        return Statistic(name, _share("TM", 0.25, 0.75), needs_bins=True)
    if found := _ONE.fullmatch(name):
        return _of_one(name, found[1], float(found[2]) / 100)
    if found := _SHARES.fullmatch(name):
        return Statistic(name, _share(found[1], *_ends(found, 100.0)), needs_bins=True)
    if found := _BOUNDS.fullmatch(name):
        return Statistic(name, _bounded(found[1], *_ends(found, 0.0)), needs_bins=True)
    raise ValueError(name)


def is_plain(name: str) -> bool:
    """Returns whether it is one of the five that are not extended."""
    return name in _PLAIN


def _of_one(name: str, kind: str, share: float) -> Statistic:
    if share > 1:
        raise ValueError(name)
    if kind == "p":
        return Statistic(name, lambda values: percentile(values.values(), share), True, share)
    return Statistic(name, _share(kind.upper(), 0.0, share), needs_bins=True)


def _ends(found: re.Match[str], whole: float) -> tuple[float, float]:
    """Returns the two ends that a text states: shares of ``whole`` per cent, or values."""
    if found[2] is None and found[3] is None:
        raise ValueError(found[0])
    if whole:
        low, high = float(found[2] or 0) / whole, float(found[3] or whole) / whole
        if not low < high <= 1:
            raise ValueError(found[0])
        return low, high
    low = float(found[2]) if found[2] else float("-inf")
    high = float(found[3]) if found[3] else float("inf")
    if low >= high:
        raise ValueError(found[0])
    return low, high


def percentile(values: Values, share: float) -> float:
    """Returns the least value that ``share`` of the values do not exceed."""
    wanted = share * sum(count for _, count in values) - 1e-9
    for value, count in values:
        wanted -= count
        if wanted <= 0:
            return value
    return values[-1][0]


def _share(kind: str, low: float, high: float) -> Callable[[Aggregate], float]:
    def compute(aggregate: Aggregate) -> float:
        values = aggregate.values()
        kept = _between_shares(values, low, high)
        if kind == "WM":
            total = sum(count for _, count in values)
            ends = percentile(values, low) * low + percentile(values, high) * (1 - high)
            return (_sum(kept) + ends * total) / total
        return _condensed(kind, kept)

    return compute


def _bounded(kind: str, low: float, high: float) -> Callable[[Aggregate], float]:
    def compute(aggregate: Aggregate) -> float:
        values = aggregate.values()
        if kind == "WM":
            return _sum([(min(max(value, low), high), count) for value, count in values]) / aggregate.count
        kept = [(value, count) for value, count in values if low < value <= high]
        if kind == "PR":
            return 100 * sum(count for _, count in kept) / aggregate.count
        return _condensed(kind, kept)

    return compute


def _between_shares(values: Values, low: float, high: float) -> Values:
    total = sum(count for _, count in values)
    begin, end, passed, kept = low * total, high * total, 0.0, []
    for value, count in values:
        part = min(end, passed + count) - max(begin, passed)
        passed += count
        if part > 0:
            kept.append((value, part))
    return kept


def _condensed(kind: str, kept: Values) -> float:
    count = sum(count for _, count in kept)
    match kind:
        case "TC":
            return count
        case "TS":
            return _sum(kept)
    return _sum(kept) / count


def _sum(values: Values) -> float:
    return sum(value * count for value, count in values)
