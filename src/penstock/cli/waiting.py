"""How a command waits for work that the server does meanwhile: it asks again, and shows how far the work is."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from penstock.cli.connection import Connection
from penstock.clock import Clock

_AGAIN_S = 0.25

State = dict[str, Any]


def wait_for(
    connection: Connection, name: str, state: State, shown: Callable[[State], tuple[str, float, float | None]]
) -> State:
    """Returns the state of the work ``name`` once it is not ``running``.

    ``shown`` tells what of a state is to be shown: a text, how much is done, and of how much, if that is known.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(name, total=None)
        while True:
            text, done, total = shown(state)
            progress.update(task, description=text, completed=done, total=total)
            if not state["running"]:
                return state
            asyncio.run(Clock().elapse(_AGAIN_S))
            state = connection.ask(name, {})
