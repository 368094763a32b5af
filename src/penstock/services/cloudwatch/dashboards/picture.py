"""Draws series as a picture, by matplotlib. A program of its own: JSON in, PNG out.

In the server's process it would hold the loop for a third of a second, in whatever thread it ran, and keep fifty
megabytes for good.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

NOT_INSTALLED = 3
"""How the program ends when there is no matplotlib."""

_DPI = 100
_COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
_MOST_NAMED = 20

Json = dict[str, Any]


def draw(chart: Json) -> bytes:
    """Returns the picture as PNG; ImportError when the library is not installed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(chart["width"] / _DPI, chart["height"] / _DPI), dpi=_DPI)
    canvas: Any = FigureCanvasAgg(figure)
    series = chart["series"]
    left = figure.add_subplot()
    right = left.twinx() if any(each["is_right"] for each in series) else left
    if chart["is_stacked"]:
        _stack(left, series)
    else:
        for at, each in enumerate(series):
            _draw_line(right if each["is_right"] else left, each, at)
    for mark in chart["marks"]:
        left.axhline(mark["value"], color=mark["color"] or "#d62728", linestyle="--", linewidth=1)
        place = (0.01, mark["value"])
        left.annotate(_plain(mark["label"]), place, xycoords=("axes fraction", "data"), fontsize=7)
    _label(left, chart)
    if 0 < len(series) <= _MOST_NAMED:
        figure.legend(loc="lower center", ncols=3, fontsize=7, frameon=False)
    figure.subplots_adjust(bottom=0.22, top=0.9, left=0.1, right=0.92)
    written = BytesIO()
    canvas.print_png(written)
    return written.getvalue()


def _stack(axis: Any, series: Sequence[Json]) -> None:
    found = [dict(zip(each["times"], each["values"], strict=True)) for each in series]
    times = sorted({at for points in found for at in points})
    if times:
        rows = [[points.get(at, 0.0) for at in times] for points in found]
        colors = [_color(each, at) for at, each in enumerate(series)]
        axis.stackplot(_dates(times), rows, labels=[_plain(each["label"]) for each in series], colors=colors)


def _draw_line(axis: Any, each: Json, at: int) -> None:
    axis.plot(
        _dates(each["times"]),
        each["values"],
        label=_plain(each["label"]),
        color=_color(each, at),
        marker="o" if len(each["times"]) == 1 else None,
        linewidth=1.2,
    )


def _label(left: Any, chart: Json) -> None:
    left.set_title(_plain(chart["title"]), fontsize=10)
    left.set_xlim(*_dates([chart["begin_s"], chart["end_s"]]))
    low, high = chart["bounds"]
    if low is not None and high is not None and low >= high:
        high = None
    left.set_ylim(bottom=low, top=high)
    left.grid(visible=True, color="#e5e5e5", linewidth=0.6)
    left.tick_params(labelsize=7)


def _dates(times: Sequence[int]) -> list[datetime]:
    return [datetime.fromtimestamp(at, UTC) for at in times]


def _color(each: Json, at: int) -> str:
    return each["color"] or _COLORS[at % len(_COLORS)]


def _plain(text: str) -> str:
    # A dollar sign begins a formula, and a label that begins with a line is no label.
    shown = "".join(letter if letter.isprintable() else " " for letter in text).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(draw(json.load(sys.stdin)))
    except ImportError:
        sys.exit(NOT_INSTALLED)
