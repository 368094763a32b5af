"""Has widgets drawn by a process of its own."""

import asyncio
import sys
from collections.abc import Sequence
from subprocess import DEVNULL, PIPE
from typing import NamedTuple

import orjson

from penstock.services.cloudwatch.dashboards import picture
from penstock.services.cloudwatch.dashboards.widget import Widget

_MOST_S = 120


class Drawn(NamedTuple):
    """One series as it is drawn."""

    label: str
    points: dict[int, float]
    color: str | None
    is_right: bool


class NoCharts(Exception):
    """The library is not installed."""


class NotDrawn(Exception):
    """It took too long, or failed."""


async def draw(widget: Widget, series: Sequence[Drawn]) -> bytes:
    """Returns the picture as PNG; NoCharts, NotDrawn. The first takes a second or two."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, picture.__file__, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    work = asyncio.ensure_future(process.communicate(_document(widget, series)))
    try:
        await asyncio.wait((work,), timeout=_MOST_S)
    finally:
        if process.returncode is None:
            process.kill()
    drawn, _ = await work
    if process.returncode == picture.NOT_INSTALLED:
        raise NoCharts
    if process.returncode:
        raise NotDrawn
    return drawn


def _document(widget: Widget, series: Sequence[Drawn]) -> bytes:
    return orjson.dumps(
        {
            "title": widget.title,
            "width": widget.width,
            "height": widget.height,
            "begin_s": widget.begin_s,
            "end_s": widget.end_s,
            "is_stacked": widget.is_stacked,
            "bounds": widget.bounds,
            "marks": [mark._asdict() for mark in widget.marks],
            "series": [
                {
                    "label": each.label,
                    "times": list(each.points),
                    "values": list(each.points.values()),
                    "color": each.color,
                    "is_right": each.is_right,
                }
                for each in series
            ],
        }
    )
