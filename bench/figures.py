"""A measured figure, and the table at the end."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, the value as text, the goal as text, and whether it was reached."""

    group: str
    name: str
    value: str
    goal: str = ""
    reached: bool | None = None


def percentile(ordered: list[float], percent: float) -> float:
    """Returns the nearest-rank percentile of values in ascending order; 0 for none."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def spread(values: list[float]) -> str:
    """Returns ``min / median / max`` of rates."""
    ordered = sorted(values)
    return f"{ordered[0]:,.0f} / {ordered[len(ordered) // 2]:,.0f} / {ordered[-1]:,.0f}"


def median(values: list[float]) -> float:
    """Returns the middle one."""
    return sorted(values)[len(values) // 2]


def show(figures: list[Figure], console: Console) -> None:
    """Prints the table."""
    table = Table(
        caption="rates: min / median / max of the rounds; latencies: p50 / p99", caption_justify="left"
    )
    for column in ("", "figure", "value", "goal"):
        table.add_column(column, justify="right" if column == "value" else "left", overflow="fold")
    group = ""
    for figure in figures:
        if figure.group != group:
            table.add_section()
        mark = {True: "[green]✓[/] ", False: "[yellow]✗[/] ", None: ""}[figure.reached]
        label = figure.group if figure.group != group else ""
        table.add_row(label, figure.name, figure.value, f"{mark}{figure.goal}")
        group = figure.group
    console.print(table)
