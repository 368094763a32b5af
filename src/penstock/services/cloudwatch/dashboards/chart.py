"""Draws series as a picture, by matplotlib, which is loaded when the first picture is drawn."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple

from penstock.services.cloudwatch.dashboards.widget import Widget

_DPI = 100
_COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22")
_MOST_NAMED = 20


class Drawn(NamedTuple):
    """One series as it is drawn."""

    label: str
    points: dict[int, float]
    color: str | None
    is_right: bool


class NoCharts(Exception):
    """The library is not installed."""


def draw(widget: Widget, series: Sequence[Drawn]) -> bytes:
    """Returns the picture as PNG; NoCharts. It takes a tenth of a second or more: call it in a thread."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise NoCharts from None
    figure = Figure(figsize=(widget.width / _DPI, widget.height / _DPI), dpi=_DPI)
    canvas: Any = FigureCanvasAgg(figure)
    left = figure.add_subplot()
    right = left.twinx() if any(each.is_right for each in series) else left
    _draw_series(left, right, widget, series)
    for mark in widget.marks:
        left.axhline(mark.value, color=mark.color or "#d62728", linestyle="--", linewidth=1)
        left.annotate(_plain(mark.label), (0.01, mark.value), xycoords=("axes fraction", "data"), fontsize=7)
    _label(left, widget)
    if 0 < len(series) <= _MOST_NAMED:
        figure.legend(loc="lower center", ncols=3, fontsize=7, frameon=False)
    figure.subplots_adjust(bottom=0.22, top=0.9, left=0.1, right=0.92)
    written = BytesIO()
    canvas.print_png(written)
    return written.getvalue()


def _draw_series(left: Any, right: Any, widget: Widget, series: Sequence[Drawn]) -> None:
    if widget.is_stacked:
        times = sorted({at for each in series for at in each.points})
        rows = [[each.points.get(at, 0.0) for at in times] for each in series]
        if times:
            labels = [_plain(each.label) for each in series]
            colors = [_color(each, at) for at, each in enumerate(series)]
            left.stackplot(_dates(times), rows, labels=labels, colors=colors)
        return
    for at, each in enumerate(series):
        axis = right if each.is_right else left
        mark = "o" if len(each.points) == 1 else None
        values = list(each.points.values())
        axis.plot(
            _dates(list(each.points)), values, label=_plain(each.label), color=_color(each, at), marker=mark,
            linewidth=1.2,
        )  # fmt: skip


def _label(left: Any, widget: Widget) -> None:
    left.set_title(_plain(widget.title), fontsize=10)
    left.set_xlim(*_dates([widget.begin_s, widget.end_s]))
    low, high = widget.bounds
    if low is not None and high is not None and low >= high:
        high = None
    left.set_ylim(bottom=low, top=high)
    left.grid(visible=True, color="#e5e5e5", linewidth=0.6)
    left.tick_params(labelsize=7)


def _dates(times: Sequence[int]) -> list[datetime]:
    return [datetime.fromtimestamp(at, UTC) for at in times]


def _color(each: Drawn, at: int) -> str:
    return each.color or _COLORS[at % len(_COLORS)]


def _plain(text: str) -> str:
    # A dollar sign begins a formula, and a label that begins with a line is no label.
    shown = "".join(letter if letter.isprintable() else " " for letter in text).replace("$", r"\$")
    return f" {shown}" if shown.startswith("_") else shown
