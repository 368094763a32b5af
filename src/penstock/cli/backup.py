"""``penstock backup`` and ``penstock restore``."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from penstock.cli.connection import Connection
from penstock.cli.waiting import wait_for
from penstock.errors import StartError


def make_backup(flags: Mapping[str, object], dest: Path) -> bool:
    """Prints what the server has copied; returns whether all is in it. StartError when there is no backup."""
    connection = Connection.find(flags)
    state = wait_for(connection, "backup", connection.tell("backup", {"dest": str(dest.absolute())}), _shown)
    if error := state.get("error"):
        raise StartError(f"no backup was made: {error}")
    print(f"{dest / state['backup']}: {state['total']} large bodies, {state['copied']} of them new")
    if state["secrets"]:
        print(f"Keep it as safe as the server: it holds {', '.join(state['secrets'])}.")
    for what in state["not_copied"]:
        print(f"Not copied: {what}.")
    for damage in state["damaged"]:
        print(f"Not in it, for the disk has damaged it: {damage}")
    return not state["damaged"]


def verify_backups(dest: Path) -> bool:
    """Prints what is damaged in a folder of backups and returns whether nothing is; StartError when there is none."""
    from penstock.app.restore import verify

    with _progress() as report:
        backups, damage = verify(dest, report)
    print(f"{len(backups)} backups, the last of {backups[-1].made}, {len(damage)} faults")
    for found in damage:
        print(found)
    return not damage


def restore_backup(dest: Path, data: Path, at: str | None) -> None:
    """Prints which backup ``data`` is now a data directory from; StartError when it is none."""
    from penstock.app.restore import restore

    with _progress() as report:
        backup = restore(dest, data, _time_ms(at) if at else None, report)
    print(f"{data} is as the server was at {backup.made}; start it with penstock up --data {data}")
    if backup.lost:
        print(
            f"{len(backup.lost)} large bodies were damaged when it was made; `penstock scrub` names their objects."
        )
    if "key" not in backup.files:
        print("The key file is not in the backup: name it with --key-file.")


def _time_ms(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise StartError(f"--at is {text!r}; it must be a time as 2026-01-31T12:00Z") from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def _shown(state: dict[str, Any]) -> tuple[str, float, float | None]:
    return state["step"], state["done"], state["total"] or None


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("")
        yield lambda step, done, total: progress.update(task, description=step, completed=done, total=total)
