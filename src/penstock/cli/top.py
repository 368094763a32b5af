"""``penstock top``: what goes on in the server, as a table that is drawn anew every few seconds."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from penstock.cli.connection import Connection
from penstock.clock import Clock

State = dict[str, Any]


class _Column(NamedTuple):
    """One number of a resource: how often ``metric`` grew in a second, or the level that it is at."""

    title: str
    metric: str
    is_rate: bool = True


class _Kind(NamedTuple):
    """One table: the resources of a namespace."""

    title: str
    namespace: str
    dimension: str
    columns: tuple[_Column, ...]


_KINDS = (
    _Kind(
        "Queues",
        "AWS/SQS",
        "QueueName",
        (
            _Column("sent", "NumberOfMessagesSent"),
            _Column("received", "NumberOfMessagesReceived"),
            _Column("deleted", "NumberOfMessagesDeleted"),
            _Column("visible", "ApproximateNumberOfMessagesVisible", False),
            _Column("in flight", "ApproximateNumberOfMessagesNotVisible", False),
            _Column("delayed", "ApproximateNumberOfMessagesDelayed", False),
            _Column("oldest s", "ApproximateAgeOfOldestMessage", False),
        ),
    ),
    _Kind(
        "Functions",
        "AWS/Lambda",
        "FunctionName",
        (
            _Column("runs", "Invocations"),
            _Column("errors", "Errors"),
            _Column("throttled", "Throttles"),
            _Column("dropped", "AsyncEventsDropped"),
            _Column("running", "ConcurrentExecutions", False),
        ),
    ),
    _Kind(
        "Topics",
        "AWS/SNS",
        "TopicName",
        (
            _Column("published", "NumberOfMessagesPublished"),
            _Column("delivered", "NumberOfNotificationsDelivered"),
            _Column("failed", "NumberOfNotificationsFailed"),
            _Column("filtered", "NumberOfNotificationsFilteredOut"),
        ),
    ),
    _Kind(
        "Rules",
        "AWS/Events",
        "RuleName",
        (
            _Column("matched", "MatchedEvents"),
            _Column("invoked", "Invocations"),
            _Column("failed", "FailedInvocations"),
        ),
    ),
)
_ROWS = 15


def show_top(flags: Mapping[str, object], *, seconds: float, once: bool, as_json: bool) -> None:
    """Draws until it is interrupted; ``once`` prints sums since the server's start, as JSON when wanted."""
    connection = Connection.find(flags)
    state = connection.ask("top", {})
    if as_json:
        sys.stdout.write(orjson.dumps(state, option=orjson.OPT_INDENT_2).decode() + "\n")
    elif once:
        Console(emoji=False).print(drawn(state, None))
    else:
        _follow(connection, state, seconds)


def _follow(connection: Connection, state: State, seconds: float) -> None:
    console = Console(emoji=False)
    live = Live(drawn(state, None), console=console, auto_refresh=False, screen=console.is_terminal)
    with contextlib.suppress(KeyboardInterrupt), live:
        while True:
            asyncio.run(Clock().elapse(seconds))
            before, state = state, connection.ask("top", {})
            live.update(drawn(state, before), refresh=True)


def drawn(state: State, before: State | None) -> RenderableType:
    """Returns the picture: rates since ``before``, or without it sums since the server's start."""
    parts: list[RenderableType] = [_headline(state, before)]
    parts += [_plain(f"! {name}: {why}", "red") for name, why in state["problems"].items()]
    parts += _alarms(state)
    parts += [table for kind in _KINDS if (table := _table(kind, state, before)).row_count]
    if state["destinations"]:
        parts.append(_destinations(state))
    return Group(*parts)


def _headline(state: State, before: State | None) -> Text:
    unit = "/s" if before else ""
    rates = [
        f"{title} {_number(_grown(state[name], before[name] if before else 0, state, before))}{unit}"
        for title, name in (
            ("requests", "requests"),
            ("4xx", "client_errors"),
            ("5xx", "server_errors"),
        )
    ]
    levels = [
        f"waiting {state['backlog']}",
        f"dead {state['dead']}",
        f"loop lag {state['loop_lag_ms']:.0f} ms",
    ]
    return Text("  ".join([state["now"], state["state"], *rates, *levels]), style="bold")


def _alarms(state: State) -> Iterator[Text]:
    styles = {"ALARM": "bold red", "INSUFFICIENT_DATA": "yellow"}
    for alarm in state.get("alarms", ()):
        if alarm["state"] != "OK":
            text = f"{alarm['state']} {alarm['name']}: {alarm['reason']}"
            yield _plain(text, styles.get(alarm["state"], ""))
    if alarms := state.get("alarms"):
        quiet = sum(alarm["state"] == "OK" for alarm in alarms)
        yield Text(f"{quiet} of {len(alarms)} alarms are OK")


def _table(kind: _Kind, state: State, before: State | None) -> Table:
    table = Table(title=kind.title, title_justify="left", box=None)
    table.add_column("")
    for column in kind.columns:
        rate = column.is_rate and before is not None
        table.add_column(f"{column.title}/s" if rate else column.title, justify="right")
    former = {_key(one): one for one in before["resources"]} if before else {}
    found = [one for one in state["resources"] if one["namespace"] == kind.namespace]
    for one in found[:_ROWS]:
        name = "/".join(one["dimensions"].values())
        cells = [_cell(column, one, former.get(_key(one)), state, before) for column in kind.columns]
        table.add_row(_plain(name), *cells)
    return table


def _cell(column: _Column, one: State, former: State | None, state: State, before: State | None) -> str:
    if not column.is_rate:
        level = one["levels"].get(column.metric)
        return "" if level is None else _number(level)
    total = one["totals"].get(column.metric, 0)
    return _number(_grown(total, former["totals"].get(column.metric, 0) if former else 0, state, before))


def _grown(total: float, former: float, state: State, before: State | None) -> float:
    """Returns by how much it grows in a second; the sum itself when there is nothing to compare it with."""
    if before is None:
        return total
    elapsed_ms: int = max(1, state["measured_ms"] - before["measured_ms"])
    return max(0.0, total - former) * 1000 / elapsed_ms


def _destinations(state: State) -> Table:
    table = Table(title="Waiting deliveries", title_justify="left", box=None, show_header=False)
    for one in state["destinations"][:_ROWS]:
        table.add_row(_plain(one["arn"]), str(one["waiting"]))
    return table


def _key(one: State) -> tuple[Any, ...]:
    return one["account"], one["region"], one["namespace"], tuple(one["dimensions"].items())


def _plain(text: str, style: str = "") -> Text:
    """Returns the text on one line: names and reasons are other people's words."""
    return Text("".join(char if char.isprintable() else "?" for char in text), style=style)


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
