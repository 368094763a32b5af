"""Metrics as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Sample(NamedTuple):
    """One value, and its labels; ``part`` is ``_sum`` or ``_count`` in a summary."""

    value: float
    labels: Mapping[str, str] = {}
    part: str = ""


class Metric(NamedTuple):
    """One name: ``kind`` is ``gauge``, ``counter`` or ``summary``."""

    name: str
    kind: str
    help: str
    samples: Iterable[Sample]


def exposition(metrics: Iterable[Metric]) -> bytes:
    """Returns the metrics in Prometheus' text format."""
    lines: list[str] = []
    for metric in metrics:
        lines += (f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}")
        lines += (
            f"{metric.name}{sample.part}{_labels(sample.labels)} {sample.value:.15g}"
            for sample in metric.samples
        )
    return ("\n".join(lines) + "\n").encode()


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
