"""``penstock replay``: recorded changes are delivered again; what would be sent is shown first."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from penstock.cli.connection import Connection
from penstock.cli.events.times import time_ms
from penstock.cli.terminal import plain
from penstock.clock import Clock
from penstock.errors import StartError

Wanted = Mapping[str, str]

MAX_STEP = 25


def wanted(given: Mapping[str, str | None]) -> dict[str, str]:
    """Returns what is asked for as the server is told of it; ``from`` and ``to`` are times."""
    found = {name: value for name, value in given.items() if value}
    for name in ("from", "to"):
        if text := found.pop(name, None):
            found[f"{name}_ms"] = str(time_ms(text))
    return found


def preview_replay(flags: Mapping[str, object], asked: Wanted) -> None:
    """Prints what would be sent, a line for each delivery, and sends nothing."""
    refused: dict[str, str] = {}
    count = 0
    for page in _pages(Connection.find(flags), asked):
        for entry in page["entries"]:
            print(
                plain(
                    f"{entry['time']} {entry['event']} s3://{entry['bucket']}/{entry['key']} → {entry['arn']}"
                )
            )
        count += len(page["entries"])
        refused |= page["refused"]
    for arn, why in refused.items():
        print(plain(f"{arn} would refuse it: {why}"))
    print(f"{count} would be sent; --yes sends them")


def start_replay(flags: Mapping[str, object], asked: Wanted, rate: int) -> None:
    """Sends all that is asked for; StartError when a destination would refuse it, or when it is cut off."""
    connection = Connection.find(flags)
    for page in _pages(connection, asked):
        for arn, why in page["refused"].items():
            raise StartError(plain(f"{arn} would refuse it: {why}"))
    _go_on(connection, connection.tell("replay-start", asked), rate)


def resume_replay(flags: Mapping[str, object], id: str, rate: int) -> None:
    """Goes on with a replay that was cut off, behind what it has sent; StartError."""
    connection = Connection.find(flags)
    _go_on(connection, connection.ask("replay", {"id": id}), rate)


def _go_on(connection: Connection, state: dict[str, Any], rate: int) -> None:
    id = state["id"]
    try:
        for now in _steps(connection, state, rate):
            state = now
    except StartError as error:
        raise StartError(f"{error}; go on with: penstock replay --resume {id}") from None
    print(f"replay {id}: {state['sent']} sent")


def _steps(connection: Connection, state: dict[str, Any], rate: int) -> Iterator[dict[str, Any]]:
    """Yields how far the replay is after each step; there are no more than ``rate`` changes a second."""
    most = min(rate, MAX_STEP)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("replay", total=1.0)
        while not state["done"]:
            before = state["sent"]
            state = connection.tell("replay-step", {"id": state["id"], "most": most})
            progress.update(task, description=f"{state['sent']} sent", completed=state["progress"])
            yield state
            if state["sent"] > before and not state["done"]:
                asyncio.run(Clock().elapse(most / rate))


def _pages(connection: Connection, asked: Wanted) -> Iterator[dict[str, Any]]:
    after: int | None = 0
    args = dict(asked)
    while after is not None:
        page = connection.ask("replay-preview", args)
        yield page
        after = page["after"]
        args["after"] = str(after)
